import type { Verdict } from "./judges.ts";
import type { FalseTriggers } from "./rules.ts";
import type { WatchTally } from "./watch.ts";

/** How often, and when, one judge spoke in some runs of one cell. */
export interface Tally {
  readonly runs: number;
  readonly hits: number;
  /** Minutes after the deploy; null where it never did. */
  readonly median: number | null;
}

export function tally(verdicts: readonly Verdict[]): Tally {
  const times = verdicts.filter((verdict) => verdict !== null).toSorted((a, b) => a - b);
  return { runs: verdicts.length, hits: times.length, median: times[times.length >> 1] ?? null };
}

/** The most that may abort of so many, if the chance of it is `alpha`: three standard errors more. */
export function most(alpha: number, runs: number): number {
  return alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);
}

export interface Results {
  readonly seed: number;
  readonly alpha: number;
  readonly same: readonly {
    readonly cell: string;
    readonly ours: Tally;
    readonly naive: Tally;
    readonly kayenta: Tally;
  }[];
  readonly worse: readonly {
    readonly cell: string;
    readonly factor: number;
    readonly ours: Tally;
    readonly naive: Tally;
    readonly kayenta: Tally;
  }[];
  readonly promoted: readonly { readonly cell: string; readonly factor: number; readonly ours: Tally }[];
  readonly rules: readonly FalseTriggers[];
  readonly peeksPerSecond: number;
}

export const titles = {
  same: "False aborts: the canary is as good as its baseline",
  worse: "Found: the canary is worse",
  promoted: "Promoted",
  rules: "Golden-signal rules: healthy services rolled back within an hour",
  speed: "Speed",
} as const;

/** The whole report in Markdown, as docs/decision-quality.md holds it. */
export function report(results: Results): string {
  const { alpha, same, worse, promoted, rules } = results;
  const held = same.every(({ ours }) => ours.hits / ours.runs <= most(alpha, ours.runs));
  return [
    `Seed ${results.seed}, α = ${alpha}, a look every minute for an hour.`,
    `### ${titles.same}`,
    table(
      ["cell", "runs", "ours", "bound", "z-test", "Kayenta", "of runs"],
      same.map(({ cell, ours, naive, kayenta }) => [
        cell,
        number(ours.runs),
        share(ours),
        percent(most(alpha, ours.runs)),
        share(naive),
        share(kayenta),
        number(kayenta.runs),
      ]),
    ),
    `Every cell within its bound (α + 3 standard errors): ${held ? "yes" : "**no**"}.`,
    `### ${titles.worse}`,
    table(
      ["cell", "times worse", "ours", "median", "z-test", "median", "Kayenta", "median"],
      worse.map(({ cell, factor, ours, naive, kayenta }) => [
        cell,
        `${factor} ×`,
        ...[ours, naive, kayenta].flatMap((one) => [share(one), minutes(one.median)]),
      ]),
    ),
    `### ${titles.promoted}`,
    table(
      ["cell", "canary", "promoted", "median"],
      promoted.map(({ cell, factor, ours }) => [
        cell,
        factor === 1 ? "as good" : `${factor} × as bad`,
        share(ours),
        minutes(ours.median),
      ]),
    ),
    `### ${titles.rules}`,
    table(
      ["rule", "requests a minute", "runs", "ours", "the same without floors"],
      rules.map(({ rule, requests, runs, ours, plain }) => [
        rule,
        number(requests),
        number(runs),
        percent(ours / runs),
        percent(plain / runs),
      ]),
    ),
    `### ${titles.speed}`,
    `${number(Math.round(results.peeksPerSecond / 10_000) * 10_000)} peeks a second of processor time (${results.peeksPerSecond >= 1e6 ? "at least" : "**below**"} 1,000,000).`,
  ].join("\n\n");
}

/** How whole watches end, in Markdown. */
export function reportWatches(tallies: readonly WatchTally[]): string {
  return table(
    ["cell", "canary", "runs", "rolled back", "promoted"],
    tallies.map(({ cell, factor, runs, rolledBack, promoted }) => [
      cell,
      factor === 1 ? "as good" : `${factor} × as bad`,
      number(runs),
      percent(rolledBack / runs),
      percent(promoted / runs),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function share({ hits, runs }: Tally): string {
  return percent(hits / runs);
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

function number(n: number): string {
  return n.toLocaleString("en-US");
}

function minutes(median: number | null): string {
  return median === null ? "–" : `${median} min`;
}
