import type { Counts } from "../../core/burn.ts";
import type { Criterion } from "../policy.ts";
import type { CriterionState, Streak } from "../state.ts";
import { minuteMs } from "../time.ts";
import { isAbove, nowMs } from "./rule.ts";

/** Where a criterion stands with some minutes more. */
export type Fold = Pick<CriterionState, "judgedTo" | "streak" | "well" | "longestWell" | "unknown">;

export const noStreak: Streak = { minutes: 0, total: 0, bad: 0 };

/** One minute of a criterion: its side of the threshold, and what it adds to a streak. Null where nothing is known of it. */
export interface Minute extends Counts {
  readonly above: boolean;
}

export function countMinute(
  criterion: Exclude<Criterion, { kind: "saturation" }>,
  counts: Counts | undefined,
): Minute | null {
  const above = isAbove(criterion, counts);
  return above === null || counts === undefined ? null : { above, ...counts };
}

/** A level is kept as the worst of a streak is said: one "request" a minute, so that the mean of a streak is its level. */
export function levelMinute(above: number, level: number | undefined): Minute | null {
  return level === undefined ? null : { above: level > above, total: 1, bad: level };
}

/** Every minute of `[fold.judgedTo, to)` once. Only a minute that is well ends a streak: one that is missing neither counts nor ends it. */
export function foldMinutes(fold: Fold, to: number, minute: (start: number) => Minute | null): Fold {
  let { streak, well, longestWell, unknown } = fold;
  let start = fold.judgedTo;
  for (; start < to; start += minuteMs) {
    const one = minute(start);
    if (one === null) unknown += 1;
    else if (one.above) {
      streak = { minutes: streak.minutes + 1, total: streak.total + one.total, bad: streak.bad + one.bad };
      well = 0;
    } else {
      streak = noStreak;
      well += 1;
      longestWell = Math.max(longestWell, well);
    }
  }
  return { judgedTo: start, streak, well, longestWell, unknown };
}

/** Minutes that a criterion's own stretch takes. */
export function minutesNeeded(criterion: Criterion): number {
  return Math.max(1, Math.round(nowMs(criterion) / minuteMs));
}
