import type { Counts } from "../../core/burn.ts";
import { badRate, burnRate, pool } from "../../core/burn.ts";
import type { Criterion } from "../policy.ts";
import { between, type Series } from "../series.ts";
import { type Origin, windowMs } from "../state.ts";
import { lastMinute, minuteMs } from "../time.ts";
import { percent, span, times } from "../words.ts";
import { mayBeChance } from "./chance.ts";
import type { Outcome } from "./outcome.ts";
import { allowed, type CountCriterion, nowMs } from "./rule.ts";

/**
 * What was bad before, or is as bad without the deploy, is not its fault. It becomes its fault when the odds of a bad
 * request are more than this many times what they were: an incident drifts, but it does not treble in the minute of a deploy.
 */
const muchWorse = 3;

/** A level that stays this short must have been high this long before the deploy to be called so already. */
const levelMinutes = 3;

/** How a counted criterion stood when the deploy came. It counts as burning if any stretch that led up to it was. */
export function countOrigin(
  criterion: CountCriterion,
  subject: Series<Counts>,
  control: Series<Counts> | null,
  deployedAt: number,
): Origin | null {
  if (subject.state === "telemetry-error") return null;
  const to = lastMinute(deployedAt);
  const from = to - nowMs(criterion);
  const own = pool(between(subject, from, to)).total > 0;
  // What was deployed may have had no requests before it was: then the others tell.
  const series = own || control === null ? subject : control;
  if (series.state === "telemetry-error") return null;
  const counts = pool(between(series, from, to));
  const rate = worstLately(criterion, series, from, to);
  const lead = criterion.kind === "burn" ? pool(between(series, to - windowMs(criterion), to)) : null;
  const burn = criterion.kind === "burn" && lead ? burnRate(lead, criterion.objective) : null;
  if (rate !== null) return { state: "burning", rate, burn, counts, lead };
  const known = counts.total >= criterion.floors.requests;
  return { state: known ? "ok" : "unknown", rate: badRate(counts) ?? 0, burn, counts, lead };
}

export function levelOrigin(
  criterion: Extract<Criterion, { kind: "saturation" }>,
  series: Series<number>,
  deployedAt: number,
): Origin | null {
  if (series.state === "telemetry-error") return null;
  const to = lastMinute(deployedAt);
  const needed = Math.min(levelMinutes * minuteMs, criterion.forMs);
  const levels = between(series, to - needed, to);
  const rate = Math.max(0, ...levels);
  if (levels.length === 0) return { state: "unknown", rate, burn: null, counts: null, lead: null };
  const burning = levels.every((level) => level > criterion.above);
  return { state: burning ? "burning" : "ok", rate, burn: null, counts: null, lead: null };
}

/**
 * The worst rate of the stretches that end at `to` and are too bad on enough requests; null where none is. A stretch that
 * is shorter than the criterion's must be too bad beyond chance: of many short ones, one always is a little.
 */
function worstLately(
  criterion: CountCriterion,
  series: Series<Counts>,
  from: number,
  to: number,
): number | null {
  const limit = allowed(criterion);
  const { floors } = criterion;
  let total = 0;
  let bad = 0;
  let worst: number | null = null;
  for (let start = to - minuteMs; start >= from; start -= minuteMs) {
    const minute = series.minutes.get(start);
    total += minute?.total ?? 0;
    bad += minute?.bad ?? 0;
    const sure = start === from || evidenceAbove({ total, bad }, limit) >= Math.log(100);
    if (sure && total >= floors.requests && bad >= floors.bad && bad / total > limit)
      worst = Math.max(worst ?? 0, bad / total);
  }
  return worst;
}

/** ln of the likelihood of twice the limit, over that of the limit. */
function evidenceAbove({ total, bad }: Counts, limit: number): number {
  const twice = Math.min(2 * limit, (1 + limit) / 2);
  return bad * Math.log(twice / limit) + (total - bad) * Math.log((1 - twice) / (1 - limit));
}

/** Why a breach is not the deploy's fault; undefined where it is. */
export function countExcuse(
  criterion: CountCriterion,
  outcome: Outcome,
  origin: Origin | null,
  control: Series<Counts> | null,
  from: number,
  to: number,
  /** How many bad requests befall together, as the judge finds; null where there is nothing to compare with. */
  together: number | null,
): string | undefined {
  const now = outcome.rate ?? 1;
  const { counts } = outcome;
  if (origin?.state === "burning" && !isMuchWorse(now, origin.rate))
    return `it was so before the deploy: ${percent(origin.rate)} then, ${percent(now)} now`;
  const lead = origin?.state === "ok" ? origin.lead : null;
  if (lead && origin?.counts && counts && asEver(criterion, [lead, origin.counts], counts, together ?? 1))
    return `it was about so in the ${span(windowMs(criterion))} before the deploy: ${percent(badRate(lead) ?? 0)} then, ${percent(now)} now`;
  if (origin?.state === "ok" && origin.counts !== null && counts !== null)
    if (nearly(criterion, origin.counts, counts, together ?? 1))
      return `it was about so before the deploy: ${percent(origin.rate)} then, ${percent(now)} now`;
  if (control === null) return undefined;
  const elsewhere = worstLately(criterion, control, from, to);
  if (elsewhere !== null && !isMuchWorse(now, elsewhere))
    return `the control arm shows it too: ${percent(elsewhere)} there, ${percent(now)} here`;
  const there = pool(between(control, from, to));
  if (elsewhere === null && counts !== null && nearly(criterion, there, counts, together ?? 1))
    return `the control arm is about so too: ${percent(badRate(there) ?? 0)} there, ${percent(now)} here`;
  if (together !== null && counts !== null && mayBeChance(there, counts, together))
    return `it may be chance: ${percent(badRate(there) ?? 0)} in the control arm, ${percent(now)} here, and bad requests come ${times(together)} at a time`;
  return undefined;
}

/** Close to the limit then, and beyond it now by no more than chance would have it: nothing that a deploy has done. */
function nearly(criterion: CountCriterion, then: Counts, now: Counts, together: number): boolean {
  const { floors } = criterion;
  if (then.total < floors.requests || then.bad < floors.bad) return false;
  if (then.bad / then.total <= allowed(criterion) / 2) return false;
  return mayBeChance(then, now, together);
}

/**
 * A burn is of so few bad requests that its short window tells little: the long one before the deploy does, if bad requests
 * were no rarer at its end.
 */
function asEver(
  { floors }: CountCriterion,
  [lead, last]: readonly [Counts, Counts],
  now: Counts,
  together: number,
): boolean {
  return lead.bad >= floors.bad && [lead, last].every((then) => mayBeChance(then, now, together));
}

/** A level cannot get much worse than too high: where it was high before or is high elsewhere, nobody can tell. */
export function levelExcuse(
  criterion: Extract<Criterion, { kind: "saturation" }>,
  outcome: Outcome,
  origin: Origin | null,
  control: Series<number> | null,
  from: number,
  to: number,
): string | undefined {
  const now = outcome.rate ?? 1;
  if (origin?.state === "burning")
    return `it was so before the deploy: ${percent(origin.rate)} then, ${percent(now)} now`;
  const levels = control === null ? [] : between(control, Math.max(from, to - levelMinutes * minuteMs), to);
  if (levels.length > 0 && levels.every((level) => level > criterion.above))
    return `the control arm shows it too: ${percent(Math.max(...levels))} there, ${percent(now)} here`;
  return undefined;
}

function isMuchWorse(now: number, then: number): boolean {
  return now * (1 - then) > muchWorse * then * (1 - now);
}
