import { armsOf, notAsked } from "../arms.ts";
import type { JudgeMetric, JudgeOptions } from "../policy.ts";
import { countSeries } from "../series.ts";
import type { WatchLook } from "../state.ts";
import { historyMs, lastMinute, minuteMs, settleMs } from "../time.ts";
import type { Evidence } from "../types.ts";
import { addHistory, beginMetric, type MetricState, peek } from "./metric.ts";
import { weigh } from "./weigh.ts";

export interface Judgement {
  /** `abort` as soon as one metric says so, `promote` when all do. */
  readonly outcome: Evidence["outcome"];
  readonly evidence: readonly Evidence[];
  readonly states: Readonly<Record<string, MetricState>>;
}

interface Times {
  readonly deployedAt: number;
  readonly at: number;
}

export function beginJudge(options: JudgeOptions, deployedAt: number): Judgement["states"] {
  return Object.fromEntries(options.metrics.map(({ signal }) => [signal, beginMetric(deployedAt)]));
}

/** One look at both arms. Settled minutes go into the states; younger ones count for this look alone. */
export function judgeLook(
  options: JudgeOptions,
  states: Judgement["states"],
  look: WatchLook,
  times: Times,
): Judgement {
  const results = options.metrics.map((metric) => {
    const state = states[metric.signal] ?? beginMetric(times.deployedAt);
    return { metric, ...lookAtMetric(options, metric, state, look, times) };
  });
  const evidence = results.map((result) => result.evidence);
  const is = (outcome: Evidence["outcome"]) => (one: Evidence) => one.outcome === outcome;
  return {
    outcome: evidence.some(is("abort"))
      ? "abort"
      : evidence.length > 0 && evidence.every(is("promote"))
        ? "promote"
        : "not-yet",
    evidence,
    states: Object.fromEntries(results.map(({ metric, state }) => [metric.signal, state])),
  };
}

function lookAtMetric(
  options: JudgeOptions,
  metric: JudgeMetric,
  known: MetricState,
  look: WatchLook,
  { deployedAt, at }: Times,
): { readonly state: MetricState; readonly evidence: Evidence } {
  const arms = armsOf(look, metric.signal);
  const baseline = countSeries(arms.control ?? notAsked, at);
  const canary = countSeries(arms.subject, at);
  // An arm that cannot be asked now can be asked later: its minutes wait.
  if (baseline.state === "telemetry-error" || canary.state === "telemetry-error") {
    const why = baseline.state === "telemetry-error" ? baseline.why : canary.why;
    const evidence = weigh(options, metric, known);
    return { state: known, evidence: { ...evidence, outcome: "not-yet", message: why } };
  }
  let state = known;
  if (!state.history) {
    const to = lastMinute(deployedAt);
    const minutes = [...baseline.minutes].filter(([start]) => start >= to - historyMs && start < to);
    state = addHistory(
      state,
      minutes.toSorted(([a], [b]) => a - b),
    );
  }
  const upTo = (from: MetricState, end: number): MetricState => {
    let next = from;
    let start = from.judgedTo;
    for (; start < end; start += minuteMs)
      next = peek(next, options, start, baseline.minutes.get(start), canary.minutes.get(start));
    return { ...next, judgedTo: start };
  };
  const settled = upTo(state, lastMinute(at - settleMs));
  return { state: settled, evidence: weigh(options, metric, upTo(settled, lastMinute(at))) };
}
