import { type Counts, type Floors, pool } from "../../core/burn.ts";
import { count } from "../../core/text.ts";
import type { LatencyCriterion, SaturationCriterion } from "../policy.ts";
import { between, type Series } from "../series.ts";
import type { Streak } from "../state.ts";
import { minuteMs } from "../time.ts";
import { amount, percent } from "../words.ts";
import { minutesNeeded } from "./fold.ts";
import { type Moment, type Outcome, outcomesOf, round, tailMinutes } from "./outcome.ts";
import { allowed, type CountCriterion } from "./rule.ts";

/** So many consecutive minutes above the threshold. The floors are for the whole stretch, so that a quiet service is judged later, not never. */
export function latency(
  criterion: LatencyCriterion,
  streak: Streak,
  series: Series<Counts>,
  moment: Moment,
): Outcome {
  const needed = minutesNeeded(criterion);
  const window = pool(between(series, Math.max(moment.first, moment.to - criterion.forMs), moment.to));
  const limit = allowed(criterion);
  const long = streak.minutes >= needed;
  const { thresholdSeconds, percentile } = criterion;
  const floors = floorsOf(criterion, moment);
  const arithmetic = {
    thresholdSeconds,
    allowed: limit,
    minutes: streak.minutes,
    needed,
    streakRequests: round(streak.total),
    streakSlower: round(streak.bad),
    windowRequests: round(window.total),
    windowSlower: round(window.bad),
    floorRequests: floors.requests,
    floorSlower: round(floors.bad),
  };
  const of = (counts: Counts) =>
    `${percent(counts.total > 0 ? counts.bad / counts.total : 0)} of ${amount(counts.total)} requests slower`;
  const name = `p${percentile} above ${thresholdSeconds} s`;
  const rate = long ? streak.bad / streak.total : window.total > 0 ? window.bad / window.total : null;
  const make = outcomesOf({ arithmetic, rate, counts: long ? streak : window });
  if (long && enough(streak, floors))
    return make("breach", `${name} for ${count(streak.minutes, "consecutive minute")}: ${of(streak)}`);
  const gap = missing(series, moment);
  if (gap !== null) return make(gap.state, gap.message);
  if (long) {
    const far = `${name} for ${count(streak.minutes, "minute")}, but`;
    return streak.total < floors.requests
      ? make("no-data", `${far} ${thin(streak, floors)}`)
      : make("ok", `${far} too few to be a breach: ${of(streak)}`, true);
  }
  if (window.total < floors.requests) return make("no-data", thin(window, floors));
  if (streak.minutes > 0)
    return make("ok", `${name} for ${streak.minutes} of ${count(needed, "minute")}: ${of(streak)}`, true);
  return make("ok", `p${percentile} at most ${thresholdSeconds} s: ${of(window)}`);
}

/** Each of so many consecutive minutes above the level. */
export function saturation(
  criterion: SaturationCriterion,
  streak: Streak,
  series: Series<number>,
  moment: Moment,
): Outcome {
  const needed = minutesNeeded(criterion);
  const levels = between(series, Math.max(moment.first, moment.to - criterion.forMs), moment.to);
  const highest = Math.max(0, ...levels);
  const mean = streak.minutes > 0 ? streak.bad / streak.minutes : null;
  const arithmetic = {
    above: criterion.above,
    minutes: streak.minutes,
    needed,
    highest: round(highest),
    ...(mean === null ? {} : { streakMean: round(mean) }),
  };
  const rate = mean ?? (levels.length > 0 ? highest : null);
  const make = outcomesOf({ arithmetic, rate, counts: null });
  const name = `saturation above ${percent(criterion.above)}`;
  if (mean !== null && streak.minutes >= needed)
    return make(
      "breach",
      `${name} for ${count(streak.minutes, "consecutive minute")}: ${percent(mean)} on average`,
    );
  const gap = missing(series, moment);
  if (gap !== null) return make(gap.state, gap.message);
  if (mean !== null)
    return make("ok", `${name} for ${streak.minutes} of ${count(needed, "minute")}: ${percent(mean)}`, true);
  return make("ok", `saturation at most ${percent(highest)}`);
}

/** Bad requests that befall together count as one. */
export function floorsOf({ floors }: CountCriterion, { together }: Moment): Floors {
  return { requests: floors.requests, bad: floors.bad * together };
}

function enough(counts: Counts, floors: Floors): boolean {
  return counts.total >= floors.requests && counts.bad >= floors.bad;
}

/** Why that is too little to go by. */
export function thin(counts: Counts, floors: Floors): string {
  return `too few requests to say: ${amount(counts.total)}, of the ${amount(floors.requests)} that it takes`;
}

/** Whether the newest minutes are missing, and as what. */
export function missing<T>(
  series: Series<T>,
  { first, to }: Moment,
): { readonly state: "no-data" | "telemetry-error"; readonly message: string } | null {
  const from = Math.max(first, to - tailMinutes * minuteMs);
  if (to <= first) return { state: "no-data", message: "no whole minute has passed since the deploy" };
  for (let start = from; start < to; start += minuteMs) if (has(series, start)) return null;
  for (let start = from; start < to; start += minuteMs)
    if (series.senseless.has(start)) return { state: "telemetry-error", message: series.why };
  return { state: "no-data", message: series.why || "no data, or no traffic" };
}

function has<T>(series: Series<T>, start: number): boolean {
  const value = series.minutes.get(start);
  if (value === undefined) return false;
  return typeof value !== "object" || value === null || !("total" in value) || Number(value.total) > 0;
}
