import type { Counts } from "../../core/burn.ts";
import { minuteMs } from "../time.ts";

/** How an arm's bad requests come: one by one, in bursts, in bursts that last. Sums only: it never grows. */
export interface Spread {
  readonly minutes: number;
  readonly total: number;
  readonly bad: number;
  /** Σ bad²/total of the minutes. */
  readonly squares: number;
  /** Neighbouring blocks of five minutes that had anything bad. */
  readonly pairs: number;
  /** Σ of what they differ by, squared, and Σ of what they hold. */
  readonly pairSquares: number;
  readonly pairBad: number;
  readonly open: Block | null;
  readonly previous: Block | null;
}

/** By its number since 1970, so that a gap in time is one in the blocks. */
interface Block extends Counts {
  readonly number: number;
}

const blockMs = 5 * minuteMs;

export const noSpread: Spread = {
  minutes: 0,
  total: 0,
  bad: 0,
  squares: 0,
  pairs: 0,
  pairSquares: 0,
  pairBad: 0,
  open: null,
  previous: null,
};

/** One minute with traffic. */
export function addToSpread(spread: Spread, start: number, { total, bad }: Counts): Spread {
  const number = Math.floor(start / blockMs);
  const { open } = spread;
  const same = open !== null && open.number === number;
  const before = same ? spread : closed(spread);
  return {
    minutes: spread.minutes + 1,
    total: spread.total + total,
    bad: spread.bad + bad,
    squares: spread.squares + (bad * bad) / total,
    pairs: before.pairs,
    pairSquares: before.pairSquares,
    pairBad: before.pairBad,
    open: { number, total: (same ? open.total : 0) + total, bad: (same ? open.bad : 0) + bad },
    previous: before.previous,
  };
}

/** The open block compared with its neighbour: blocks further apart may differ because the rate drifts. */
function closed(spread: Spread): Pick<Spread, "pairs" | "pairSquares" | "pairBad" | "previous"> {
  const { open, previous, pairs, pairSquares, pairBad } = spread;
  if (open === null) return spread;
  if (previous === null || previous.number + 1 !== open.number || !(open.bad + previous.bad > 0))
    return { pairs, pairSquares, pairBad, previous: open };
  const total = open.total + previous.total;
  const bad = open.bad + previous.bad;
  const off = open.bad - (open.total * bad) / total;
  return {
    pairs: pairs + 1,
    pairSquares: pairSquares + (off * off * total * total) / (open.total * previous.total),
    pairBad: pairBad + bad,
    previous: open,
  };
}

/** Few pairs make a bad estimate: it is raised by this part of itself for one pair, half of it for two. */
const caution = 4;

/** Before any pair there is, bursts are taken to last: so much more, for no pair, half of it for one. */
const foresight = 6;

/**
 * Variance over mean of the bad requests: the number of bad requests that befall together. Of the baseline, and of the
 * canary where that is more, since a burst may strike there first. Counts are divided by it before they are evidence.
 */
export function dispersion(baseline: Spread, canary: Spread): number {
  const short = ofMinutes(baseline);
  const settled = Math.max(short * (1 + foresight / (1 + baseline.pairs)), ofBlocks(baseline));
  // How long bursts last is learnt from the baseline, until the canary has blocks of its own.
  const lasting = Math.min(settled / short, 1 + foresight / (1 + canary.pairs));
  return Math.max(settled, ofMinutes(canary) * lasting, ofBlocks(canary));
}

function ofMinutes({ minutes, total, bad, squares }: Spread): number {
  if (minutes < 2 || !(bad > 0)) return 1;
  return Math.max(1, ((squares * total) / bad - bad) / (minutes - 1));
}

function ofBlocks({ pairs, pairSquares, pairBad }: Spread): number {
  return pairs > 0 ? (pairSquares / pairBad) * (1 + caution / pairs) : 0;
}
