import type { Counts } from "../../core/burn.ts";
import { minuteMs } from "../time.ts";

/** How an arm's bad requests cluster, seen at one length of block. Sums only: it never grows. */
export interface Spread {
  /** Minutes a block. */
  readonly length: number;
  /** Neighbouring blocks that were compared and had anything bad. */
  readonly pairs: number;
  /** Σ of squared differences between neighbours, each in units of what one bad request more or less makes. */
  readonly squares: number;
  /** Σ of the bad requests of both. */
  readonly bad: number;
  /** The block that is being filled, by its number since 1970, so that a gap ends a block. */
  readonly open: Block | null;
  readonly previous: Block | null;
}

interface Block extends Counts {
  readonly number: number;
  readonly minutes: number;
}

export function emptySpread(length: number): Spread {
  return { length, pairs: 0, squares: 0, bad: 0, open: null, previous: null };
}

/**
 * Variance over mean is what neighbouring blocks differ by, squared, against what they hold: 1 where bad requests come
 * one by one, more where they come in clusters. Neighbours, because a rate that drifts is no cluster.
 */
export function addToSpread(spread: Spread, start: number, counts: Counts): Spread {
  const number = Math.floor(start / minuteMs / spread.length);
  if (spread.open !== null && spread.open.number === number) {
    const { open } = spread;
    return {
      ...spread,
      open: {
        ...open,
        minutes: open.minutes + 1,
        total: open.total + counts.total,
        bad: open.bad + counts.bad,
      },
    };
  }
  return { ...closed(spread), open: { number, minutes: 1, total: counts.total, bad: counts.bad } };
}

/** With the open block counted, if it is full. */
function closed(spread: Spread): Spread {
  const { open, previous } = spread;
  if (open === null || open.minutes < spread.length || !(open.total > 0)) return { ...spread, open: null };
  const next = { ...spread, open: null, previous: open };
  if (previous === null || previous.number + 1 !== open.number) return next;
  const bad = open.bad + previous.bad;
  if (!(bad > 0)) return next;
  const total = open.total + previous.total;
  const off = open.bad - (open.total * bad) / total;
  return {
    ...next,
    pairs: spread.pairs + 1,
    squares: spread.squares + (off * off * total * total) / (open.total * previous.total),
    bad: spread.bad + bad,
  };
}

/** Minutes: errors that come in one burst, and those of a burst that lasts. */
export const spreadLengths = [1, 2, 5] as const;

/** An estimate from few pairs is a guess: it is raised by this part of itself, over the pairs. */
const caution = 3;

/** By how much an arm's bad requests vary more than if they came one by one; at least 1. */
export function dispersion(spreads: readonly Spread[]): number {
  let highest = 1;
  for (const { pairs, squares, bad } of spreads)
    if (bad > 0) highest = Math.max(highest, (squares / bad) * (1 + caution / pairs));
  return highest;
}
