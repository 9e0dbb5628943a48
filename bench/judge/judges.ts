import { addHistory, beginMetric, type MetricState, peek } from "../../src/watch/judge/metric.ts";
import { measure } from "../../src/watch/judge/weigh.ts";
import type { JudgeOptions } from "../../src/watch/policy.ts";
import { minuteMs } from "../../src/watch/time.ts";
import { kayentaSaysHigh } from "./kayenta.ts";
import type { Cell, Minute } from "./world.ts";

/** The minute (1 is the first after the deploy) at which a judge that looks every minute says that the canary is worse. */
export type Verdict = number | null;
export type Judge = (cell: Cell, minutes: readonly Minute[]) => Verdict;

export const alpha = 0.05;
const metric = { signal: "bench/errors", limit: 0.02 };
export const options: JudgeOptions = {
  alpha,
  rho: 1,
  noWorse: 2,
  minMs: 5 * minuteMs,
  maxMs: 60 * minuteMs,
  bad: 5,
  metrics: [metric],
};

/** The first minute at which our judge says so, looking at every one. */
export function ours(cell: Cell, minutes: readonly Minute[], wanted: "abort" | "promote"): Verdict {
  let state: MetricState = addHistory(
    beginMetric(0),
    minutes
      .slice(0, cell.history)
      .map(({ baseline }, i) => [(i - cell.history) * minuteMs, baseline] as const),
  );
  for (let i = 0; i < minutes.length - cell.history; i++) {
    const minute = minutes[i + cell.history];
    state = peek(state, options, i * minuteMs, minute?.baseline, minute?.canary);
    const { outcome } = measure(options, metric, state);
    // An abort ends it; before the least time nothing is promoted.
    if (outcome === "abort") return wanted === "abort" ? i + 1 : null;
    if (outcome === wanted && (i + 1) * minuteMs >= options.minMs) return i + 1;
  }
  return null;
}

/** Two proportions compared over all there is so far, at every minute, as if that were the only look. */
export const naive: Judge = (cell, minutes) => {
  const critical = 1.6449;
  let [nb, kb, nc, kc] = [0, 0, 0, 0];
  for (const [i, { baseline, canary }] of minutes.slice(cell.history).entries()) {
    nb += baseline.total;
    kb += baseline.bad;
    nc += canary.total;
    kc += canary.bad;
    const pooled = (kb + kc) / (nb + nc);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / nb + 1 / nc));
    if (error > 0 && (kc / nc - kb / nb) / error > critical) return i + 1;
  }
  return null;
};

/** Every third minute from the ninth on: 18 looks in an hour at series that grow. */
export const kayentaLooks = Array.from({ length: 18 }, (_, i) => 9 + 3 * i);

export const kayenta: Judge = (cell, minutes) => {
  const seen = minutes.slice(cell.history);
  const rates = (arm: keyof Minute) =>
    seen.map((minute) => (minute[arm].total > 0 ? minute[arm].bad / minute[arm].total : 0));
  const [control, experiment] = [rates("baseline"), rates("canary")];
  return (
    kayentaLooks.find((look) => kayentaSaysHigh(control.slice(0, look), experiment.slice(0, look))) ?? null
  );
};
