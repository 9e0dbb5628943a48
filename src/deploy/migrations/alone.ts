import type { Statement } from "./parse.ts";
import { tagged } from "./rule.ts";

/** What a statement is called that PostgreSQL runs in no transaction; undefined for all others. */
export function alone({ node }: Statement): string | undefined {
  if (node.IndexStmt?.concurrent) return "CREATE INDEX CONCURRENTLY";
  if (node.DropStmt?.concurrent) return "DROP INDEX CONCURRENTLY";
  const { ReindexStmt: reindex, VacuumStmt: vacuum, AlterTableStmt: alter } = node;
  if (reindex) {
    const isConcurrent = reindex.params?.some((param) => tagged(param).DefElem?.defname === "concurrently");
    const isWide =
      reindex.kind === "REINDEX_OBJECT_SCHEMA" ||
      reindex.kind === "REINDEX_OBJECT_SYSTEM" ||
      reindex.kind === "REINDEX_OBJECT_DATABASE";
    return isConcurrent || isWide ? `REINDEX${isConcurrent ? " CONCURRENTLY" : ""}` : undefined;
  }
  if (vacuum?.is_vacuumcmd) return "VACUUM";
  const isDetaching = alter?.cmds?.some((cmd) => {
    const command = tagged(cmd).AlterTableCmd;
    return command?.subtype === "AT_DetachPartition" && tagged(command.def).PartitionCmd?.concurrent;
  });
  return isDetaching ? "DETACH PARTITION CONCURRENTLY" : undefined;
}
