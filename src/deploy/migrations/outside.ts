import type { Statement } from "./parse.ts";

/** Statements whose effects are not this database's alone, so that neither a roll back nor a dropped copy takes them back. */
export function outside({
  node,
}: Statement): { readonly name: string; readonly isRole: boolean } | undefined {
  const named: readonly (readonly [unknown, string])[] = [
    [node.CreatedbStmt, "CREATE DATABASE"],
    [node.DropdbStmt, "DROP DATABASE"],
    [
      node.AlterDatabaseStmt ?? node.AlterDatabaseSetStmt ?? node.AlterDatabaseRefreshCollStmt,
      "ALTER DATABASE",
    ],
    [node.AlterSystemStmt, "ALTER SYSTEM"],
    [node.CreateTableSpaceStmt, "CREATE TABLESPACE"],
    [node.DropTableSpaceStmt, "DROP TABLESPACE"],
    [node.AlterTableSpaceOptionsStmt, "ALTER TABLESPACE"],
    [node.CreateSubscriptionStmt, "CREATE SUBSCRIPTION"],
    [node.AlterSubscriptionStmt, "ALTER SUBSCRIPTION"],
    [node.DropSubscriptionStmt, "DROP SUBSCRIPTION"],
    [node.CopyStmt?.is_program ? node.CopyStmt : undefined, "COPY with a program"],
    [node.CopyStmt?.filename ? node.CopyStmt : undefined, "COPY with a file of the server"],
    [node.LoadStmt, "LOAD"],
    [node.TransactionStmt?.kind === "TRANS_STMT_PREPARE" ? node : undefined, "PREPARE TRANSACTION"],
  ];
  const found = named.find(([statement]) => statement !== undefined);
  if (found) return { name: found[1], isRole: false };
  const role =
    node.CreateRoleStmt ??
    node.AlterRoleStmt ??
    node.AlterRoleSetStmt ??
    node.DropRoleStmt ??
    node.GrantRoleStmt;
  const isRename =
    node.RenameStmt?.renameType === "OBJECT_ROLE" || node.RenameStmt?.renameType === "OBJECT_DATABASE";
  return role || isRename ? { name: "a change of roles", isRole: true } : undefined;
}
