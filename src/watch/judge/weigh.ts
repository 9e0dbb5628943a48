import { badRate } from "../../core/burn.ts";
import { count } from "../../core/text.ts";
import type { JudgeMetric, JudgeOptions } from "../policy.ts";
import type { Evidence } from "../types.ts";
import { amount, percent, times } from "../words.ts";
import { lnAbort, lnPromote, type MetricState } from "./metric.ts";
import { belowLimit, cleanRequest, mixture } from "./mixture.ts";
import { dispersion } from "./spread.ts";

/** A burst in one minute is no pattern: an abort takes as many minutes of both arms. */
export const abortMinutes = 3;

/** Where one metric stands against its bound. */
export interface Weight {
  readonly outcome: Evidence["outcome"];
  /** E-values as natural logarithms. */
  readonly abort: number;
  readonly promote: number;
  readonly bound: number;
  readonly dispersion: number;
}

export function measure(options: JudgeOptions, metric: JudgeMetric, state: MetricState): Weight {
  const spread = dispersion(state.spread);
  const bound = Math.log(options.metrics.length / options.alpha);
  const abort = lnAbort(state, spread);
  const promote = lnPromote(state, spread, metric.limit);
  const proven = abort >= bound && state.minutes >= abortMinutes && state.canary.bad >= options.bad;
  const outcome = proven ? "abort" : promote >= bound && abort < bound ? "promote" : "not-yet";
  return { outcome, abort, promote, bound, dispersion: spread };
}

/** What the evidence of one metric amounts to, in words too. */
export function weigh(options: JudgeOptions, metric: JudgeMetric, state: MetricState): Evidence {
  const { baseline, canary } = state;
  const weight = measure(options, metric, state);
  return {
    metric: metric.signal,
    outcome: weight.outcome,
    lnAbort: weight.abort,
    lnPromote: weight.promote,
    bound: weight.bound,
    message: message(options, metric, state, weight),
    requests: { baseline: baseline.total, canary: canary.total },
    bad: { baseline: baseline.bad, canary: canary.bad },
    dispersion: weight.dispersion,
  };
}

function message(options: JudgeOptions, metric: JudgeMetric, state: MetricState, weight: Weight): string {
  const { baseline, canary, minutes } = state;
  if (minutes === 0) return "no minute yet with requests in both arms";
  const rates = `${percent(badRate(canary) ?? 0)} of ${amount(canary.total)} requests bad, against ${percent(badRate(baseline) ?? 0)} of ${amount(baseline.total)}`;
  const than = options.rho === 1 ? "the baseline" : `${times(options.rho)} times the baseline`;
  if (weight.outcome === "abort") return `the canary is worse than ${than}: ${rates}`;
  if (weight.outcome === "promote") {
    const limit = metric.limit === null ? "" : `, or below ${percent(metric.limit)}`;
    return `the canary is no worse than ${times(options.noWorse)} times the baseline${limit}: ${rates}`;
  }
  if (weight.abort >= weight.bound)
    return minutes < abortMinutes
      ? `the canary looks worse, but only for ${count(minutes, "minute")}: ${rates}`
      : `the canary looks worse, but ${amount(canary.bad)} bad requests are too few: ${rates}`;
  return remaining(metric, state, weight);
}

/** `about 140 clean requests more, 6 min at this rate`. */
function remaining(metric: JudgeMetric, state: MetricState, weight: Weight): string {
  const perMinute = state.canary.total / state.minutes;
  const clean = cleanNeeded(metric, state, weight);
  const steady =
    weight.promote > 0
      ? ((weight.bound - weight.promote) / weight.promote) * state.canary.total
      : Number.POSITIVE_INFINITY;
  const fewer = Math.min(clean, steady);
  if (!Number.isFinite(fewer)) return "no end in sight at the rates so far";
  const requests = amount(Math.max(1, Math.ceil(fewer)));
  const time = `${amount(Math.max(1, Math.ceil(fewer / perMinute)))} min at this rate`;
  return clean <= steady
    ? `about ${requests} clean requests more, ${time}`
    : `about ${requests} requests like these more, ${time}`;
}

/** How many more requests, all good, would prove the rate below the limit. */
function cleanNeeded(metric: JudgeMetric, state: MetricState, { bound, dispersion: spread }: Weight): number {
  if (metric.limit === null) return Number.POSITIVE_INFINITY;
  const relative = mixture(state.promote, spread);
  const wanted = Math.log(2 * Math.exp(bound) - Math.exp(Math.min(relative, bound)));
  const lacking = wanted * spread - belowLimit(state.canary, metric.limit);
  return Math.max(0, lacking / cleanRequest(metric.limit));
}
