import type { Counts } from "../../src/core/burn.ts";
import { createPolicy, defaultCriteria, defaultJudge, defaultTimes } from "../../src/watch/policy.ts";
import { rangeNeeded, type WatchLook } from "../../src/watch/state.ts";
import { begin, step } from "../../src/watch/step.ts";
import { minuteMs } from "../../src/watch/time.ts";
import type { Decision } from "../../src/watch/types.ts";
import { createRandom } from "./random.ts";
import { type Cell, type Minute, simulate } from "./world.ts";

/** A watch of half an hour with everything that can end it: the judge, and the criteria by themselves. */
const length = 30;
const criteria = defaultCriteria("bench").filter(({ signal }) => signal === "bench/errors");
const judge = { ...defaultJudge(criteria), maxMs: length * minuteMs };
const policy = createPolicy({ ...defaultTimes, criteria, judge });

const small = { baseline: 950, canary: 50, history: 60 };
const even = { baseline: 500, canary: 500, history: 60 };

export const watchCells: readonly Cell[] = [
  { name: "950 + 50, 0.05 %, steady", ...small, rate: 0.0005 },
  { name: "950 + 50, 0.7 %, steady", ...small, rate: 0.007 },
  { name: "950 + 50, 0.05 %, bursts of exactly 8", ...small, rate: 0.0005, burst: 8, sizes: "fixed" },
  { name: "950 + 50, 0.7 %, bursts of exactly 8", ...small, rate: 0.007, burst: 8, sizes: "fixed" },
  {
    name: "950 + 50, 0.7 %, bursts of exactly 8, no history",
    ...small,
    rate: 0.007,
    burst: 8,
    sizes: "fixed",
    history: 0,
  },
  { name: "500 + 500, 0.05 %, bursts of exactly 8", ...even, rate: 0.0005, burst: 8, sizes: "fixed" },
  { name: "500 + 500, 0.7 %, bursts of exactly 8", ...even, rate: 0.007, burst: 8, sizes: "fixed" },
  { name: "500 + 500, 0.7 %, bursts of 10 over 3 min", ...even, rate: 0.007, burst: 10, lasting: 3 },
];

export interface WatchTally {
  readonly cell: string;
  readonly factor: number;
  readonly runs: number;
  readonly rolledBack: number;
  readonly promoted: number;
}

/** How whole watches end. */
export function wholeWatches(runs: number, seed: number): readonly WatchTally[] {
  return watchCells.flatMap((cell, c) =>
    [1, 5].map((factor) => {
      const random = createRandom(seed + 100 * c + factor);
      const ends = Array.from({ length: runs }, () => end(simulate(cell, 2 * length, factor, random), cell));
      const count = (action: Decision["action"]) => ends.filter((one) => one === action).length;
      return { cell: cell.name, factor, runs, rolledBack: count("rollback"), promoted: count("promote") };
    }),
  );
}

function end(minutes: readonly Minute[], { history }: Cell): Decision["action"] {
  const deployedAt = 1000 * minuteMs;
  let state = begin(policy, { deployedAt, now: deployedAt, version: null });
  for (let passed = 1; passed <= 2 * length; passed++) {
    const at = deployedAt + passed * minuteMs;
    const range = rangeNeeded(policy, state, at);
    const answer = (arm: "baseline" | "canary"): WatchLook["answers"][number] => {
      const buckets: (Counts & { start: number })[] = [];
      for (let start = range.from; start < range.to; start += minuteMs) {
        const since = (start - deployedAt) / minuteMs;
        const counts = minutes[since + history]?.[arm];
        if (counts && (arm === "baseline" || since >= 0)) buckets.push({ start, ...counts });
      }
      const query = { id: "bench/errors", kind: "errors" as const, arm };
      return { query, answer: { state: "counts", range, buckets, sent: [], tookMs: 0 } };
    };
    const stepped = step(policy, state, { at, answers: [answer("baseline"), answer("canary")] });
    if (stepped.decision.final) return stepped.decision.action;
    state = stepped.state;
  }
  throw new Error("the watch does not end");
}
