import { printable } from "../../../core/text.ts";
import { nameOf, type Rule } from "../rule.ts";

const used: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "the table",
  OBJECT_COLUMN: "the column",
  OBJECT_VIEW: "the view",
  OBJECT_MATVIEW: "the materialized view",
  OBJECT_SCHEMA: "the schema",
  OBJECT_TYPE: "the type",
  OBJECT_ATTRIBUTE: "the attribute",
  OBJECT_FUNCTION: "the function",
  OBJECT_SEQUENCE: "the sequence",
};

/** During a deploy the old and the new version run side by side, on one schema. */
export const rename: Rule = {
  id: "rename",
  status: "fail",
  about: "`RENAME` and `SET SCHEMA`: the version that still runs knows only the old name",
  find({ node }, around) {
    const { RenameStmt: renaming, AlterObjectSchemaStmt: moving } = node;
    if (renaming && !around.isNew(renaming.relation)) {
      const what = used[renaming.renameType ?? ""];
      if (what === undefined) return [];
      const table = nameOf(renaming.relation);
      const column =
        renaming.renameType === "OBJECT_COLUMN" ? `.${printable(renaming.subname ?? "", 100)}` : "";
      const name = `${table}${column}` || printable(renaming.subname ?? "", 100);
      return [
        {
          message: `renaming ${what} ${name} to ${printable(renaming.newname ?? "", 100)} breaks the old version, which still runs, at once`,
          remedy:
            renaming.renameType === "OBJECT_TABLE"
              ? "rename it together with CREATE VIEW of the old name in one transaction, and drop the view in a later release"
              : "add the new one beside it, write both, fill it, move the readers, and drop the old one in a later release",
        },
      ];
    }
    if (moving?.objectType !== "OBJECT_TABLE" || around.isNew(moving.relation)) return [];
    return [
      {
        message: `moving ${nameOf(moving.relation)} to the schema ${printable(moving.newschema ?? "", 100)} breaks the old version, which still runs, at once`,
        remedy: "leave a view of the old name behind in the same transaction, and drop it in a later release",
      },
    ];
  },
};
