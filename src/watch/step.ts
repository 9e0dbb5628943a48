import { beginCriterion, evaluate } from "./criteria/evaluate.ts";
import { decide } from "./decide.ts";
import { beginJudge, judgeLook } from "./judge/judge.ts";
import type { WatchPolicy } from "./policy.ts";
import { fits, type WatchLook, type WatchState } from "./state.ts";
import type { Decision } from "./types.ts";

export { before, rangeBefore } from "./before.ts";

export interface WatchStart {
  /** Milliseconds since 1970. */
  readonly deployedAt: number;
  readonly now: number;
  readonly version: string | null;
  /** A look from before the deploy, for sources without a memory: how things stood at T−0. */
  readonly before?: WatchLook;
}

/** The state of a watch that has not looked yet. */
export function begin(policy: WatchPolicy, start: WatchStart): WatchState {
  const { deployedAt, now, version, before } = start;
  const criteria = policy.criteria.map((criterion) => {
    const fresh = beginCriterion(deployedAt);
    const at = deployedAt;
    const origin =
      before === undefined ? null : evaluate(criterion, fresh, before, { deployedAt, at }).state.origin;
    // Nothing known yet is asked again: the first look after the deploy may know it.
    return [criterion.id, { ...fresh, origin: origin?.state === "unknown" ? null : origin }] as const;
  });
  return {
    format: 1,
    policy: policy.digest,
    version,
    deployedAt,
    startedAt: now,
    at: now,
    criteria: Object.fromEntries(criteria),
    judge: policy.judge === null ? {} : beginJudge(policy.judge, deployedAt),
    decision: null,
  };
}

/**
 * One look: what is known now, and what to do. Looks may come late, twice, or after a restart: no minute is ever counted
 * twice, and none is lost that the look still brings. After a final decision nothing changes any more.
 * @throws TypeError for a state that was made with another policy
 */
export function step(
  policy: WatchPolicy,
  state: WatchState,
  look: WatchLook,
): { readonly state: WatchState; readonly decision: Decision } {
  if (!fits(policy, state)) throw new TypeError("the state of this watch was made with another policy");
  if (state.decision !== null) return { state, decision: state.decision };
  // A clock that was set back does not unmake a minute.
  const at = Math.max(look.at, state.at);
  const times = { deployedAt: state.deployedAt, at };
  const judgement = policy.judge === null ? null : judgeLook(policy.judge, state.judge, look, times);
  const evaluations = policy.criteria.map((criterion) => {
    const known = state.criteria[criterion.id] ?? beginCriterion(state.deployedAt);
    const compared = judgement?.evidence.find(({ metric }) => metric === criterion.signal);
    return evaluate(criterion, known, look, times, compared?.dispersion);
  });
  const decision = decide(policy, state, at, evaluations, look.also ?? [], judgement);
  return {
    decision,
    state: {
      ...state,
      at,
      criteria: Object.fromEntries(evaluations.map(({ criterion, state: own }) => [criterion.id, own])),
      judge: judgement?.states ?? {},
      decision: decision.final ? decision : null,
    },
  };
}
