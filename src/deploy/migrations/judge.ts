import type { Finding } from "../../core/finding.ts";
import { count } from "../../core/text.ts";
import type { Evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { type Linted, lint, waive } from "./lint.ts";
import type { Migration, Statement } from "./parse.ts";
import { keyOf, type Rehearsed } from "./play.ts";
import { isSet } from "./rules/lock-timeout.ts";

type Seen = Rehearsed["seen"];

/**
 * What the rules say of one file, corrected by what was seen when it was tried out.
 * @param earlier files that come before it, and are judged with it
 */
export function judgeMigration(
  migration: Migration,
  earlier: readonly Migration[],
  seen: Seen,
): readonly Finding[] {
  const { path, statements } = migration;
  const linted = lint(migration, earlier).flatMap((one) =>
    acquitted(one, seen.get(keyOf(path, one.statement))),
  );
  const surprises = statements.flatMap((statement) =>
    surprisesOf(migration, statement, linted, seen.get(keyOf(path, statement.index))),
  );
  const findings = waive(migration, [...linted, ...surprises]);
  const read = `nothing to object to in ${count(statements.length, "statement")}`;
  return findings.length > 0 ? findings : [finding("lint", "ok", read, { path })];
}

/** What no rule has seen coming. */
function surprisesOf(
  { path, statements }: Migration,
  statement: Statement,
  linted: readonly Linted[],
  evidence: Evidence | undefined,
): Linted[] {
  if (!evidence) return [];
  const own = linted.filter((one) => one.statement === statement.index);
  const isAccused = own.some(({ rule, ifRewritten }) => ifRewritten || rule === "rewrite-table");
  const tables = isAccused ? [] : evidence.rewritten;
  const hasTimeout = isSet(statements.slice(0, statement.index)) || /lock_timeout/i.test(statement.text);
  const deeds = evidence.deeds
    .filter(({ rule }) => !own.some((one) => one.rule === rule))
    .filter(
      ({ rule }) => rule !== "lock-timeout" || !(hasTimeout || linted.some((one) => one.rule === rule)),
    );
  return [
    ...tables.map((table) => surprise(path, statement, table)),
    ...deeds.map(({ rule, status, message, remedy }) => ({
      finding: finding(rule, status, `on the shadow database this ${message}`, {
        path,
        place: statement.place,
        remedy,
      }),
      rule,
      statement: statement.index,
    })),
  ];
}

/** A change that turned out not to write the table anew is worth reading, no more. */
function acquitted(linted: Linted, evidence: Evidence | undefined): Linted[] {
  const { finding: found, ifRewritten, ifScanned } = linted;
  if (ifScanned !== undefined && evidence?.proven.includes(ifScanned)) return [];
  if (!ifRewritten || !evidence || evidence.rewritten.includes(ifRewritten.relname ?? "")) return [linted];
  const details = ["the rehearsal has shown that the table is not written anew"];
  return [{ ...linted, finding: { ...found, status: "notice", details } }];
}

function surprise(path: string, { index, place }: Statement, table: string): Linted {
  const message = `on the shadow database this wrote ${table} anew, under a lock that keeps readers and writers out`;
  const remedy = "find a way that does not: a new column, filled in batches; or an announced window";
  return {
    finding: finding("rewrite-table", "fail", message, { path, place, remedy }),
    rule: "rewrite-table",
    statement: index,
  };
}
