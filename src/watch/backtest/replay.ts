import { type Criterion, createPolicy, queriesNeeded, type WatchPolicy } from "../policy.ts";
import { rangeNeeded } from "../state.ts";
import { begin, step } from "../step.ts";
import { firstMinute, minuteMs } from "../time.ts";
import type { Decision } from "../types.ts";
import { lookAt, type Stretch } from "./stretch.ts";

/** What a policy would have done with one stretch. */
export interface Replayed {
  readonly stretch: Pick<Stretch, "id" | "deployedAt" | "truth">;
  /** The last one that was made; not final where the recording ends too early. */
  readonly decision: Decision;
  /** Whole minutes after the deploy. */
  readonly minute: number;
  readonly outcome: "rollback" | "promote" | "hold" | "undecided";
  /** It rolled back what was good. */
  readonly needless: boolean;
  /** It kept what was bad. */
  readonly missed: boolean;
}

/** Watches a stretch again, a look a minute, under this policy. */
export function replayStretch(policy: WatchPolicy, stretch: Stretch): Replayed {
  const { deployedAt, until, signals, truth, id } = stretch;
  const thresholds = new Map(
    queriesNeeded(policy).flatMap((need) =>
      need.thresholdSeconds === undefined ? [] : [[need.id, need.thresholdSeconds] as const],
    ),
  );
  const first = firstMinute(deployedAt);
  let state = begin(policy, { deployedAt, now: deployedAt, version: null });
  let decision: Decision | null = null;
  let at = first + minuteMs;
  for (; decision === null || (!decision.final && at <= until); at += minuteMs)
    ({ state, decision } = step(
      policy,
      state,
      lookAt(signals, thresholds, at, rangeNeeded(policy, state, at)),
    ));
  const outcome = decision.final ? decision.action : "undecided";
  return {
    stretch: { id, deployedAt, truth },
    decision,
    minute: Math.round((decision.at - first) / minuteMs),
    outcome,
    needless: outcome === "rollback" && truth === "good",
    missed: outcome === "promote" && truth === "bad",
  };
}

export interface Backtest {
  readonly replays: readonly Replayed[];
  readonly rolledBack: number;
  readonly needless: number;
  readonly missed: number;
  readonly undecided: number;
  /** `3 of 40 would have rolled back, 2 of them needlessly; 1 bad one would have been kept`. */
  readonly message: string;
}

/** The criteria whose signal was not recorded at all: nothing can be said of them there. */
export function unrecorded(policy: WatchPolicy, { signals }: Pick<Stretch, "signals">): readonly Criterion[] {
  const there = new Set(signals.map(({ query }) => query.id));
  const missing = policy.criteria.filter(({ signal }) => !there.has(signal));
  return missing.length < policy.criteria.length ? missing : [];
}

function withoutUnrecorded(policy: WatchPolicy, stretch: Stretch): WatchPolicy {
  const missing = new Set(unrecorded(policy, stretch).map(({ signal }) => signal));
  if (missing.size === 0) return policy;
  const isThere = ({ signal }: { readonly signal: string }) => !missing.has(signal);
  const { judge } = policy;
  return createPolicy({
    ...policy,
    criteria: policy.criteria.filter(isThere),
    judge: judge && { ...judge, metrics: judge.metrics.filter(isThere) },
  });
}

/** All stretches under one policy: each by the criteria that its recording can tell of. */
export function backtest(policy: WatchPolicy, stretches: readonly Stretch[]): Backtest {
  const replays = stretches.map((stretch) => replayStretch(withoutUnrecorded(policy, stretch), stretch));
  const count = (is: (one: Replayed) => boolean) => replays.filter(is).length;
  const numbers = {
    rolledBack: count(({ outcome }) => outcome === "rollback"),
    needless: count(({ needless }) => needless),
    missed: count(({ missed }) => missed),
    undecided: count(({ outcome }) => outcome === "undecided" || outcome === "hold"),
  };
  return { replays, ...numbers, message: sentence(replays.length, numbers) };
}

function sentence(
  all: number,
  {
    rolledBack,
    needless,
    missed,
    undecided,
  }: Pick<Backtest, "rolledBack" | "needless" | "missed" | "undecided">,
): string {
  const parts = [`${rolledBack} of ${all} would have rolled back`];
  if (rolledBack > 0) parts[0] += `, ${needless === 0 ? "none" : needless} of them needlessly`;
  if (missed > 0) parts.push(`${missed} bad ${missed === 1 ? "one" : "ones"} would have been kept`);
  if (undecided > 0) parts.push(`${undecided} would have ended without knowing`);
  return parts.join("; ");
}
