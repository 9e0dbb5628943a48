import { nameOf, type Rule, tagged } from "../rule.ts";

export const truncate: Rule = {
  id: "truncate",
  status: "fail",
  about: "`TRUNCATE`: every row is gone, and nobody can read the table meanwhile",
  find: ({ node }, around) =>
    (node.TruncateStmt?.relations ?? [])
      .map((relation) => tagged(relation).RangeVar)
      .filter((table) => !around.isNew(table))
      .map((table) => ({
        message: `TRUNCATE ${nameOf(table)} deletes every row for good, under a lock that also keeps readers out`,
        remedy: "delete the rows that are not needed, in batches, by a job outside of the migration",
      })),
};
