import { printable } from "../../../core/text.ts";
import { alterations, alterationsOfOld, nameOf, type Rule, tagged } from "../rule.ts";

export const validateApart: Rule = {
  id: "validate-apart",
  status: "warn",
  about:
    "`VALIDATE CONSTRAINT` in the transaction that added it: its lock is held while every row is looked at",
  find: (statement, around) =>
    alterationsOfOld(statement, around)
      .filter(({ command }) => command.subtype === "AT_ValidateConstraint")
      .filter(({ command }) => {
        const transaction = around.transactionOf(statement);
        return (
          transaction !== null &&
          around
            .before(statement)
            .some(
              (other) =>
                around.transactionOf(other) === transaction &&
                alterations(other).some(
                  (one) => tagged(one.command.def).Constraint?.conname === command.name,
                ),
            )
        );
      })
      .map(({ table, command }) => ({
        message: `validating ${printable(command.name ?? "", 100)} in the transaction that adds it holds the lock on ${nameOf(table)} while every row is looked at`,
        remedy: "put VALIDATE CONSTRAINT into a migration of its own",
      })),
};
