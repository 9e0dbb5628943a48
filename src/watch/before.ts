import { beginCriterion, evaluate } from "./criteria/evaluate.ts";
import type { WatchPolicy } from "./policy.ts";
import { type WatchLook, windowMs } from "./state.ts";
import { historyMs, lastMinute } from "./time.ts";
import type { Reading, TimeRange } from "./types.ts";

/** The whole minutes that `before` must be given. */
export function rangeBefore(policy: WatchPolicy, now: number): TimeRange {
  const to = lastMinute(now);
  return { from: to - Math.max(historyMs, ...policy.criteria.map(windowMs)), to };
}

/** T−0: every criterion over what there is now. A breach blocks the deploy: it would be watched in the dark. */
export function before(policy: WatchPolicy, look: WatchLook): readonly Reading[] {
  const { from } = rangeBefore(policy, look.at);
  const readings = policy.criteria.map((criterion) => {
    const times = { deployedAt: from, at: look.at };
    const { reading } = evaluate(criterion, beginCriterion(from), onlyOne(look), times);
    return reading;
  });
  return [...readings, ...(look.also ?? [])];
}

/** Before a deploy there is one arm: what runs. */
function onlyOne(look: WatchLook): WatchLook {
  const baselines = new Set(
    look.answers.filter(({ query }) => query.arm === "baseline").map(({ query }) => query.id),
  );
  const answers = look.answers
    .filter(({ query }) => query.arm === "baseline" || !baselines.has(query.id))
    .map(({ query, answer }) => ({ query: { ...query, arm: "all" as const }, answer }));
  return { ...look, answers };
}
