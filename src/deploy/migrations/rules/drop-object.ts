import type { Node } from "libpg-query";
import { printable } from "../../../core/text.ts";
import { type Rule, tagged, words } from "../rule.ts";

const kinds: Readonly<Record<string, string>> = {
  OBJECT_VIEW: "VIEW",
  OBJECT_MATVIEW: "MATERIALIZED VIEW",
  OBJECT_FUNCTION: "FUNCTION",
  OBJECT_PROCEDURE: "PROCEDURE",
  OBJECT_ROUTINE: "ROUTINE",
  OBJECT_SEQUENCE: "SEQUENCE",
  OBJECT_TYPE: "TYPE",
  OBJECT_DOMAIN: "DOMAIN",
};

/** What holds no rows, and is used all the same. */
export const dropObject: Rule = {
  id: "drop-object",
  status: "warn",
  about: "`DROP VIEW`, `FUNCTION`, `TYPE`, `SEQUENCE`…: the version that still runs fails where it uses them",
  find(statement, around) {
    const drop = statement.node.DropStmt;
    const kind = kinds[drop?.removeType ?? ""];
    if (!drop || kind === undefined) return [];
    const names = (drop.objects ?? []).map((object) => namesOf(object).join("."));
    const again = new Set(around.migration.statements.slice(statement.index + 1).flatMap(made));
    return names
      .filter((name) => !again.has(name.split(".").at(-1) ?? ""))
      .map((name) => ({
        message: `DROP ${kind} ${printable(name, 150)} breaks whatever of the old version still uses it`,
        remedy: "release a version that does without it first, and drop it in a later release",
      }));
  },
};

function namesOf(object: Node): string[] {
  const { ObjectWithArgs: callable, TypeName: type } = tagged(object);
  return words(callable?.objname ?? type?.names ?? [object]);
}

/** Dropped and made anew in one file is a change, not a loss. */
function made({ node }: Parameters<Rule["find"]>[0]): string[] {
  const name =
    node.ViewStmt?.view?.relname ??
    node.CreateTableAsStmt?.into?.rel?.relname ??
    words(node.CreateFunctionStmt?.funcname).at(-1) ??
    words(node.CreateEnumStmt?.typeName).at(-1) ??
    node.CreateSeqStmt?.sequence?.relname;
  return name === undefined ? [] : [name];
}
