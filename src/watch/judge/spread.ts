import type { Counts } from "../../core/burn.ts";
import { minuteMs } from "../time.ts";

/** Whether bad requests come one by one, in bursts, or in bursts that last. Sums and the newest blocks only: it never grows. */
export interface Spread {
  /** Neighbouring minutes. */
  readonly minutes: Differences;
  /** Neighbouring blocks of five minutes. */
  readonly near: Differences;
  /** Blocks with one between them, which no burst of some minutes reaches across. */
  readonly far: Differences;
  readonly minute: Block | null;
  readonly open: Block | null;
  readonly previous: Block | null;
  readonly beforePrevious: Block | null;
}

/** Pairs of stretches, compared. */
interface Differences {
  /** Those that had anything bad. */
  readonly pairs: number;
  /** Σ of the differences, squared. */
  readonly squares: number;
  /** Σ of what they would be if bad requests came one by one. */
  readonly expected: number;
}

/** A stretch of both arms; by its number since 1970, so that a gap in time is one in the blocks. */
interface Block {
  readonly number: number;
  readonly baseline: Counts;
  readonly canary: Counts;
}

const blockMinutes = 5;

const none: Differences = { pairs: 0, squares: 0, expected: 0 };

export const noSpread: Spread = {
  minutes: none,
  near: none,
  far: none,
  minute: null,
  open: null,
  previous: null,
  beforePrevious: null,
};

/** One minute, in which the baseline had traffic. */
export function addToSpread(spread: Spread, start: number, baseline: Counts, canary: Counts): Spread {
  const number = Math.floor(start / minuteMs);
  const minute: Block = { number, baseline, canary };
  const minutes = compare(spread.minutes, spread.minute, minute, 1);
  const block = Math.floor(number / blockMinutes);
  const { near, far, open, previous, beforePrevious } = spread;
  if (open === null || open.number === block) {
    const grown =
      open === null
        ? { number: block, baseline, canary }
        : { number: block, baseline: sum(open.baseline, baseline), canary: sum(open.canary, canary) };
    return { minutes, near, far, minute, open: grown, previous, beforePrevious };
  }
  return {
    minutes,
    near: compare(near, previous, open, 1),
    far: compare(far, beforePrevious, open, 2),
    minute,
    open: { number: block, baseline, canary },
    previous: open,
    beforePrevious: previous,
  };
}

function sum(a: Counts, b: Counts): Counts {
  return { total: a.total + b.total, bad: a.bad + b.bad };
}

/**
 * The difference of differences: how far the canary moved from one stretch to the other, less what the baseline moved.
 * What befalls both arms alike (a drift, an incident) falls out, and so does a canary that is worse all the time. Where
 * there is no canary, as before the deploy, the baseline's own difference.
 */
function compare(so: Differences, before: Block | null, now: Block, apart: number): Differences {
  if (before === null || before.number + apart !== now.number) return so;
  const one = shift(before.baseline, now.baseline);
  const baselineBad = before.baseline.bad + now.baseline.bad;
  const arms = Number(before.canary.total > 0) + Number(now.canary.total > 0);
  if (arms === 1) return so;
  if (arms === 0) return baselineBad > 0 ? add(so, one * one, baselineBad) : so;
  const weight = (before.canary.total + now.canary.total) / (before.baseline.total + now.baseline.total);
  const expected = before.canary.bad + now.canary.bad + weight * weight * baselineBad;
  if (!(expected > 0)) return so;
  const difference = shift(before.canary, now.canary) - weight * one;
  return add(so, difference * difference, expected);
}

function add(so: Differences, square: number, expected: number): Differences {
  return { pairs: so.pairs + 1, squares: so.squares + square, expected: so.expected + expected };
}

/** By how many bad requests two stretches differ, their traffic allowed for. Its variance is what they hold, times the dispersion. */
function shift(before: Counts, now: Counts): number {
  const total = before.total + now.total;
  const off = now.bad - (now.total * (before.bad + now.bad)) / total;
  return (off * total) / Math.sqrt(before.total * now.total);
}

/** Few pairs make a bad estimate: it is raised by this part of itself for one pair, half of it for two. */
const caution = { minutes: 1, blocks: 6 } as const;

/** Before there are any blocks to compare, bursts are taken to last: so much more, half of it for one pair. */
const foresight = 9;

/**
 * Variance over mean of the bad requests, that is, how many of them befall together: at least 1. Evidence is divided by it.
 */
export function dispersion({ minutes, near, far }: Spread): number {
  const short = Math.max(1, ratio(minutes, caution.minutes));
  return Math.max(
    short * (1 + foresight / (1 + near.pairs)),
    ratio(near, caution.blocks),
    ratio(far, caution.blocks),
  );
}

function ratio({ pairs, squares, expected }: Differences, careful: number): number {
  return pairs > 0 ? (squares / expected) * (1 + careful / pairs) : 0;
}
