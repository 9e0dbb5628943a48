import type { Statement } from "../parse.ts";
import { alterationsOfOld, type Rule, tagged } from "../rule.ts";

/** What no later migration can bring back. */
export const irreversible: Rule = {
  id: "irreversible",
  status: "warn",
  about: "A step that nothing takes back, or a migration without the way back that its tool knows",
  find(statement, around) {
    const why = lost(statement);
    const isOld = why !== undefined && !onlyNew(statement, around);
    if (isOld) {
      return [
        {
          message: `${why} cannot be taken back: a roll back of the release meets the new schema`,
          remedy:
            "keep a backup and see that the version before works with the new schema: a roll back changes no data",
        },
      ];
    }
    if (statement.index > 0 || around.migration.up.hasDown !== false) return [];
    return [
      {
        message: "there is no way back for this migration",
        remedy:
          "write the down part, or say in a comment why there is none: -- release-sentinel: allow irreversible REASON",
      },
    ];
  },
};

function lost({ node }: Statement): string | undefined {
  if (node.AlterEnumStmt?.newVal !== undefined && node.AlterEnumStmt.oldVal === undefined)
    return "ALTER TYPE … ADD VALUE";
  if (node.TruncateStmt) return "TRUNCATE";
  if (node.DeleteStmt) return "DELETE";
  if (node.DropStmt?.removeType === "OBJECT_TABLE") return "DROP TABLE";
  if (node.DropStmt?.removeType === "OBJECT_SCHEMA") return "DROP SCHEMA";
  const drops = node.AlterTableStmt?.cmds?.some(
    (cmd) => tagged(cmd).AlterTableCmd?.subtype === "AT_DropColumn",
  );
  return drops ? "DROP COLUMN" : undefined;
}

function onlyNew(statement: Statement, around: Parameters<Rule["find"]>[1]): boolean {
  const {
    DeleteStmt: deleted,
    TruncateStmt: truncated,
    DropStmt: drop,
    AlterTableStmt: alter,
  } = statement.node;
  if (alter) return alterationsOfOld(statement, around).length === 0;
  if (deleted) return around.isNew(deleted.relation);
  if (truncated) return (truncated.relations ?? []).every((one) => around.isNew(tagged(one).RangeVar));
  if (drop?.removeType !== "OBJECT_TABLE") return false;
  return (drop.objects ?? []).every((object) =>
    around.isNew({ relname: tagged(tagged(object).List?.items?.at(-1)).String?.sval ?? "" }),
  );
}
