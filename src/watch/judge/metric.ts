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
  readonly baseline: ArmState;
  readonly canary: ArmState;
  /** Minutes with traffic in both arms: only these are compared. */
  readonly minutes: number;
}

/** Requests that were compared; the spread holds every minute of the arm. */
export interface ArmState extends Counts {
  readonly spread: Spread;
}

/** What the canary is compared by. */
export interface Ratios {
  readonly rho: number;
  readonly noWorse: number;
}

export function beginMetric(deployedAt: number): MetricState {
  const arm = { total: 0, bad: 0, spread: noSpread };
  return {
    judgedTo: firstMinute(deployedAt),
    history: false,
    abort: worse.r.map(() => 0),
    promote: better.r.map(() => 0),
    baseline: arm,
    canary: arm,
    minutes: 0,
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
  const b = spreadArm(state.baseline, start, baseline);
  const c = spreadArm(state.canary, start, canary);
  if (!baseline || !canary || !(baseline.total > 0) || !(canary.total > 0))
    return { ...state, baseline: b, canary: c };
  return {
    ...state,
    abort: addMinute(state.abort, worse, ratios.rho, baseline, canary),
    promote: addMinute(state.promote, better, ratios.noWorse, baseline, canary),
    baseline: { total: b.total + baseline.total, bad: b.bad + baseline.bad, spread: b.spread },
    canary: { total: c.total + canary.total, bad: c.bad + canary.bad, spread: c.spread },
    minutes: state.minutes + 1,
  };
}

function spreadArm(arm: ArmState, start: number, counts: Counts | undefined): ArmState {
  if (!counts || !(counts.total > 0)) return arm;
  return { total: arm.total, bad: arm.bad, spread: addToSpread(arm.spread, start, counts) };
}

/** Minutes from before the deploy tell how errors cluster, and nothing else. */
export function addHistory(state: MetricState, minutes: Iterable<readonly [number, Counts]>): MetricState {
  let { baseline } = state;
  for (const [start, counts] of minutes) baseline = spreadArm(baseline, start, counts);
  return { ...state, history: true, baseline };
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
