import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { type BurnPair, burnPresets, defaultFloors, type Floors } from "../core/burn.ts";
import { minuteMs } from "./time.ts";
import type { Arm, SignalQuery } from "./types.ts";

interface About {
  /** Unique in a policy: `shop/latency p95`. What a state remembers a criterion by. */
  readonly id: string;
  readonly service: string;
  /** The id of the query that it looks at: `shop/latency`. */
  readonly signal: string;
}

/** `p95 > 1.5 s for 5 min`, counted: more than 5 % of requests above 1.5 s in each of 5 consecutive minutes. */
export interface LatencyCriterion extends About {
  readonly kind: "latency";
  readonly thresholdSeconds: number;
  /** Above 0, below 100. */
  readonly percentile: number;
  readonly forMs: number;
  readonly floors: Floors;
}

/** `errors > 2 % over 5 min`. */
export interface ErrorsCriterion extends About {
  readonly kind: "errors";
  /** 0 to 1. */
  readonly above: number;
  readonly overMs: number;
  readonly floors: Floors;
}

/** Faster than the factor over both windows of any pair. */
export interface BurnCriterion extends About {
  readonly kind: "burn";
  /** 0.999 */
  readonly objective: number;
  readonly pairs: readonly BurnPair[];
  readonly floors: Floors;
}

/** `saturation > 80 % for 10 min`: each of 10 consecutive minutes. */
export interface SaturationCriterion extends About {
  readonly kind: "saturation";
  /** 0 to 1. */
  readonly above: number;
  readonly forMs: number;
}

export type Criterion = LatencyCriterion | ErrorsCriterion | BurnCriterion | SaturationCriterion;

/** A signal of counts that both arms have. */
export interface JudgeMetric {
  readonly signal: string;
  /** A rate (0 to 1) that is good enough whatever the baseline's is; null: only the comparison counts. */
  readonly limit: number | null;
}

export interface JudgeOptions {
  /** The chance of aborting a canary that is as good as its baseline, over all metrics and all looks. */
  readonly alpha: number;
  /** Abort on evidence that the canary is worse than so many times the baseline. */
  readonly rho: number;
  /** Promote on evidence that it is better than so many times the baseline, or than the metric's limit. */
  readonly noWorse: number;
  /** Neither promoted before … */
  readonly minMs: number;
  /** … nor waited for beyond. With a judge this is how long the watch lasts, not `forMs`. */
  readonly maxMs: number;
  /** The canary's bad requests that an abort takes, whatever the evidence. */
  readonly bad: number;
  readonly metrics: readonly JudgeMetric[];
}

export interface WatchPolicy {
  readonly criteria: readonly Criterion[];
  /** Null where there is nothing to compare with. */
  readonly judge: JudgeOptions | null;
  readonly forMs: number;
  readonly everyMs: number;
  /** How long a signal may be without data, or its source in error, before the watch cannot succeed any more. */
  readonly budgets: { readonly noDataMs: number; readonly telemetryMs: number };
  /** `sha256:` over everything else. */
  readonly digest: string;
}

export { defaultFloors };

export const defaultTimes = {
  forMs: 10 * minuteMs,
  everyMs: minuteMs,
  budgets: { noDataMs: 5 * minuteMs, telemetryMs: 5 * minuteMs },
} as const;

/** What a service is watched for when nothing else is said. */
export function defaultCriteria(service: string): readonly Criterion[] {
  const floors = defaultFloors;
  const about = (name: string, signal: string): About => ({
    id: `${service}/${name}`,
    service,
    signal: `${service}/${signal}`,
  });
  return [
    {
      ...about("latency", "latency"),
      kind: "latency",
      thresholdSeconds: 1.5,
      percentile: 95,
      forMs: 5 * minuteMs,
      floors,
    },
    { ...about("errors", "errors"), kind: "errors", above: 0.02, overMs: 5 * minuteMs, floors },
    { ...about("burn", "errors"), kind: "burn", objective: 0.999, pairs: burnPresets.fast, floors },
    { ...about("saturation", "saturation"), kind: "saturation", above: 0.8, forMs: 10 * minuteMs },
  ];
}

/** The judge's defaults, for every signal of counts that the criteria look at. */
export function defaultJudge(criteria: readonly Criterion[]): JudgeOptions {
  return {
    alpha: 0.05,
    rho: 1,
    noWorse: 2,
    minMs: 5 * minuteMs,
    maxMs: 60 * minuteMs,
    bad: defaultFloors.bad,
    metrics: judgeMetrics(criteria),
  };
}

/** One metric for each signal of errors and of latency; what a criterion tolerates is good enough for a canary. */
export function judgeMetrics(criteria: readonly Criterion[]): readonly JudgeMetric[] {
  const metrics = new Map<string, JudgeMetric>();
  for (const criterion of criteria) {
    const { signal } = criterion;
    if (criterion.kind === "errors") metrics.set(signal, { signal, limit: criterion.above });
    if (criterion.kind === "latency")
      metrics.set(signal, { signal, limit: (100 - criterion.percentile) / 100 });
    if (criterion.kind === "burn" && !metrics.has(signal)) metrics.set(signal, { signal, limit: null });
  }
  return [...metrics.values()];
}

/** The defaults for these services, without a judge. */
export function defaultPolicy(services: readonly string[]): WatchPolicy {
  return createPolicy({ criteria: services.flatMap(defaultCriteria), judge: null, ...defaultTimes });
}

/** @throws RangeError when two criteria have one id, or one signal two kinds */
export function createPolicy(parts: Omit<WatchPolicy, "digest">): WatchPolicy {
  const ids = new Set<string>();
  for (const { id } of parts.criteria) {
    if (ids.has(id)) throw new RangeError(`two criteria are called ${id}`);
    ids.add(id);
  }
  queriesNeeded(parts);
  const { criteria, judge, forMs, everyMs, budgets } = parts;
  // The number stands for the arithmetic itself: another way of counting makes another policy.
  const canonical = canonicalize({ arithmetic: 2, criteria, judge, forMs, everyMs, budgets }) ?? "";
  const digest = `sha256:${createHash("sha256").update(canonical).digest("hex")}`;
  return { criteria, judge, forMs, everyMs, budgets, digest };
}

/** What is asked of a source, but for its language and labels, which settings add. */
export type SignalNeed = Omit<SignalQuery, "query" | "labels">;

/** Each signal once; of both arms where there is a judge, else of all. @throws RangeError where criteria contradict each other */
export function queriesNeeded(policy: Pick<WatchPolicy, "criteria" | "judge">): readonly SignalNeed[] {
  const needs = new Map<string, Omit<SignalNeed, "arm">>();
  const burnsLast = policy.criteria.toSorted((a, b) => Number(a.kind === "burn") - Number(b.kind === "burn"));
  for (const criterion of burnsLast) {
    const { signal: id, service } = criterion;
    const known = needs.get(id);
    // A burn takes the counts that are there: errors, or requests that were too slow.
    if (criterion.kind === "burn" && known && known.kind !== "saturation") continue;
    const kind = criterion.kind === "burn" ? "errors" : criterion.kind;
    const threshold =
      criterion.kind === "latency" ? { thresholdSeconds: criterion.thresholdSeconds } : undefined;
    if (known && (known.kind !== kind || known.thresholdSeconds !== threshold?.thresholdSeconds))
      throw new RangeError(`criteria want different things of ${id}`);
    needs.set(id, { id, kind, service, ...threshold });
  }
  const arms: readonly Arm[] = policy.judge === null ? ["all"] : ["canary", "baseline"];
  return [...needs.values()].flatMap((need) => arms.map((arm) => ({ ...need, arm })));
}
