import { printable } from "../../../core/text.ts";
import { alterationsOfOld, nameOf, type Rule } from "../rule.ts";

export const dropColumn: Rule = {
  id: "drop-column",
  status: "fail",
  about:
    "`DROP COLUMN`: the data is gone, and the version that still runs fails on every statement that names it",
  find: (statement, around) =>
    alterationsOfOld(statement, around)
      .filter(({ command }) => command.subtype === "AT_DropColumn")
      .map(({ table, command }) => {
        const column = `${nameOf(table)}.${printable(command.name ?? "", 100)}`;
        return {
          message: `DROP COLUMN ${column} deletes its values for good, and what still runs the old version fails on it`,
          remedy: `release a version that neither reads nor writes ${column} first, and drop it in a later release`,
        };
      }),
};
