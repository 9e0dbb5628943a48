/** Requests, and how many of them were bad. May be fractional; never negative. */
export interface Counts {
  readonly total: number;
  readonly bad: number;
}

/** What a rate must rest on before anything is said of it. */
export interface Floors {
  readonly requests: number;
  readonly bad: number;
}

export const defaultFloors: Floors = { requests: 30, bad: 5 };

/** Burning means: faster than `factor` over both windows, the long one for weight, the short one because it is so now. */
export interface BurnPair {
  readonly factor: number;
  readonly longMs: number;
  readonly shortMs: number;
}

const minute = 60_000;
const hour = 60 * minute;

/** `fast` is what a deploy is watched with; `classic-30d` the usual alerts of a 30-day budget. */
export const burnPresets = {
  fast: [{ factor: 2, longMs: hour, shortMs: 10 * minute }],
  "classic-30d": [
    { factor: 14.4, longMs: hour, shortMs: 5 * minute },
    { factor: 6, longMs: 6 * hour, shortMs: 30 * minute },
    { factor: 3, longMs: 24 * hour, shortMs: 2 * hour },
    { factor: 1, longMs: 72 * hour, shortMs: 6 * hour },
  ],
} as const satisfies Readonly<Record<string, readonly BurnPair[]>>;

/** Sums, so that a rate is always that of all requests and never a mean of rates. */
export function pool(counts: Iterable<Counts>): Counts {
  let total = 0;
  let bad = 0;
  for (const one of counts) {
    total += one.total;
    bad += one.bad;
  }
  return { total, bad };
}

/** The part that is bad; null without requests. */
export function badRate({ total, bad }: Counts): number | null {
  return total > 0 ? bad / total : null;
}

/** The part that may be bad: 1 − 0.999 is 0.001, whatever binary fractions say. */
export function errorBudget(objective: number): number {
  return Number((1 - objective).toPrecision(12));
}

/** How many times faster than the objective (0.999) allows its budget is spent; null without requests. */
export function burnRate(counts: Counts, objective: number): number | null {
  const rate = badRate(counts);
  return rate === null ? null : rate / errorBudget(objective);
}

/** What is left of the error budget of a window: 1 untouched, 0 spent, below 0 overspent; null without requests. */
export function budgetLeft(counts: Counts, objective: number): number | null {
  const burn = burnRate(counts, objective);
  return burn === null ? null : 1 - burn;
}

export interface Burn {
  /** `thin`: above, or clean, but on too few requests or bad ones to say. */
  readonly state: "ok" | "breach" | "thin";
  readonly long: number | null;
  readonly short: number | null;
}

/** One pair of windows. Both hold pooled counts. */
export function burning(
  pair: BurnPair,
  long: Counts,
  short: Counts,
  objective: number,
  floors: Floors,
): Burn {
  const burns = { long: burnRate(long, objective), short: burnRate(short, objective) };
  const above = (burn: number | null) => burn !== null && burn > pair.factor;
  const both = above(burns.long) && above(burns.short);
  if (short.total < floors.requests || (both && Math.min(long.bad, short.bad) < floors.bad))
    return { state: "thin", ...burns };
  return { state: both ? "breach" : "ok", ...burns };
}
