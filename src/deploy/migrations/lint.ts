import type { RangeVar } from "libpg-query";
import type { Finding } from "../../core/finding.ts";
import { nearest } from "../../core/text.ts";
import { type Allowance, allowances } from "./allow.ts";
import { aroundOf } from "./around.ts";
import { finding } from "./finding.ts";
import type { Migration } from "./parse.ts";
import { rules } from "./rules/index.ts";

/** A finding with the statement that it is about. */
export interface Linted {
  readonly finding: Finding;
  readonly path: string;
  readonly statement: number;
  /** It is only so if this table is written anew. */
  readonly ifRewritten?: RangeVar | undefined;
}

/** What the rules say of one file; what a comment allows is waived, and shown. */
export function lint(migration: Migration): readonly Linted[] {
  const { path, statements, source } = migration;
  const around = aroundOf(migration);
  const allowed = allowances(migration);
  const used = new Set<Allowance>();
  const linted = statements.flatMap((statement) =>
    rules.flatMap((rule) =>
      rule.find(statement, around).map((hit): Linted => {
        const place = hit.offset === undefined ? statement.place : source.at(hit.offset);
        const allowance = allowed.find(
          (one) => one.rule === rule.id && one.statement === statement.index && one.reason !== "",
        );
        if (allowance) used.add(allowance);
        const status = allowance && rule.status !== "notice" ? "waived" : rule.status;
        const details = allowance ? [`allowed in line ${allowance.place.line}: ${allowance.reason}`] : [];
        const about = { path, place, remedy: hit.remedy, details };
        const { ifRewritten } = hit;
        return {
          finding: finding(rule.id, status, hit.message, about),
          path,
          statement: statement.index,
          ifRewritten,
        };
      }),
    ),
  );
  const remarks = allowed
    .filter((allowance) => !used.has(allowance))
    .map((allowance) => ({ finding: useless(path, allowance), path, statement: allowance.statement }));
  return [...linted, ...remarks];
}

/** A comment that allows nothing would look as if it did. */
function useless(path: string, { rule, reason, place }: Allowance): Finding {
  const known = rules.map(({ id }) => id);
  const about = (remedy: string) => ({ path, place, remedy });
  if (!known.includes(rule)) {
    const near = nearest(rule, known);
    const remedy = near ? `did you mean ${near}?` : `one of ${known.join(", ")}`;
    return finding("allow", "warn", `there is no rule ${rule || "named"} to allow`, about(remedy));
  }
  if (reason === "") {
    const remedy = `-- release-sentinel: allow ${rule} WHY IT IS SAFE HERE`;
    return finding("allow", "warn", `allowing ${rule} needs a reason`, about(remedy));
  }
  return finding("allow", "notice", `nothing here needs ${rule} to be allowed`, about("remove the comment"));
}
