/** One minute in milliseconds: buckets, ranges and windows are multiples of it. */
export const minuteMs = 60_000;

/** Minutes younger than this may still be corrected by their source: they are judged, and judged again at the next look. */
export const settleMs = 2 * minuteMs;

/** What led up to the deploy is looked at for so long: it also tells the judge how errors cluster. */
export const historyMs = 60 * minuteMs;

/** The start of the first minute that belongs to the deploy alone: the minute it fell into is nobody's. */
export function firstMinute(deployedAt: number): number {
  return Math.ceil(deployedAt / minuteMs) * minuteMs;
}

/** The end of the newest minute that is over. */
export function lastMinute(now: number): number {
  return Math.floor(now / minuteMs) * minuteMs;
}
