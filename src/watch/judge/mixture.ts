import type { Counts } from "../../core/burn.ts";

/** The multipliers that evidence is sought at, and then averaged over. */
export interface Multipliers {
  readonly r: readonly number[];
  readonly ln: readonly number[];
}

/** How much worse than allowed a canary may be, for an abort. */
export const worse = multipliers([1.25, 1.5, 2, 3, 5, 10]);
/** And how much better than allowed, for a promotion. */
export const better = multipliers([0.8, 2 / 3, 0.5, 1 / 3, 0.2, 0.1]);

function multipliers(r: readonly number[]): Multipliers {
  return { r, ln: r.map(Math.log) };
}

/**
 * What one minute says, for each multiplier r, against "the canary's rate is `ratio` times the baseline's": the
 * logarithm of a likelihood ratio given how many requests were bad in both arms together, so that what befalls both
 * arms alike cancels. Added to `sums`. Exactly nothing without traffic in both arms.
 */
export function addMinute(
  sums: readonly number[],
  { r, ln }: Multipliers,
  ratio: number,
  baseline: Counts,
  canary: Counts,
): readonly number[] {
  const bad = baseline.bad + canary.bad;
  if (!(baseline.total > 0) || !(canary.total > 0) || bad === 0) return sums;
  const expected = ratio * canary.total;
  const all = baseline.total + expected;
  // A loop over sums of numbers: this is what a look over thousands of minutes spends its time on.
  const next = sums.slice();
  for (let i = 0; i < next.length; i++)
    next[i] =
      (next[i] ?? 0) +
      bad * Math.log(all / (baseline.total + (r[i] ?? 1) * expected)) +
      canary.bad * (ln[i] ?? 0);
  return next;
}

/** ln of the mean of e to these, each first divided by the dispersion. */
export function mixture(sums: readonly number[], dispersion: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < sums.length; i++) highest = Math.max(highest, sums[i] ?? 0);
  let mean = 0;
  for (let i = 0; i < sums.length; i++) {
    const below = ((sums[i] ?? 0) - highest) / dispersion;
    if (below > negligible) mean += Math.exp(below);
  }
  return highest / dispersion + Math.log(mean / sums.length);
}

/** e to this is lost beside 1. */
const negligible = -40;

/** Against "the rate is `limit` or more": evidence that it is about a fifth of it, from all requests so far. */
export function belowLimit({ total, bad }: Counts, limit: number): number {
  const alternative = limit / 4.8;
  return bad * Math.log(alternative / limit) + (total - bad) * cleanRequest(limit);
}

/** What one clean request adds to it. */
export function cleanRequest(limit: number): number {
  return Math.log1p(-limit / 4.8) - Math.log1p(-limit);
}
