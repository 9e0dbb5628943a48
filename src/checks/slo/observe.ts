import { QueryProblem } from "../../clients/prometheus/template.ts";
import type { Readers } from "../../clients/readers.ts";
import { type ObserveContext, TryAgain } from "../../core/check.ts";
import type { SloOptions } from "./options.ts";
import { countingQuery } from "./query.ts";

/** What was counted in one window; null: nothing was there to count. */
export type WindowSeen = { ms: number; total: number | null; bad: number | null };

export type SloSeen = {
  windows: WindowSeen[];
  /** Why there is nothing to count. */
  missing: string | null;
  /** `lacks`: the variable that was to let us in and holds nothing. */
  failure: { why: string; remedy: string | null; lacks: string | null } | null;
};

const mark = "release_sentinel";

/**
 * Counts in all windows with one request.
 * @throws TryAgain when Prometheus did not answer
 */
export async function observeSlo(
  { readers, options, target, signal }: ObserveContext<SloOptions, Readers>,
  windows: readonly number[],
): Promise<SloSeen> {
  const { createPrometheus } = await import("../../clients/prometheus/client.ts");
  const { PrometheusFailure } = await import("../../clients/prometheus/failure.ts");
  const values = { environment: target.environment, version: target.version ?? "" };
  const prometheus = createPrometheus({ ...options, timeoutMs: 30_000 }, readers);
  const failed = (why: string, remedy: string | undefined, lacks?: string): SloSeen => ({
    windows: [],
    missing: null,
    failure: { why, remedy: remedy ?? null, lacks: lacks ?? null },
  });
  const now = Date.now();
  const between = { start: now - Math.max(...windows), end: now };
  try {
    const asked = windows.map((ms) => {
      const count = (template: string) => countingQuery(template, options.labels, `${ms / 1000}s`, values);
      return { ms, total: count(options.total), bad: count(options.bad) };
    });
    const query = asked
      .flatMap(({ total, bad }, i) => [marked(total.text, `${i}.total`), marked(bad.text, `${i}.bad`)])
      .join(" or ");
    const { series, warnings } = await prometheus.instant(query, null, signal);
    if (warnings[0] !== undefined)
      return failed(`it warns that the answer is not whole: ${warnings[0]}`, undefined);
    if (series.some(({ samples }) => Number.isNaN(samples[0]?.[1])))
      return failed(
        "it answers NaN (0/0, nothing divided by nothing)",
        "mend total and bad: they are to count",
      );
    const value = (name: string) => {
      const number = series.find(({ labels }) => labels[mark] === name)?.samples[0]?.[1];
      return number === undefined || !Number.isFinite(number) || number < 0 ? null : number;
    };
    const seen = asked.map(({ ms }, i) => ({ ms, total: value(`${i}.total`), bad: value(`${i}.bad`) }));
    if (seen.some(({ bad }) => bad === null)) {
      const never = await whyNever();
      if (never !== undefined)
        return failed(`nothing would ever count as bad: ${never}`, "mend bad, or write `… or vector(0)`");
    }
    const isEmpty = seen.some(({ total }) => total === null);
    return { windows: seen, missing: isEmpty ? await whyEmpty() : null, failure: null };

    async function whyNever(): Promise<string | undefined> {
      const { neverMatches } = await import("../../clients/prometheus/missing.ts");
      const labelsOf = (metric: string) => prometheus.labelNames(metric, between, signal);
      for (const selector of asked[0]?.bad.selectors ?? []) {
        const never = await neverMatches(selector, labelsOf);
        if (never) return never.why;
      }
      return undefined;
    }

    async function whyEmpty(): Promise<string> {
      const { findMissing } = await import("../../clients/prometheus/missing.ts");
      return (await findMissing(asked[0]?.total.selectors ?? [], between, prometheus, signal)).why;
    }
  } catch (error) {
    if (error instanceof QueryProblem) return failed(error.message, error.remedy);
    if (!(error instanceof PrometheusFailure)) throw error;
    const seen = failed(error.message, error.remedy, error.missing);
    if (error.reason === "unavailable") throw new TryAgain(seen, { noAnswer: true });
    return seen;
  }
}

function marked(expression: string, name: string): string {
  return `label_replace(${expression}, "${mark}", "${name}", "", "")`;
}
