import { printable } from "../../../core/text.ts";
import { type Rule, words } from "../rule.ts";

/** A schema or an owner's things, whatever is in there. */
export const dropSchema: Rule = {
  id: "drop-schema",
  status: "fail",
  about: "`DROP SCHEMA`, `DROP OWNED`, `DROP EXTENSION … CASCADE`: everything in there is gone",
  find({ node }) {
    const drop = node.DropStmt;
    const remedy = "drop what is in there by name, each when no version uses it any more";
    if (node.DropOwnedStmt) return [{ message: "DROP OWNED deletes everything that a role owns", remedy }];
    const names = printable((drop?.objects ?? []).map((object) => words([object]).join(".")).join(", "), 150);
    if (drop?.removeType === "OBJECT_SCHEMA")
      return [{ message: `DROP SCHEMA ${names} deletes everything in it for good`, remedy }];
    if (drop?.removeType === "OBJECT_EXTENSION" && drop.behavior === "DROP_CASCADE")
      return [
        { message: `DROP EXTENSION ${names} CASCADE deletes every column and index that uses it`, remedy },
      ];
    return [];
  },
};
