import type { Node, RangeVar } from "libpg-query";
import { inside, nameOf, type Rule, tagged } from "../rule.ts";

const inBatches = "do it in batches by a key, each in a transaction of its own, outside of the migration";

export const deleteWithoutWhere: Rule = {
  id: "delete-without-where",
  status: "fail",
  about: "`DELETE` without `WHERE`: every row is gone",
  find: ({ node }, around) =>
    [...inside(node, "DeleteStmt")]
      .filter(({ relation, whereClause }) => isOpen(whereClause) && !around.isNew(relation))
      .map(({ relation }) => ({
        message: `DELETE FROM ${nameOf(relation)} without WHERE deletes every row for good, and locks each until it ends`,
        remedy: `name the rows: WHERE …; ${inBatches}`,
        offset: place(relation),
      })),
};

export const updateWithoutWhere: Rule = {
  id: "update-without-where",
  status: "fail",
  about: "`UPDATE` without `WHERE`: every row is written anew and stays locked until the transaction ends",
  find: ({ node }, around) =>
    [...inside(node, "UpdateStmt")]
      .filter(({ relation, whereClause }) => isOpen(whereClause) && !around.isNew(relation))
      .map(({ relation }) => ({
        message: `UPDATE ${nameOf(relation)} without WHERE overwrites every row, and keeps each locked until it ends`,
        remedy: `name the rows: WHERE …; ${inBatches}`,
        offset: place(relation),
      })),
};

/** No condition, or one that every row meets. */
function isOpen(where: Node | undefined): boolean {
  if (where === undefined) return true;
  const { A_Const: constant, A_Expr: comparison } = tagged(where);
  if (constant?.boolval) return constant.boolval.boolval === true;
  const [left, right] = [tagged(comparison?.lexpr).A_Const?.ival, tagged(comparison?.rexpr).A_Const?.ival];
  const isEqual = tagged(comparison?.name?.[0]).String?.sval === "=";
  return isEqual && left !== undefined && right !== undefined && left.ival === right.ival;
}

function place(relation: RangeVar | undefined): number | undefined {
  return relation?.location;
}
