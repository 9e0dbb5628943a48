import { printable } from "../../../core/text.ts";
import type { Statement } from "../parse.ts";
import {
  type Alteration,
  type Around,
  alterations,
  alterationsOfOld,
  nameOf,
  quoted,
  type Rule,
  sqlName,
  tagged,
  words,
} from "../rule.ts";

export const setNotNull: Rule = {
  id: "set-not-null",
  status: "fail",
  about:
    "`SET NOT NULL` without a check that was validated before: every row is looked at while nobody can use the table",
  find: (statement, around) =>
    alterationsOfOld(statement, around)
      .filter(({ command }) => command.subtype === "AT_SetNotNull")
      .filter(
        ({ table, command }) =>
          !isChecked(table.relname, command.name, [...around.earlier, ...around.before(statement)], around),
      )
      .map(({ table, command }) => {
        const column = quoted(command.name);
        return {
          ifScanned: `${table.relname}.${command.name}`,
          message: `SET NOT NULL on ${nameOf(table)}.${printable(command.name ?? "", 100)} looks at every row under a lock that keeps readers and writers out, and the old version may still write nulls`,
          remedy: `ALTER TABLE ${sqlName(table)} ADD CONSTRAINT NAME CHECK (${column} IS NOT NULL) NOT VALID; in another migration VALIDATE CONSTRAINT NAME, then SET NOT NULL, which does not look again, and DROP CONSTRAINT NAME`,
        };
      }),
};

/** With a valid check PostgreSQL 12 and later believe it. */
function isChecked(
  table: string | undefined,
  column: string | undefined,
  before: readonly Statement[],
  { migration }: Around,
): boolean {
  const earlier = before.flatMap(alterations).filter((one) => one.table.relname === table);
  const named = earlier.flatMap(({ command }) => {
    const constraint = command.subtype === "AT_AddConstraint" ? tagged(command.def).Constraint : undefined;
    const test = tagged(constraint?.raw_expr).NullTest;
    const about = words(tagged(test?.arg).ColumnRef?.fields).at(-1);
    return test?.nulltesttype === "IS_NOT_NULL" && about === column ? [constraint?.conname ?? ""] : [];
  });
  const gone = droppedIn(earlier);
  const validated = earlier
    .filter(({ command }) => command.subtype === "AT_ValidateConstraint")
    .map(({ command }) => command.name ?? "")
    .filter((name) => !gone.includes(name));
  // Added in an earlier migration: its name is all that there is to go by.
  const droppedHere = droppedIn(migration.statements.flatMap(alterations));
  return validated.some((name) => named.includes(name) || (named.length === 0 && droppedHere.includes(name)));
}

function droppedIn(changes: readonly Alteration[]): string[] {
  return changes
    .filter(({ command }) => command.subtype === "AT_DropConstraint")
    .map(({ command }) => command.name ?? "");
}
