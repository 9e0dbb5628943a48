import type { Criterion } from "./policy.ts";
import { percent, span, times } from "./words.ts";

/** The line that a signal's share, or level, must stay below, 0 to 1: for plots. */
export interface Threshold {
  readonly value: number;
  /** `2 %`, `5 % slower than 1.5 s`. */
  readonly label: string;
}

/** Of several criteria on one signal the one that is most easily met by an incident: not the burn rate's. */
export function thresholdOfSignal(criteria: readonly Criterion[], signal: string): Threshold | null {
  const own = criteria.filter((criterion) => criterion.signal === signal);
  const one = own.find(({ kind }) => kind !== "burn") ?? own[0];
  return one ? thresholdOf(one) : null;
}

export function thresholdOf(criterion: Criterion): Threshold {
  switch (criterion.kind) {
    case "latency": {
      const value = (100 - criterion.percentile) / 100;
      return { value, label: `${percent(value)} slower than ${criterion.thresholdSeconds} s` };
    }
    case "burn": {
      const factor = Math.min(...criterion.pairs.map((pair) => pair.factor));
      const value = (1 - criterion.objective) * factor;
      return { value, label: `${percent(value)}, ${times(factor)} times the budget` };
    }
    case "errors":
      return { value: criterion.above, label: `${percent(criterion.above)} over ${span(criterion.overMs)}` };
    case "saturation":
      return { value: criterion.above, label: `${percent(criterion.above)} for ${span(criterion.forMs)}` };
  }
}
