import type { Sample } from "../../../clients/prometheus/types.ts";
import type { CountBucket, LevelBucket } from "../../types.ts";
import { minuteMs } from "./minutes.ts";
import type { Plan } from "./plan.ts";

type Samples = readonly Sample[] | undefined;

interface Buckets<Bucket> {
  readonly buckets: readonly Bucket[];
  /** Which minutes are NaN: any, the newest ones. */
  readonly nan: "some" | "newest" | null;
  /** Why they make no sense. */
  readonly nonsense?: string;
}

/** What the samples of a plan come to. Minutes without a number are left out; `why`, where those are the newest. */
export type Numbers =
  | { readonly state: "counts"; readonly buckets: readonly CountBucket[]; readonly why?: string }
  | { readonly state: "levels"; readonly buckets: readonly LevelBucket[]; readonly why?: string }
  | { readonly state: "nothing" }
  | { readonly state: "not-numbers"; readonly why: string }
  /** There are requests, but no number of those within the histogram's boundary. */
  | { readonly state: "no-boundary" }
  | { readonly state: "nonsense"; readonly why: string };

export function numbersOf({ parts }: Plan, samples: readonly Samples[]): Numbers {
  const [first, second] = samples;
  const role = parts[1]?.role;
  if (role === undefined) {
    const { buckets, ...rest } = levelBuckets(first);
    return buckets.length > 0 ? { state: "levels", buckets, ...newestNaN(rest) } : without(rest);
  }
  const some = first?.some(([, value]) => value > 0) ?? false;
  if (role === "good" && some && second === undefined) return { state: "no-boundary" };
  const { buckets, ...rest } = role === "good" ? slowBuckets(first, second) : countBuckets(first, second);
  return buckets.length > 0 ? { state: "counts", buckets, ...newestNaN(rest) } : without(rest);
}

const notNumbers = "it answers NaN (0/0, nothing divided by nothing)";

function newestNaN({ nan }: Pick<Buckets<unknown>, "nan">): { readonly why?: string } {
  return nan === "newest" ? { why: `${notNumbers} for the newest minutes` } : {};
}

function without({ nan, nonsense }: Omit<Buckets<unknown>, "buckets">): Numbers {
  if (nonsense !== undefined) return { state: "nonsense", why: nonsense };
  if (nan === null) return { state: "nothing" };
  return { state: "not-numbers", why: `${notNumbers} for every minute` };
}

/**
 * One bucket a minute, out of what was counted up to its end.
 * @param bad the bad ones; minutes that it does not tell have none
 */
function countBuckets(total: Samples, bad: Samples): Buckets<CountBucket> {
  const bads = new Map(bad);
  return collect(total, (start, requests, end) => {
    const counted = bads.get(end) ?? 0;
    const wrong = impossible(requests, start) ?? impossible(counted, start);
    if (wrong !== undefined) return wrong;
    if (Number.isNaN(counted)) return null;
    // Two extrapolations may differ by a little.
    if (counted > requests * 1.05 + 1)
      return `${round(counted)} bad ones of ${round(requests)} requests in the minute from ${clock(start)}`;
    const all = whole(requests);
    return { start, total: all, bad: Math.min(all, whole(counted)) };
  });
}

/** The same, where those are counted that are not above a histogram's threshold. A minute without that number tells nothing. */
function slowBuckets(total: Samples, good: Samples): Buckets<CountBucket> {
  const goods = new Map(good);
  return collect(total, (start, requests, end) => {
    const fast = goods.get(end);
    const wrong = impossible(requests, start) ?? impossible(fast ?? 0, start);
    if (wrong !== undefined) return wrong;
    if (fast === undefined || fast > requests * 1.05 + 1) return undefined;
    if (Number.isNaN(fast)) return null;
    const all = whole(requests);
    return { start, total: all, bad: Math.max(0, all - whole(fast)) };
  });
}

function levelBuckets(level: Samples): Buckets<LevelBucket> {
  return collect(level, (start, value) => impossible(value, start) ?? { start, level: Math.max(0, value) });
}

/** @param read null: it is NaN; undefined: it tells nothing; words: why it makes no sense */
function collect<Bucket extends object>(
  samples: Samples,
  read: (start: number, value: number, end: number) => Bucket | string | null | undefined,
): Buckets<Bucket> {
  const buckets: Bucket[] = [];
  let nan: Buckets<Bucket>["nan"] = null;
  for (const [end, value] of samples ?? []) {
    const found = Number.isNaN(value) ? null : read(end - minuteMs, value, end);
    if (typeof found === "string") return { buckets: [], nan, nonsense: `it answers ${found}` };
    if (found) buckets.push(found);
    if (found === null) nan = "newest";
    else if (nan !== null) nan = "some";
  }
  return { buckets, nan };
}

/** Without what the server's arithmetic adds to whole numbers: 0.002 % at most. */
function whole(value: number): number {
  const nearest = Math.round(value);
  return Math.max(0, Math.abs(value - nearest) <= 1e-6 + value * 2e-5 ? nearest : value);
}

function impossible(value: number, start: number): string | undefined {
  if (Math.abs(value) === Number.POSITIVE_INFINITY)
    return `infinitely many in the minute from ${clock(start)}`;
  return value < -1e-6 ? `fewer than none (${round(value)}) in the minute from ${clock(start)}` : undefined;
}

/** `17:04 UTC` */
function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
