import type { Counts } from "../../core/burn.ts";
import { firstMinute } from "../time.ts";
import { addMinute, belowLimit, better, mixture, worse } from "./mixture.ts";
import { addToSpread, noSpread, type Spread } from "./spread.ts";

/** What the judge remembers of one metric. Sums only: it never grows, and is gone on from after a restart. */
export interface MetricState {
  /** Every minute before this one is in here, and never counted again. */
  readonly judgedTo: number;
  /** Whether what came before the deploy is in the baseline's spread. */
  readonly history: boolean;
  /** Σ ln E for each multiplier, before the dispersion is allowed for. */
  readonly abort: readonly number[];
  readonly promote: readonly number[];
  /** Requests that were compared. */
  readonly baseline: Counts;
  readonly canary: Counts;
  /** Minutes with traffic in both arms: only these are compared. */
  readonly minutes: number;
  readonly spread: Spread;
}

/** What the canary is compared by. */
export interface Ratios {
  readonly rho: number;
  readonly noWorse: number;
}

export function beginMetric(deployedAt: number): MetricState {
  return {
    judgedTo: firstMinute(deployedAt),
    history: false,
    abort: worse.r.map(() => 0),
    promote: better.r.map(() => 0),
    baseline: nothing,
    canary: nothing,
    minutes: 0,
    spread: noSpread,
  };
}

/** One minute more. What an arm lacks, or a minute without traffic in one arm, is evidence of nothing. */
export function peek(
  state: MetricState,
  ratios: Ratios,
  start: number,
  baseline: Counts | undefined,
  canary: Counts | undefined,
): MetricState {
  if (!baseline || !(baseline.total > 0)) return state;
  const spread = addToSpread(state.spread, start, baseline, canary ?? nothing);
  if (!canary || !(canary.total > 0)) return { ...state, spread };
  return {
    judgedTo: state.judgedTo,
    history: state.history,
    abort: addMinute(state.abort, worse, ratios.rho, baseline, canary),
    promote: addMinute(state.promote, better, ratios.noWorse, baseline, canary),
    baseline: sum(state.baseline, baseline),
    canary: sum(state.canary, canary),
    minutes: state.minutes + 1,
    spread,
  };
}

const nothing: Counts = { total: 0, bad: 0 };

function sum(a: Counts, b: Counts): Counts {
  return { total: a.total + b.total, bad: a.bad + b.bad };
}

/** Minutes from before the deploy tell how errors cluster, and nothing else. */
export function addHistory(state: MetricState, minutes: Iterable<readonly [number, Counts]>): MetricState {
  let { spread } = state;
  for (const [start, baseline] of minutes)
    if (baseline.total > 0) spread = addToSpread(spread, start, baseline, nothing);
  return { ...state, history: true, spread };
}

/** ln E against "no worse than ρ times the baseline". */
export function lnAbort(state: MetricState, dispersion: number): number {
  return mixture(state.abort, dispersion);
}

/** ln E against "worse than the baseline so many times, and than the limit": either proof will do, so their mean is taken. */
export function lnPromote(state: MetricState, dispersion: number, limit: number | null): number {
  const relative = mixture(state.promote, dispersion);
  if (limit === null) return relative;
  return mixture([relative, belowLimit(state.canary, limit) / dispersion], 1);
}
