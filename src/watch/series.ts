import type { Counts } from "../core/burn.ts";
import { count, printable } from "../core/text.ts";
import { minuteMs } from "./time.ts";
import type { Answer } from "./types.ts";

/** A signal's minutes, by their start. Whatever made no sense is not among them. */
export interface Series<T> {
  readonly state: "known" | "telemetry-error";
  readonly minutes: ReadonlyMap<number, T>;
  /** Minutes that the source spoke of without sense: NaN, less than nothing, two numbers for one minute. */
  readonly senseless: ReadonlySet<number>;
  /** Why there is an error, or nothing in the newest minutes. */
  readonly why: string;
}

/** Requests of each minute up to `now`; what is not over yet is not looked at. */
export function countSeries(answer: Answer, now: number): Series<Counts> {
  if (answer.state === "levels") return unreadable("the source answered levels where counts were asked for");
  return series(answer, now, (bucket) => {
    if (!("total" in bucket)) return null;
    const { total, bad } = bucket;
    if (!isAmount(total) || !isAmount(bad)) return null;
    // Two extrapolated counters never meet exactly; more than that is another thing's count.
    if (bad > total * 1.05 + 1) return null;
    return { total, bad: Math.min(bad, total) };
  });
}

/** The level of each minute up to `now`, 0 to 1; a little more than 1 is a place beyond its limit, a lot more is a percentage. */
export function levelSeries(answer: Answer, now: number): Series<number> {
  if (answer.state === "counts") return unreadable("the source answered counts where levels were asked for");
  return series(answer, now, (bucket) =>
    "level" in bucket && isAmount(bucket.level) && bucket.level <= 2 ? bucket.level : null,
  );
}

function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function unreadable<T>(why: string): Series<T> {
  return { state: "telemetry-error", minutes: new Map(), senseless: new Set(), why };
}

type Bucket = Extract<Answer, { buckets: unknown }>["buckets"][number];

function series<T>(answer: Answer, now: number, read: (bucket: Bucket) => T | null): Series<T> {
  if (answer.state === "telemetry-error") return unreadable(printable(answer.why));
  if (answer.state === "no-data")
    return { state: "known", minutes: new Map(), senseless: new Set(), why: printable(answer.why) };
  const minutes = new Map<number, T>();
  const senseless = new Set<number>();
  for (const bucket of answer.buckets) {
    const { start } = bucket;
    if (!Number.isSafeInteger(start) || start % minuteMs !== 0)
      return unreadable("the source answered with minutes that do not begin at a minute");
    if (start + minuteMs > now) continue;
    const value = read(bucket);
    const known = minutes.get(start);
    if (value === null || (known !== undefined && JSON.stringify(known) !== JSON.stringify(value)))
      senseless.add(start);
    else minutes.set(start, value);
  }
  for (const start of senseless) minutes.delete(start);
  const why =
    senseless.size === 0
      ? printable(answer.why ?? "")
      : `${count(senseless.size, "minute")} of what it said makes no sense`;
  return { state: "known", minutes, senseless, why };
}

/** What is in `[from, to)`, oldest first. */
export function between<T>(series: Series<T>, from: number, to: number): readonly T[] {
  const found: T[] = [];
  for (let start = from; start < to; start += minuteMs) {
    const value = series.minutes.get(start);
    if (value !== undefined) found.push(value);
  }
  return found;
}
