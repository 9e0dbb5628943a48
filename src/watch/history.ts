import type { WatchLook } from "./state.ts";
import { historyMs, minuteMs } from "./time.ts";
import type { Decision, SignalQuery } from "./types.ts";

/** A minute of a signal, or several that were put together. */
export interface Point {
  readonly start: number;
  /** Requests and the bad ones among them; null for levels. */
  readonly total: number | null;
  readonly bad: number | null;
  /** 0 to 1: the part that is bad, or the level. Null without requests. */
  readonly value: number | null;
}

export interface Series {
  readonly query: Pick<SignalQuery, "id" | "kind" | "service" | "arm" | "thresholdSeconds">;
  readonly points: readonly Point[];
}

/** How the evidence on one metric has grown. */
export interface Trail {
  readonly metric: string;
  readonly bound: number;
  readonly points: readonly { readonly at: number; readonly lnAbort: number; readonly lnPromote: number }[];
}

/** What was seen, for people to look at. No decision is made of it. */
export interface History {
  /** Takes what a look has brought; a minute that comes again is corrected. */
  add(queries: readonly SignalQuery[], answers: WatchLook["answers"]): void;
  /** Takes what was made of it. */
  weigh(decision: Decision): void;
  /** For people: from a little before the deploy on. */
  series(): readonly Series[];
  trails(): readonly Trail[];
  /** For a later replay: every minute since the hour before the deploy; null where some were put together by now. */
  exact(): readonly Series[] | null;
}

/** Shown besides. */
const leadMs = 10 * minuteMs;

/** A minute that is older than this is not corrected any more. */
const exactMinutes = 240;

interface Remembered {
  readonly query: Series["query"];
  readonly recent: Map<number, Point>;
  old: Point[];
}

/**
 * Remembers a bounded number of points a signal, however long it is watched: what is old is put together.
 * @param deployedAt milliseconds since 1970
 * @param most points of what is old
 */
export function createHistory(deployedAt: number, most = 240): History {
  const all = new Map<string, Remembered>();
  const trails = new Map<string, { bound: number; points: Trail["points"][number][] }>();
  const first = Math.floor((deployedAt - historyMs) / minuteMs) * minuteMs;
  const shownFrom = deployedAt - leadMs;

  function take(signal: Remembered, point: Point): void {
    const newestOld = signal.old.at(-1);
    if (point.start < first || (newestOld && point.start <= newestOld.start)) return;
    signal.recent.set(point.start, point);
  }

  function shrink(signal: Remembered): void {
    if (signal.recent.size <= exactMinutes) return;
    const inOrder = [...signal.recent.values()].sort((a, b) => a.start - b.start);
    for (const point of inOrder.slice(0, inOrder.length - exactMinutes)) {
      signal.recent.delete(point.start);
      signal.old.push(point);
    }
    if (signal.old.length > most) signal.old = pairs(signal.old);
  }

  return {
    add(queries, answers) {
      for (const [i, query] of queries.entries()) {
        const answer = answers[i]?.answer;
        const key = `${query.id} ${query.arm}`;
        const signal = all.get(key) ?? { query: about(query), recent: new Map(), old: [] };
        all.set(key, signal);
        if (answer?.state === "counts")
          for (const { start, total, bad } of answer.buckets) take(signal, counted(start, total, bad));
        if (answer?.state === "levels")
          for (const { start, level } of answer.buckets)
            take(signal, { start, total: null, bad: null, value: level });
        shrink(signal);
      }
    },
    weigh({ at, evidence }) {
      for (const { metric, bound, lnAbort, lnPromote } of evidence) {
        const trail = trails.get(metric) ?? { bound, points: [] };
        trails.set(metric, trail);
        trail.points.push({ at, lnAbort, lnPromote });
        // The newest stays, and of what is old every other one.
        if (trail.points.length > most)
          trail.points = trail.points.filter((_, i) => i % 2 === 0 || i === most);
      }
    },
    trails: () => [...trails].map(([metric, { bound, points }]) => ({ metric, bound, points })),
    series: () =>
      [...all.values()].map((signal) => ({
        query: signal.query,
        points: pointsOf(signal).filter(({ start }) => start >= shownFrom),
      })),
    exact() {
      const signals = [...all.values()];
      if (signals.some(({ old }) => old.length > 0)) return null;
      return signals.map((signal) => ({ query: signal.query, points: pointsOf(signal) }));
    },
  };
}

function pointsOf({ old, recent }: Remembered): Point[] {
  return [...old, ...[...recent.values()].sort((a, b) => a.start - b.start)];
}

function about({ id, kind, service, arm, thresholdSeconds }: SignalQuery): Series["query"] {
  return { id, kind, service, arm, ...(thresholdSeconds === undefined ? {} : { thresholdSeconds }) };
}

function counted(start: number, total: number, bad: number): Point {
  return { start, total, bad, value: total > 0 ? bad / total : null };
}

/** Two points as one: counts are added up, of levels the higher one stays. */
function pairs(points: readonly Point[]): Point[] {
  const joined: Point[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [one, other] = [points[i], points[i + 1]];
    if (!one) continue;
    if (!other) joined.push(one);
    else if (one.total === null || other.total === null)
      joined.push({ ...one, value: Math.max(one.value ?? 0, other.value ?? 0) });
    else joined.push(counted(one.start, one.total + other.total, (one.bad ?? 0) + (other.bad ?? 0)));
  }
  return joined;
}
