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
  readonly rule: string;
  readonly statement: number;
  /** It is only so if this table is written anew. */
  readonly ifRewritten?: RangeVar | undefined;
  readonly ifScanned?: string | undefined;
}

/** What the rules say of one file. @param earlier files that come before it, and are judged with it */
export function lint(migration: Migration, earlier: readonly Migration[] = []): readonly Linted[] {
  const { path, statements, source } = migration;
  const around = aroundOf(migration, earlier);
  return statements.flatMap((statement) =>
    rules.flatMap(({ id, status, find }) =>
      find(statement, around).map(({ message, remedy, offset, ifRewritten, ifScanned }): Linted => {
        const place = offset === undefined ? statement.place : source.at(offset);
        return {
          finding: finding(id, status, message, { path, place, remedy }),
          rule: id,
          statement: statement.index,
          ifRewritten,
          ifScanned,
        };
      }),
    ),
  );
}

/** What a comment allows is waived, and shown. A comment that allows nothing would look as if it did, and is named. */
export function waive(migration: Migration, linted: readonly Linted[]): readonly Finding[] {
  const allowed = allowances(migration);
  const used = new Set<Allowance>();
  const findings = linted.map(({ finding: found, rule, statement }) => {
    const allowance = allowed.find(
      (one) => one.rule === rule && one.statement === statement && one.reason !== "",
    );
    if (!allowance) return found;
    used.add(allowance);
    if (found.status === "notice") return found;
    const details = [`allowed in line ${allowance.place.line}: ${allowance.reason}`];
    return { ...found, status: "waived" as const, details };
  });
  const useless = allowed.filter((allowance) => !used.has(allowance));
  return [...findings, ...useless.map((allowance) => pointless(migration.path, allowance))];
}

function pointless(path: string, { rule, reason, place }: Allowance): Finding {
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
