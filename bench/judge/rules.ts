import { burnPresets, type Counts, type Floors, pool } from "../../src/core/burn.ts";
import { type Criterion, createPolicy, defaultFloors, defaultTimes } from "../../src/watch/policy.ts";
import { rangeNeeded, type WatchLook } from "../../src/watch/state.ts";
import { begin, step } from "../../src/watch/step.ts";
import { minuteMs } from "../../src/watch/time.ts";
import { createRandom, type Random } from "./random.ts";

/** A rule, and how bad a service truly is that must not trip it. */
export interface Rule {
  readonly name: string;
  readonly rate: number;
  readonly criterion: (floors: Floors) => Criterion;
  /** The same rule as a dashboard draws it: no floors, whatever the window holds so far. */
  readonly plain: (minutes: readonly Counts[], at: number) => boolean;
}

const about = { id: "bench", service: "bench", signal: "bench" } as const;
const share = (counts: readonly Counts[]) => {
  const { total, bad } = pool(counts);
  return total > 0 ? bad / total : 0;
};

export const rules: readonly Rule[] = [
  {
    name: "errors > 2 % over 5 min, at a true 0.5 %",
    rate: 0.005,
    criterion: (floors) => ({ ...about, kind: "errors", above: 0.02, overMs: 5 * minuteMs, floors }),
    plain: (minutes, at) => share(minutes.slice(Math.max(0, at - 5), at)) > 0.02,
  },
  {
    name: "p95 > 1.5 s for 5 min, at a true 2 % slower",
    rate: 0.02,
    criterion: (floors) => ({
      ...about,
      kind: "latency",
      thresholdSeconds: 1.5,
      percentile: 95,
      forMs: 5 * minuteMs,
      floors,
    }),
    plain: (minutes, at) =>
      at >= 5 && minutes.slice(at - 5, at).every(({ total, bad }) => total > 0 && bad / total > 0.05),
  },
  {
    name: "burn > 2 over 10 min and 1 h, at a true burn of 1",
    rate: 0.001,
    criterion: (floors) => ({ ...about, kind: "burn", objective: 0.999, pairs: burnPresets.fast, floors }),
    plain: (minutes, at) =>
      share(minutes.slice(Math.max(0, at - 10), at)) > 0.002 &&
      share(minutes.slice(Math.max(0, at - 60), at)) > 0.002,
  },
];

export const traffic = [1, 5, 20, 100, 500, 2000, 10_000] as const;

export interface FalseTriggers {
  readonly rule: string;
  readonly requests: number;
  readonly runs: number;
  /** Watches of an hour that the rule ended, of `runs`. */
  readonly ours: number;
  readonly plain: number;
}

/** How often a healthy service is rolled back within an hour, with a look each minute. */
export function falseTriggers(runs: number, seed: number): readonly FalseTriggers[] {
  return rules.flatMap((rule, r) =>
    traffic.map((requests, t) => {
      const random = createRandom(seed + 1000 * r + t);
      let [own, plain] = [0, 0];
      for (let run = 0; run < runs; run++) {
        const minutes = healthy(requests, rule.rate, random);
        if (minutes.some((_, i) => rule.plain(minutes, i + 1))) plain += 1;
        if (rollsBack(rule.criterion(defaultFloors), minutes)) own += 1;
      }
      return { rule: rule.name, requests, runs, ours: own, plain };
    }),
  );
}

function healthy(requests: number, rate: number, random: Random): readonly Counts[] {
  return Array.from({ length: 60 }, () => {
    const total = random.poisson(requests);
    return { total, bad: Math.min(total, random.poisson(total * rate)) };
  });
}

/** The real thing: looks, state and all. */
function rollsBack(criterion: Criterion, minutes: readonly Counts[]): boolean {
  const forMs = minutes.length * minuteMs;
  const policy = createPolicy({ ...defaultTimes, criteria: [criterion], judge: null, forMs });
  let state = begin(policy, { deployedAt: 0, now: 0, version: null });
  for (let at = minuteMs; at <= forMs; at += minuteMs) {
    const range = rangeNeeded(policy, state, at);
    const from = Math.max(0, range.from);
    const buckets = minutes
      .slice(from / minuteMs, at / minuteMs)
      .map((counts, i) => ({ start: from + i * minuteMs, ...counts }));
    const look: WatchLook = {
      at,
      answers: [
        {
          query: { id: criterion.signal, kind: "errors", arm: "all" },
          answer: { state: "counts", range, buckets, sent: [], tookMs: 0 },
        },
      ],
    };
    const stepped = step(policy, state, look);
    if (stepped.decision.action === "rollback") return true;
    state = stepped.state;
  }
  return false;
}
