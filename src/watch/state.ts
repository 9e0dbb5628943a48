import type { Counts } from "../core/burn.ts";
import type { MetricState } from "./judge/metric.ts";
import type { WatchPolicy } from "./policy.ts";
import { firstMinute, historyMs, lastMinute } from "./time.ts";
import type { Answer, Decision, Reading, SignalQuery, TimeRange } from "./types.ts";

/** What the sources said at one moment. */
export interface WatchLook {
  /** Milliseconds since 1970, by the sources' clock where it is known. */
  readonly at: number;
  /** All whole minutes of `rangeNeeded`. */
  readonly answers: readonly {
    readonly query: Readonly<Pick<SignalQuery, "id" | "kind" | "arm">>;
    readonly answer: Answer;
  }[];
  /** What was judged elsewhere (a migration, thresholds of a load test): a breach among it is a breach. */
  readonly also?: readonly Reading[];
}

/** Where a criterion stands, by minutes that will not change any more. Bounded, whatever the length of the watch. */
export interface CriterionState {
  /** Every minute before this one is in here, and never looked at again. */
  readonly judgedTo: number;
  /** Consecutive minutes in breach; minutes without data neither count nor reset. */
  readonly streak: Streak;
  /** Consecutive minutes that were well. */
  readonly well: number;
  /** The most of them that there ever were: enough of them end what was before the deploy. */
  readonly longestWell: number;
  /** Minutes since the deploy of which nothing is known. */
  readonly unknown: number;
  /** Since when the source has been in error; null while it is not. */
  readonly telemetrySince: number | null;
  /** How it was just before the deploy; null until that is known. */
  readonly origin: Origin | null;
}

export interface Streak extends Counts {
  readonly minutes: number;
}

/** T−0. */
export interface Origin {
  /** `burning`: it was so already. `excused` lapses when it has recovered since. */
  readonly state: "ok" | "burning" | "unknown" | "recovered";
  /** The worst rate (0 to 1) that led up to the deploy; the level, of saturation. */
  readonly rate: number;
  /** The burn over the criterion's longest window at T−0, for the receipt; null where it is none or there was no traffic. */
  readonly burn: number | null;
  /** Of the criterion's own stretch; null of levels. */
  readonly counts: Counts | null;
  /** Of a burn's longest window; null of others. */
  readonly lead: Counts | null;
}

/** The whole watch so far. Plain JSON: saved after each look, and gone on from by another process. */
export interface WatchState {
  readonly format: 1;
  /** The digest of the policy that it was made with. */
  readonly policy: string;
  readonly version: string | null;
  readonly deployedAt: number;
  readonly startedAt: number;
  /** Of the newest look; `startedAt` before the first. */
  readonly at: number;
  readonly criteria: Readonly<Record<string, CriterionState>>;
  readonly judge: Readonly<Record<string, MetricState>>;
  /** Set when the watch is over. */
  readonly decision: Decision | null;
}

/** Whether a state that was saved can be gone on from under this policy. */
export function fits(policy: WatchPolicy, state: WatchState): boolean {
  return state.format === 1 && state.policy === policy.digest;
}

/** The whole minutes that the next look must bring: no more than the widest window, and what led up to the deploy until that is known. */
export function rangeNeeded(policy: WatchPolicy, state: WatchState, now: number): TimeRange {
  const first = firstMinute(state.deployedAt);
  const to = Math.max(lastMinute(Math.max(now, state.at)), first);
  const froms = policy.criteria.map((criterion) => {
    const own = state.criteria[criterion.id];
    const window = windowMs(criterion);
    if (own === undefined || own.origin === null)
      return lastMinute(state.deployedAt) - Math.max(window, historyMs);
    return Math.min(own.judgedTo, Math.max(first, to - window));
  });
  const judged = Object.values(state.judge).map(({ judgedTo, history }) =>
    history ? judgedTo : lastMinute(state.deployedAt) - historyMs,
  );
  return { from: Math.min(to, ...froms, ...judged), to };
}

export function windowMs(criterion: WatchPolicy["criteria"][number]): number {
  switch (criterion.kind) {
    case "errors":
      return criterion.overMs;
    case "burn":
      return Math.max(...criterion.pairs.map(({ longMs }) => longMs));
    default:
      return criterion.forMs;
  }
}
