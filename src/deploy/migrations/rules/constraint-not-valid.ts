import type { Constraint } from "libpg-query";
import { printable } from "../../../core/text.ts";
import {
  type Alteration,
  addedColumn,
  alterationsOfOld,
  nameOf,
  quoted,
  type Rule,
  sqlName,
  tagged,
} from "../rule.ts";

/** Checks and foreign keys that look at every row at once. */
export const constraintNotValid: Rule = {
  id: "constraint-not-valid",
  status: "fail",
  about:
    "`ADD CONSTRAINT` (`CHECK`, `FOREIGN KEY`) without `NOT VALID`: every row is looked at while nobody can write",
  find: (statement, around) =>
    alterationsOfOld(statement, around).flatMap((alteration) =>
      scanning(alteration).map((constraint) => {
        const { table } = alteration;
        const isKey = constraint.contype === "CONSTR_FOREIGN";
        const what = isKey ? `a foreign key to ${nameOf(constraint.pktable)}` : "a check";
        const locked = isKey
          ? `while nobody can write to ${nameOf(table)} or ${nameOf(constraint.pktable)}`
          : "under a lock that keeps readers and writers out";
        const name = constraint.conname ? quoted(constraint.conname) : "NAME";
        return {
          message: `adding ${what} to ${nameOf(table)} looks at every row of it ${locked}`,
          remedy: `ALTER TABLE ${sqlName(table)} ADD CONSTRAINT ${name} … NOT VALID; then, in another migration: ALTER TABLE ${sqlName(table)} VALIDATE CONSTRAINT ${printable(name, 100)}`,
          offset: constraint.location,
        };
      }),
    ),
};

function scanning(alteration: Alteration): readonly Constraint[] {
  const { command } = alteration;
  const slow = ({ contype, skip_validation: skipped, is_enforced: enforced }: Constraint) =>
    (contype === "CONSTR_CHECK" || contype === "CONSTR_FOREIGN") && !skipped && enforced !== false;
  if (command.subtype === "AT_AddConstraint") {
    const constraint = tagged(command.def).Constraint;
    return constraint && slow(constraint) ? [constraint] : [];
  }
  const { constraints = [] } = addedColumn(alteration) ?? {};
  // A new column without a value refers to nothing: PostgreSQL knows, and does not look.
  const isFilled = constraints.some(({ contype }) => contype === "CONSTR_DEFAULT");
  return constraints.filter((one) => slow(one) && (one.contype === "CONSTR_CHECK" || isFilled));
}
