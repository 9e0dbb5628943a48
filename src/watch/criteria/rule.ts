import { type Counts, errorBudget } from "../../core/burn.ts";
import type { Criterion } from "../policy.ts";
import { percent, span, times } from "../words.ts";

/** A criterion that counts requests. */
export type CountCriterion = Exclude<Criterion, { kind: "saturation" }>;

/** The part of requests that may be bad. Of a burn: what its gentlest pair allows. */
export function allowed(criterion: CountCriterion): number {
  switch (criterion.kind) {
    case "latency":
      return Number(((100 - criterion.percentile) / 100).toPrecision(12));
    case "errors":
      return criterion.above;
    case "burn":
      return errorBudget(criterion.objective) * Math.min(...criterion.pairs.map(({ factor }) => factor));
  }
}

/** The stretch that tells what it is like now. */
export function nowMs(criterion: Criterion): number {
  if (criterion.kind === "errors") return criterion.overMs;
  if (criterion.kind === "burn") return Math.min(...criterion.pairs.map(({ shortMs }) => shortMs));
  return criterion.forMs;
}

/** As people say it: `p95 > 1.5 s for 5 min`. */
export function say(criterion: Criterion): string {
  switch (criterion.kind) {
    case "latency":
      return `p${criterion.percentile} > ${criterion.thresholdSeconds} s for ${span(criterion.forMs)}`;
    case "errors":
      return `errors > ${percent(criterion.above)} over ${span(criterion.overMs)}`;
    case "saturation":
      return `saturation > ${percent(criterion.above)} for ${span(criterion.forMs)}`;
    case "burn":
      return criterion.pairs
        .map((pair) => `burn > ${times(pair.factor)} over ${span(pair.shortMs)} and ${span(pair.longMs)}`)
        .join(", or ");
  }
}

/** Which side of the threshold one minute is on; null where it says nothing. */
export function isAbove(criterion: CountCriterion, minute: Counts | undefined): boolean | null {
  if (minute === undefined || !(minute.total > 0)) return null;
  return minute.bad / minute.total > allowed(criterion);
}
