import { burning, burnRate, type Counts, errorBudget, pool } from "../../core/burn.ts";
import type { BurnCriterion, ErrorsCriterion } from "../policy.ts";
import { between, type Series } from "../series.ts";
import { amount, percent, span, times } from "../words.ts";
import { unlikelyAt } from "./chance.ts";
import { type Moment, type Outcome, outcomesOf, round } from "./outcome.ts";
import { allowed } from "./rule.ts";
import { floorsOf, missing, thin } from "./streak.ts";

/** What one window holds, clipped to the deploy. */
interface Window {
  readonly counts: Counts;
  /** The part of the window that has passed since the deploy: 1 once it is whole. */
  readonly passed: number;
}

function windowOf(series: Series<Counts>, ms: number, { first, to }: Moment): Window {
  const from = Math.max(first, to - ms);
  return { counts: pool(between(series, from, to)), passed: Math.max(0, to - from) / ms };
}

/**
 * More than so many of the requests of a window. While the window is not whole, it takes as many bad requests as would
 * still be too many if the rest of it were clean: one bad minute of five is not five bad minutes.
 */
export function errors(criterion: ErrorsCriterion, series: Series<Counts>, moment: Moment): Outcome {
  const { counts, passed } = windowOf(series, criterion.overMs, moment);
  const limit = allowed(criterion);
  const floors = floorsOf(criterion, moment);
  const rate = counts.total > 0 ? counts.bad / counts.total : null;
  const arithmetic = {
    above: limit,
    requests: round(counts.total),
    bad: round(counts.bad),
    ...(rate === null ? {} : { rate: round(rate) }),
    windowPassed: round(passed),
    floorRequests: floors.requests,
    floorBad: round(floors.bad),
  };
  const make = outcomesOf({ arithmetic, rate, counts });
  const said = `${percent(rate ?? 0)} of ${amount(counts.total)} requests failed`;
  const above = rate !== null && rate > limit;
  if (above && rate * passed > limit && counts.total >= floors.requests && counts.bad >= floors.bad)
    return make("breach", `errors above ${percent(limit)} over ${span(criterion.overMs)}: ${said}`);
  const gap = missing(series, moment);
  if (gap !== null) return make(gap.state, gap.message);
  if (counts.total < floors.requests) return make("no-data", thin(counts, floors));
  if (above && counts.bad < floors.bad)
    return make("ok", few(counts), unlikelyAt(limit, counts, moment.together));
  if (above)
    return make("ok", `${said}, above ${percent(limit)}: not yet for ${span(criterion.overMs)}`, true);
  return make("ok", `${said}, at most ${percent(limit)}`);
}

/** Any pair of windows, both above its factor. */
export function burn(criterion: BurnCriterion, series: Series<Counts>, moment: Moment): Outcome {
  const { objective } = criterion;
  const floors = floorsOf(criterion, moment);
  const pairs = criterion.pairs.map((pair) => {
    const long = windowOf(series, pair.longMs, moment);
    const short = windowOf(series, pair.shortMs, moment);
    const found = burning(pair, long.counts, short.counts, objective, floors);
    // As with errors: what has burned so far must be too much for the whole short window.
    const early = found.state === "breach" && (found.short ?? 0) * short.passed <= pair.factor;
    return { pair, long, short, found, early };
  });
  const arithmetic: Record<string, number | string> = { objective };
  for (const { pair, long, short, found } of pairs) {
    for (const [ms, { counts, passed }, value] of [
      [pair.shortMs, short, found.short],
      [pair.longMs, long, found.long],
    ] as const) {
      const name = span(ms);
      arithmetic[`requests over ${name}`] = round(counts.total);
      arithmetic[`bad over ${name}`] = round(counts.bad);
      arithmetic[`passed of ${name}`] = round(passed);
      if (value !== null) arithmetic[`burn over ${name}`] = round(value);
    }
  }
  const shortest = pairs.reduce((a, b) => (b.pair.shortMs < a.pair.shortMs ? b : a));
  const { counts } = shortest.short;
  const rate = counts.total > 0 ? counts.bad / counts.total : null;
  const make = outcomesOf({ arithmetic, rate, counts });
  const shown = ({ pair, found }: (typeof pairs)[number]) =>
    `burn ${times(found.short ?? 0)} over ${span(pair.shortMs)}, ${times(found.long ?? 0)} over ${span(pair.longMs)}`;
  const breach = pairs.find(({ found, early }) => found.state === "breach" && !early);
  if (breach) return make("breach", `${shown(breach)}, both above ${times(breach.pair.factor)}`);
  const gap = missing(series, moment);
  if (gap !== null) return make(gap.state, gap.message);
  const little = pairs.find(({ short }) => short.counts.total < floors.requests);
  if (little) return make("no-data", thin(little.short.counts, floors));
  const early = pairs.find((pair) => pair.early);
  if (early) return make("ok", `${shown(early)}: not yet for ${span(early.pair.shortMs)}`, true);
  const unlucky = pairs.filter(({ found }) => found.state === "thin");
  // The long window may know already what the short one has too few bad requests to show.
  const suspect = ({ pair, long, short }: (typeof pairs)[number]) =>
    [long, short].some((one) =>
      unlikelyAt(pair.factor * errorBudget(objective), one.counts, moment.together),
    );
  if (unlucky[0]) return make("ok", few(unlucky[0].short.counts), unlucky.some(suspect));
  return make("ok", `burn ${times(burnRate(counts, objective) ?? 0)} over ${span(shortest.pair.shortMs)}`);
}

/** Above the limit, on requests enough, and yet no breach: well, though the watch may wait until they are behind it. */
function few({ total, bad }: Counts): string {
  return `${amount(bad)} of ${amount(total)} failed: too few to be a breach`;
}
