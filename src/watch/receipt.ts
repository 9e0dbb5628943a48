import type { Series } from "./history.ts";
import type { WatchPolicy } from "./policy.ts";
import type { WatchLook } from "./state.ts";
import type { Action, Answer, Arm, Decision, Evidence, Reading, SignalQuery } from "./types.ts";

/** Everything that one decision was made of: enough to redo its arithmetic by hand. Plain JSON without secrets. */
export interface Receipt {
  readonly schema: "release-sentinel/watch-receipt/v1";
  /** RFC 3339, as all times in here. */
  readonly at: string;
  readonly environment: string;
  readonly version: string | null;
  readonly commit: string | null;
  readonly source: string;
  readonly deployedAt: string;
  readonly policy: WatchPolicy;
  readonly action: Action;
  readonly final: boolean;
  readonly message: string;
  readonly reasons: readonly string[];
  readonly readings: readonly ReceiptReading[];
  readonly evidence: readonly Evidence[];
  readonly samples: readonly Sample[];
  /** Of a final decision: every minute since an hour before the deploy, for a later backtest. */
  readonly recorded?: readonly RecordedSeries[];
}

export interface RecordedSeries
  extends Pick<Sample, "check" | "signal" | "kind" | "arm" | "thresholdSeconds"> {
  readonly observation: Pick<Observed, "minutes"> | LeftOut;
}

/** The arithmetic keeps its order: a ledger sorts the keys of an object. */
export interface ReceiptReading extends Omit<Reading, "arithmetic"> {
  readonly arithmetic: readonly (readonly [name: string, value: number | string])[];
}

/** What one query brought. */
export interface Sample {
  /** The signal, and the arm where there are two: `shop/errors`, `shop/errors canary`. */
  readonly check: string;
  readonly signal: string;
  readonly kind: SignalQuery["kind"];
  readonly arm: Arm;
  readonly thresholdSeconds?: number;
  readonly state: Answer["state"];
  /** Why there are no numbers. */
  readonly why?: string;
  readonly tookMs: number;
  readonly observation: Observed | LeftOut;
}

/** What was sent and what came. */
export interface Observed {
  readonly sent: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly minutes: Minutes;
}

/** `[start, total, bad]`, or `[start, level]`; starts in RFC 3339. */
export type Minutes = readonly (readonly [string, number, number] | readonly [string, number])[];

/** Where a ledger's entry would have become too large. */
export interface LeftOut {
  readonly cut: true;
  readonly bytes: number;
}

export interface ReceiptOf {
  readonly environment: string;
  readonly version: string | null;
  readonly commit: string | null;
  readonly source: string;
  readonly deployedAt: number;
  readonly policy: WatchPolicy;
}

export function receiptOf(
  about: ReceiptOf,
  queries: readonly SignalQuery[],
  answers: WatchLook["answers"],
  decision: Decision,
  exact: readonly Series[] | null,
): Receipt {
  const { environment, version, commit, source, deployedAt, policy } = about;
  const { at, action, final, message, reasons, readings, evidence } = decision;
  return {
    schema: "release-sentinel/watch-receipt/v1",
    at: time(at),
    environment,
    version,
    commit,
    source,
    deployedAt: time(deployedAt),
    policy,
    action,
    final,
    message,
    reasons,
    readings: readings.map((reading) => ({ ...reading, arithmetic: Object.entries(reading.arithmetic) })),
    evidence,
    samples: queries.flatMap((query, i) => {
      const answer = answers[i]?.answer;
      return answer ? [sampleOf(query, answer)] : [];
    }),
    ...(final && exact ? { recorded: exact.map(recordedOf) } : {}),
  };
}

function recordedOf({ query, points }: Series): RecordedSeries {
  const minutes = points.flatMap(({ start, total, bad, value }): Minutes => {
    if (total !== null) return [[time(start), total, bad ?? 0]];
    return value === null ? [] : [[time(start), value]];
  });
  return { ...named(query), observation: { minutes } };
}

function named({ id, kind, arm, thresholdSeconds }: Series["query"]) {
  const check = arm === "all" ? id : `${id} ${arm}`;
  return { check, signal: id, kind, arm, ...(thresholdSeconds === undefined ? {} : { thresholdSeconds }) };
}

function sampleOf(query: SignalQuery, answer: Answer): Sample {
  const { state, sent, tookMs } = answer;
  const range = "range" in answer ? answer.range : null;
  const minutes =
    answer.state === "counts"
      ? answer.buckets.map(({ start, total, bad }) => [time(start), total, bad] as const)
      : answer.state === "levels"
        ? answer.buckets.map(({ start, level }) => [time(start), level] as const)
        : [];
  return {
    ...named(query),
    state,
    ...("why" in answer ? { why: answer.why } : {}),
    tookMs: Math.round(tookMs),
    observation: {
      sent,
      from: range && time(range.from),
      to: range && time(range.to),
      minutes,
    },
  };
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

/** A receipt that was saved; undefined for anything else. */
export function asReceipt(value: unknown): Receipt | undefined {
  if (value === null || typeof value !== "object") return undefined;
  const { schema, readings, samples, policy } = value as Partial<Receipt>;
  const whole =
    schema === "release-sentinel/watch-receipt/v1" &&
    Array.isArray(readings) &&
    Array.isArray(samples) &&
    typeof policy === "object";
  return whole ? (value as Receipt) : undefined;
}
