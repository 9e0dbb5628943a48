import {
  createPolicy,
  defaultCriteria,
  defaultJudge,
  defaultTimes,
  type WatchPolicy,
} from "../../../src/watch/policy.ts";
import { rangeNeeded, type WatchLook, type WatchState } from "../../../src/watch/state.ts";
import { begin, rangeBefore, step } from "../../../src/watch/step.ts";
import { minuteMs } from "../../../src/watch/time.ts";
import type { Answer, Arm, Decision, TimeRange } from "../../../src/watch/types.ts";

/** Requests and bad ones, or a level; null where there is nothing. Text where JSON has no number: "NaN". */
export type Cell = readonly [number | string, number | string] | number | null;

/** A stretch as it was recorded, and what a careful human makes of it. Minutes count from the deploy's first whole one. */
export interface Case {
  readonly name: string;
  readonly human: string;
  readonly deployedAt: string;
  readonly forMinutes: number;
  readonly judge?: boolean;
  /** Looks of these minutes find the source in error. */
  readonly down?: readonly (readonly [number, number])[];
  /** Looks of these minutes do not happen. */
  readonly blind?: readonly (readonly [number, number])[];
  /** So much later (earlier) a minute is there, by our clock. */
  readonly lateMinutes?: number;
  /** The newest minute is there in half only, without its bad requests. */
  readonly halfFirst?: boolean;
  readonly before?: "breach";
  readonly expect: {
    readonly action: Decision["action"];
    /** The watch ends within these minutes after the deploy. */
    readonly minute: readonly [number, number];
    readonly signal?: string;
  };
  readonly firstMinute: number;
  readonly signals: Readonly<Record<string, Partial<Record<Arm, readonly Cell[]>>>>;
}

export function policyOf({ forMinutes, judge }: Pick<Case, "forMinutes" | "judge">): WatchPolicy {
  const criteria = defaultCriteria("shop");
  return createPolicy({
    ...defaultTimes,
    criteria,
    judge: judge ? defaultJudge(criteria) : null,
    forMs: forMinutes * minuteMs,
  });
}

/** Sources have a minute some seconds after it is over. */
const afterMs = 16_000;

export interface Played {
  readonly decision: Decision;
  /** Whole minutes after the deploy at the last look. */
  readonly minute: number;
  readonly states: readonly WatchState[];
  readonly decisions: readonly Decision[];
}

/** Looks every minute until the watch is over; through JSON each time, as if every look were another process. */
export function play(one: Case, policy = policyOf(one)): Played {
  const deployedAt = Date.parse(one.deployedAt);
  const first = Math.ceil(deployedAt / minuteMs) * minuteMs;
  let state = begin(policy, { deployedAt, now: deployedAt, version: "v1.2.3" });
  const states: WatchState[] = [];
  const decisions: Decision[] = [];
  for (let minute = 1; minute <= 200; minute++) {
    if (one.blind?.some(([from, to]) => minute >= from && minute < to)) continue;
    const at = first + minute * minuteMs + afterMs;
    const { state: next, decision } = step(policy, state, lookOf(one, at, rangeNeeded(policy, state, at)));
    state = JSON.parse(JSON.stringify(next)) as WatchState;
    states.push(state);
    decisions.push(decision);
    if (decision.final) return { decision, minute, states, decisions };
  }
  throw new Error(`${one.name}: the watch does not end`);
}

/** What a look finds so many minutes after the deploy, an hour back. */
export function lookAtMinute(one: Case, minute: number): WatchLook {
  const first = Math.ceil(Date.parse(one.deployedAt) / minuteMs) * minuteMs;
  const at = first + minute * minuteMs + afterMs;
  const to = Math.floor(at / minuteMs) * minuteMs;
  return lookOf(one, at, { from: to - 75 * minuteMs, to });
}

/** What was there just before the deploy. */
export function lookBefore(one: Case, policy = policyOf(one)): WatchLook {
  const at = Date.parse(one.deployedAt);
  return lookOf(one, at, rangeBefore(policy, at));
}

function lookOf(one: Case, at: number, range: TimeRange): WatchLook {
  const first = Math.ceil(Date.parse(one.deployedAt) / minuteMs) * minuteMs;
  const minute = Math.round((at - afterMs - first) / minuteMs);
  const down = one.down?.some(([from, to]) => minute >= from && minute < to);
  const answers = Object.entries(one.signals).flatMap(([id, arms]) =>
    Object.entries(arms).map(([arm, cells]) => {
      const kind = id.endsWith("saturation") ? "saturation" : id.endsWith("latency") ? "latency" : "errors";
      const threshold = kind === "latency" ? { thresholdSeconds: 1.5 } : {};
      const query = { id, kind, arm: arm as Arm, ...threshold } as const;
      const asked = { sent: [`${id} of ${arm}`], tookMs: 3 };
      const answer: Answer = down
        ? { ...asked, state: "telemetry-error", why: "connection refused" }
        : { ...asked, ...bucketsOf(one, cells, first, range, kind === "saturation") };
      return { query, answer };
    }),
  );
  return { at, answers };
}

function bucketsOf(one: Case, cells: readonly Cell[], first: number, range: TimeRange, levels: boolean) {
  const late = (one.lateMinutes ?? 0) * minuteMs;
  const newest = range.to - late;
  const start = (i: number) => first + (one.firstMinute + i) * minuteMs;
  const inRange = cells
    .map((cell, i) => ({ start: start(i), cell }))
    .filter((bucket) => bucket.start >= range.from && bucket.start < newest && bucket.cell !== null);
  if (inRange.length === 0) return { state: "no-data", why: "no series" } as const;
  if (levels) {
    const buckets = inRange.map(({ start: at, cell }) => ({ start: at, level: Number(cell) }));
    return { state: "levels", range, buckets } as const;
  }
  const buckets = inRange.map(({ start: at, cell }) => {
    const [total, bad] = (cell as readonly [number, number]).map(Number) as [number, number];
    const half = one.halfFirst && at + minuteMs === newest;
    return { start: at, total: half ? Math.floor(total / 2) : total, bad: half ? 0 : bad };
  });
  return { state: "counts", range, buckets } as const;
}
