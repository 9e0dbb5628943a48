import { printable } from "../../../core/text.ts";
import { type Rule, words } from "../rule.ts";

/** A table that is gone takes its rows with it, and whatever of the old version still reads it fails. */
export const dropTable: Rule = {
  id: "drop-table",
  status: "fail",
  about: "`DROP TABLE`: the data is gone, and the version that still runs fails on it",
  find({ node }, around) {
    const drop = node.DropStmt;
    if (drop?.removeType !== "OBJECT_TABLE" && drop?.removeType !== "OBJECT_FOREIGN_TABLE") return [];
    return (drop.objects ?? [])
      .map((object) => words([object]))
      .filter((name) => !around.isNew({ relname: name.at(-1) ?? "" }))
      .map((name) => {
        const table = printable(name.join("."), 150);
        return {
          message: `DROP TABLE ${table} deletes its rows for good, and what still runs the old version fails on it`,
          remedy: `release a version that does not use ${table} first, keep a backup, and drop it in a later release`,
        };
      });
  },
};
