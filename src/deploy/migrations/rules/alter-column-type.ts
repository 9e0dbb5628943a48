import { printable } from "../../../core/text.ts";
import { alterationsOfOld, nameOf, type Rule, tagged } from "../rule.ts";

export const alterColumnType: Rule = {
  id: "alter-column-type",
  status: "fail",
  about: "`ALTER COLUMN … TYPE`: as a rule the whole table is written anew while nobody can read it",
  find: (statement, around) =>
    alterationsOfOld(statement, around)
      .filter(({ command }) => command.subtype === "AT_AlterColumnType")
      .map(({ table, command }) => {
        const column = printable(command.name ?? "", 100);
        return {
          message: `changing the type of ${nameOf(table)}.${column} writes the whole table anew, under a lock that keeps readers and writers out`,
          remedy: `add a column of the new type, write both, fill it in batches, read from it, and drop ${column} in a later release`,
          offset: tagged(command.def).ColumnDef?.location,
          ifRewritten: table,
        };
      }),
};
