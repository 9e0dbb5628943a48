import type { Counts } from "../../core/burn.ts";
import type { Spread } from "./spread.ts";

/** What the judge remembers of one metric. Sums only: it never grows, and is gone on from after a restart. */
export interface MetricState {
  /** Every minute before this one is in here, and never counted again. */
  readonly judgedTo: number;
  /** Σ ln E for each multiplier, before the dispersion is allowed for. */
  readonly abort: readonly number[];
  readonly promote: readonly number[];
  readonly baseline: ArmState;
  readonly canary: ArmState;
  /** Minutes with traffic in both arms. */
  readonly minutes: number;
}

/** Requests since the deploy; the spread holds what came before it too. */
export interface ArmState extends Counts {
  readonly spread: readonly Spread[];
}
