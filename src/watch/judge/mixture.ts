import type { Counts } from "../../core/burn.ts";

/** How much worse than allowed a canary may be: evidence for an abort is sought at each, and averaged. */
export const worse = [1.25, 1.5, 2, 3, 5, 10] as const;
/** And how much better than allowed, for a promotion. */
export const better = [0.8, 2 / 3, 0.5, 1 / 3, 0.2, 0.1] as const;

/**
 * What one minute says, for each multiplier r, against "the canary's rate is `ratio` times the baseline's": the
 * logarithm of a likelihood ratio given how many requests were bad in both arms together, so that what befalls both
 * arms alike cancels. Added to `sums`. Exactly nothing without traffic in both arms.
 */
export function addMinute(
  sums: readonly number[],
  multipliers: readonly number[],
  ratio: number,
  baseline: Counts,
  canary: Counts,
): readonly number[] {
  if (!(baseline.total > 0) || !(canary.total > 0)) return sums;
  const bad = baseline.bad + canary.bad;
  if (bad === 0) return sums;
  const expected = ratio * canary.total;
  const all = baseline.total + expected;
  return sums.map((sum, i) => {
    const r = multipliers[i] ?? 1;
    return sum + bad * Math.log(all / (baseline.total + r * expected)) + canary.bad * Math.log(r);
  });
}

/** ln of the mean of e to these, each first divided by the dispersion. */
export function mixture(sums: readonly number[], dispersion: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const sum of sums) if (sum > highest) highest = sum;
  highest /= dispersion;
  let mean = 0;
  for (const sum of sums) mean += Math.exp(sum / dispersion - highest);
  return highest + Math.log(mean / sums.length);
}

/** Against "the rate is `limit` or more": evidence that it is about a fifth of it, from all requests so far. */
export function belowLimit({ total, bad }: Counts, limit: number): number {
  const alternative = limit / 4.8;
  return bad * Math.log(alternative / limit) + (total - bad) * cleanRequest(limit);
}

/** What one clean request adds to it. */
export function cleanRequest(limit: number): number {
  return Math.log1p(-limit / 4.8) - Math.log1p(-limit);
}
