import { type Counts, pool } from "../../core/burn.ts";
import { armsOf } from "../arms.ts";
import type { Criterion, SaturationCriterion } from "../policy.ts";
import { between, countSeries, levelSeries, type Series } from "../series.ts";
import type { CriterionState, WatchLook } from "../state.ts";
import { firstMinute, lastMinute, minuteMs, settleMs } from "../time.ts";
import type { Answer, Reading } from "../types.ts";
import { amount } from "../words.ts";
import { countExcuse, countOrigin, levelExcuse, levelOrigin } from "./excuse.ts";
import { countMinute, foldMinutes, levelMinute, type Minute, minutesNeeded, noStreak } from "./fold.ts";
import { type Moment, type Outcome, round, tailMinutes } from "./outcome.ts";
import { type CountCriterion, nowMs, say } from "./rule.ts";
import { latency, saturation } from "./streak.ts";
import { burn, errors } from "./window.ts";

/** What one look makes of one criterion. */
export interface Evaluation {
  readonly criterion: Criterion;
  readonly reading: Reading;
  readonly state: CriterionState;
  readonly pending: boolean;
}

export interface Times {
  readonly deployedAt: number;
  readonly at: number;
}

export function beginCriterion(deployedAt: number): CriterionState {
  return {
    judgedTo: firstMinute(deployedAt),
    streak: noStreak,
    well: 0,
    longestWell: 0,
    unknown: 0,
    telemetrySince: null,
    origin: null,
  };
}

/**
 * One look at one criterion: minutes that are settled go into the state, younger ones count for this look alone. Where a
 * judge compares two arms, its dispersion is how many bad requests befall together.
 */
export function evaluate(
  criterion: Criterion,
  state: CriterionState,
  look: WatchLook,
  times: Times,
  dispersion: number | null = null,
): Evaluation {
  const { subject, control } = armsOf(look, criterion.signal);
  if (criterion.kind === "saturation") {
    const own = levelSeries(subject, times.at);
    return judge(criterion, state, own, times, {
      minute: (start) => levelMinute(criterion.above, own.minutes.get(start)),
      outcome: (streak, moment) => saturation(criterion, streak, own, moment),
      origin: () => originOfLevel(criterion, own, control, times),
      together: () => 1,
      idle: () => [],
      excuse: (outcome, origin, { first, to }) =>
        levelExcuse(criterion, outcome, origin, control && levelSeries(control, times.at), first, to),
    });
  }
  const own = countSeries(subject, times.at);
  const other = control && countSeries(control, times.at);
  // Chance is told by comparing: without requests in the other arm a criterion speaks for itself.
  const told = (first: number, to: number) => {
    const from = Math.max(first, to - nowMs(criterion));
    return other && pool(between(other, from, to)).total >= criterion.floors.requests ? dispersion : null;
  };
  return judge(criterion, state, own, times, {
    minute: (start) => countMinute(criterion, own.minutes.get(start)),
    outcome: (streak, moment) => counted(criterion, streak, own, moment),
    origin: () => countOrigin(criterion, own, other, times.deployedAt),
    excuse: (outcome, origin, { first, to }) =>
      countExcuse(
        criterion,
        outcome,
        origin,
        other,
        Math.max(first, to - nowMs(criterion)),
        to,
        told(first, to),
      ),
    together: (first, to) => told(first, to) ?? 1,
    idle: (to) => between(own, to - tailMinutes * minuteMs, to),
  });
}

function originOfLevel(
  criterion: SaturationCriterion,
  own: Series<number>,
  control: Answer | null,
  times: Times,
) {
  const origin = levelOrigin(criterion, own, times.deployedAt);
  if (origin?.state !== "unknown" || control === null) return origin;
  return levelOrigin(criterion, levelSeries(control, times.at), times.deployedAt);
}

function counted(
  criterion: CountCriterion,
  streak: CriterionState["streak"],
  series: Series<Counts>,
  moment: Moment,
): Outcome {
  switch (criterion.kind) {
    case "latency":
      return latency(criterion, streak, series, moment);
    case "errors":
      return errors(criterion, series, moment);
    case "burn":
      return burn(criterion, series, moment);
  }
}

/** Known to be none, which is more than that nothing is known. */
function noRequests(criterion: Criterion, ever: boolean, origin: CriterionState["origin"]): string {
  const none = ever ? "no requests since the deploy" : `no requests in the newest ${tailMinutes} minutes`;
  const usual = (origin?.counts?.total ?? 0) / minutesNeeded(criterion);
  return usual > 0 ? `${none}; ${amount(usual)} a minute before` : none;
}

interface Parts {
  readonly minute: (start: number) => Minute | null;
  readonly outcome: (streak: CriterionState["streak"], moment: Moment) => Outcome;
  readonly origin: () => CriterionState["origin"];
  readonly together: (first: number, to: number) => number;
  /** The newest minutes of which requests are known. */
  readonly idle: (to: number) => readonly Counts[];
  readonly excuse: (outcome: Outcome, origin: CriterionState["origin"], moment: Moment) => string | undefined;
}

function judge(
  criterion: Criterion,
  state: CriterionState,
  series: Series<unknown>,
  { deployedAt, at }: Times,
  parts: Parts,
): Evaluation {
  const about = { signal: criterion.signal, criterion: say(criterion) };
  if (series.state === "telemetry-error") {
    const next = { ...state, telemetrySince: state.telemetrySince ?? at };
    const reading: Reading = { ...about, state: "telemetry-error", message: series.why, arithmetic: {} };
    return { criterion, reading, state: next, pending: false };
  }
  const first = firstMinute(deployedAt);
  const to = Math.max(lastMinute(at), first);
  const moment = { first, to, together: parts.together(first, to) };
  const settled = foldMinutes(state, Math.max(state.judgedTo, lastMinute(at - settleMs)), parts.minute);
  const now = foldMinutes(settled, moment.to, parts.minute);
  const outcome = parts.outcome(now.streak, moment);
  let origin = state.origin ?? parts.origin();
  // A whole stretch that was well ends what was before: what breaks now is new.
  if (origin?.state === "burning" && settled.longestWell >= minutesNeeded(criterion))
    origin = { ...origin, state: "recovered" };
  const excused = outcome.state === "breach" ? parts.excuse(outcome, origin, moment) : undefined;
  const newest = outcome.state === "no-data" && to > first ? parts.idle(to) : [];
  const stopped = newest.length === tailMinutes && newest.every(({ total }) => total === 0);
  const message = stopped
    ? noRequests(criterion, now.unknown * minuteMs === to - first, origin)
    : outcome.message;
  return {
    criterion,
    reading: {
      ...about,
      state: outcome.state,
      message,
      arithmetic: {
        ...outcome.arithmetic,
        ...(moment.together === 1 ? {} : { "bad at a time": round(moment.together) }),
        ...(origin === null ? {} : { "before the deploy": origin.state, "rate before": origin.rate }),
        ...(origin === null || origin.burn === null ? {} : { "burn before": origin.burn }),
      },
      ...(excused === undefined ? {} : { excused }),
    },
    state: {
      ...settled,
      telemetrySince: outcome.state === "telemetry-error" ? (state.telemetrySince ?? at) : null,
      origin,
    },
    pending: outcome.pending,
  };
}
