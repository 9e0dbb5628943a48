import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import { finding } from "./finding.ts";
import { type Linted, lint, waive } from "./lint.ts";
import type { Migration, Statement } from "./parse.ts";
import { keyOf, type Rehearsed } from "./play.ts";

type Rewritten = Rehearsed["rewritten"];

/** What the rules say of one file, corrected by what was seen when it was tried out. */
export function judgeMigration(migration: Migration, rewritten: Rewritten): readonly Finding[] {
  const { path, statements } = migration;
  const linted = lint(migration).map((one) => acquitted(one, rewritten.get(keyOf(path, one.statement))));
  const accused = new Set(
    linted
      .filter(({ rule, ifRewritten }) => ifRewritten || rule === "rewrite-table")
      .map((one) => one.statement),
  );
  const surprises = statements
    .filter(({ index }) => !accused.has(index))
    .flatMap((statement) =>
      (rewritten.get(keyOf(path, statement.index)) ?? []).map((table) => surprise(path, statement, table)),
    );
  const findings = waive(migration, [...linted, ...surprises]);
  const read = `nothing to object to in ${count(statements.length, "statement")}`;
  return findings.length > 0 ? findings : [finding("lint", "ok", read, { path })];
}

/** A change that turned out not to write the table anew is worth reading, no more. */
function acquitted(linted: Linted, tables: readonly string[] | undefined): Linted {
  const { finding: found, ifRewritten } = linted;
  if (!ifRewritten || !tables || tables.includes(ifRewritten.relname ?? "")) return linted;
  const details = ["the rehearsal has shown that the table is not written anew"];
  return { ...linted, finding: { ...found, status: "notice", details } };
}

/** What no rule has seen coming. */
function surprise(path: string, { index, place }: Statement, table: string): Linted {
  const message = `on the shadow database this wrote ${table} anew, under a lock that keeps readers and writers out`;
  const remedy = "find a way that does not: a new column, filled in batches; or an announced window";
  return {
    finding: finding("rewrite-table", "fail", message, { path, place, remedy }),
    rule: "rewrite-table",
    statement: index,
  };
}
