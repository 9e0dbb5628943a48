import type Histograms from "hdr-histogram-js/dist/Int32Histogram.js";

export const minuteMs = 60_000;
/** Minutes that are kept: what the windows of a watch reach back. */
const kept = 6 * 60;
/** Microseconds are told apart by 0.1 %, up to a minute. */
const digits = 3;
const longestMicroseconds = 60_000_000;

/** How a request ended: its status' class, or why there was none. */
export type Outcome = "2xx" | "3xx" | "4xx" | "5xx" | "no answer" | "timeout";

export type HistogramClass = (typeof Histograms)["default"];

/** Only the pure arithmetic of the library; its index would load a WebAssembly module as well. */
export async function loadHistogram(): Promise<HistogramClass> {
  const { default: found } = await import("hdr-histogram-js/dist/Int32Histogram.js");
  // Who bundles a CommonJS module may have unwrapped it already.
  return found.default ?? (found as unknown as HistogramClass);
}

/** A minute that is over: how many requests took so many microseconds; without those that were refused, or broke off. */
export interface ProbedMinute {
  readonly start: number;
  readonly total: number;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly latencies: readonly (readonly [microseconds: number, count: number])[];
}

interface OpenMinute {
  readonly histogram: InstanceType<HistogramClass>;
  readonly outcomes: Map<Outcome, number>;
  /** Begun, and not at an end. */
  pending: number;
  total: number;
}

export interface Minutes {
  /** A request that was to start at this moment (milliseconds since 1970); the function that is returned is told its end, once. */
  begin(at: number): (outcome: Outcome, tookMs: number) => void;
  /** Minutes that are over, with every request that belongs to them at its end, the oldest first. */
  whole(now: number): readonly ProbedMinute[];
}

/**
 * Counts by the minute in which a request was to start.
 * @param perMinute requests that belong into a minute: one with fewer was not probed from end to end, and is left out
 */
export function createMinutes(Histogram: HistogramClass, perMinute: number): Minutes {
  const open = new Map<number, OpenMinute>();
  const over: ProbedMinute[] = [];

  function minuteOf(at: number): OpenMinute {
    const start = Math.floor(at / minuteMs) * minuteMs;
    const known = open.get(start);
    if (known) return known;
    const histogram = new Histogram(1, longestMicroseconds, digits);
    const minute: OpenMinute = { histogram, outcomes: new Map(), pending: 0, total: 0 };
    open.set(start, minute);
    return minute;
  }

  function close(now: number): void {
    for (const [start, minute] of [...open].sort(([a], [b]) => a - b)) {
      if (now < start + minuteMs || minute.pending > 0) return;
      open.delete(start);
      const { total, outcomes } = minute;
      if (total >= Math.floor(perMinute * 0.98) - 1) {
        over.push({ start, total, outcomes, latencies: recorded(minute.histogram) });
      }
    }
    over.splice(0, over.length - kept);
  }

  return {
    begin(at) {
      const minute = minuteOf(at);
      minute.pending += 1;
      return (outcome, tookMs) => {
        minute.pending -= 1;
        minute.total += 1;
        minute.outcomes.set(outcome, (minute.outcomes.get(outcome) ?? 0) + 1);
        // A connection that is refused at once was no fast answer.
        if (outcome === "no answer") return close(at);
        const took = Math.max(1, Math.round(tookMs * 1000));
        minute.histogram.recordValue(Math.min(longestMicroseconds, took));
        close(at);
      };
    },
    whole(now) {
      close(now);
      return over;
    },
  };
}

function recorded(histogram: InstanceType<HistogramClass>): [number, number][] {
  const values: [number, number][] = [];
  const { recordedValuesIterator } = histogram;
  recordedValuesIterator.reset();
  while (recordedValuesIterator.hasNext()) {
    const { valueIteratedTo, countAddedInThisIterationStep } = recordedValuesIterator.next();
    // The lower end of what is not told apart: exactly the threshold is not above it.
    values.push([histogram.lowestEquivalentValue(valueIteratedTo), countAddedInThisIterationStep]);
  }
  return values;
}

/** Of a minute, the requests of which it is known how long they took, and which of them took longer. */
export function slowerThan(
  { latencies }: Pick<ProbedMinute, "latencies">,
  seconds: number,
): { readonly total: number; readonly bad: number } {
  const total = latencies.reduce((sum, [, n]) => sum + n, 0);
  const bad = latencies.reduce((sum, [took, n]) => (took > seconds * 1e6 ? sum + n : sum), 0);
  return { total, bad };
}

/** Requests of a minute that did not end well. */
export function badOf({ total, outcomes }: ProbedMinute): number {
  return total - (outcomes.get("2xx") ?? 0) - (outcomes.get("3xx") ?? 0);
}
