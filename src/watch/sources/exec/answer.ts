import { parseObject } from "../../../core/json.ts";
import { printable } from "../../../core/text.ts";
import type { CountBucket, LevelBucket, SignalQuery, TimeRange } from "../../types.ts";

const minuteMs = 60_000;

/** What a program said. `wrong`: another run would say the same; it is to be mended. */
export type Told =
  | { readonly state: "counts"; readonly range: TimeRange; readonly buckets: readonly CountBucket[] }
  | { readonly state: "levels"; readonly range: TimeRange; readonly buckets: readonly LevelBucket[] }
  | { readonly state: "no-data" | "telemetry-error"; readonly why: string }
  | { readonly state: "wrong"; readonly why: string; readonly remedy?: string };

type Plain = Readonly<Record<string, unknown>>;

/** Reads a program's answer. What is outside of the range is left out. */
export function parseAnswer(text: string, kind: SignalQuery["kind"], range: TimeRange): Told {
  const json = parseObject(text);
  if (!json) return wrong(`it printed no JSON object, but ${printable(text.trim(), 100) || "nothing"}`);
  if (typeof json["noData"] === "string") return { state: "no-data", why: printable(json["noData"]) };
  if (typeof json["error"] === "string") return { state: "telemetry-error", why: printable(json["error"]) };
  const key = kind === "saturation" ? "levels" : "counts";
  const list = json[key];
  if (!Array.isArray(list)) return wrong(`its JSON has neither ${key}, nor noData, nor error`);
  const seen = new Set<number>();
  const buckets: (CountBucket & LevelBucket)[] = [];
  for (const one of list as Plain[]) {
    const bucket = bucketOf(one, kind);
    if (typeof bucket === "string") return wrong(`${printable(JSON.stringify(one), 100)}: ${bucket}`);
    if (seen.has(bucket.start)) return wrong(`two of ${new Date(bucket.start).toISOString()}`);
    seen.add(bucket.start);
    if (bucket.start >= range.from && bucket.start + minuteMs <= range.to) buckets.push(bucket);
  }
  buckets.sort((a, b) => a.start - b.start);
  if (buckets.length === 0) return { state: "no-data", why: "it told of none of these minutes" };
  return kind === "saturation"
    ? { state: "levels", range, buckets: buckets.map(({ start, level }) => ({ start, level })) }
    : { state: "counts", range, buckets: buckets.map(({ start, total, bad }) => ({ start, total, bad })) };
}

function bucketOf(one: Plain, kind: SignalQuery["kind"]): (CountBucket & LevelBucket) | string {
  const { start: at, total, bad, level } = Object(one) as Plain;
  const start = typeof at === "string" ? Date.parse(at) : Number(at);
  if (!Number.isInteger(start) || start % minuteMs !== 0) {
    return "start is not the beginning of a minute (RFC 3339, or milliseconds)";
  }
  if (kind === "saturation") {
    return amount(level) ? { start, level, total: 0, bad: 0 } : "level is not a number from 0 on";
  }
  if (!amount(total) || !amount(bad)) return "total and bad are not numbers from 0 on";
  return bad > total ? "more bad ones than in all" : { start, total, bad, level: 0 };
}

function amount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function wrong(why: string): Told {
  return {
    state: "wrong",
    why,
    remedy: "see what it is asked, and is to answer, in docs/how-to/watching.md",
  };
}
