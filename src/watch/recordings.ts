import { printable } from "../core/text.ts";
import type { Recorded, Stretch } from "./backtest/stretch.ts";
import { queriesNeeded, type WatchPolicy } from "./policy.ts";
import type { Receipt, RecordedSeries } from "./receipt.ts";
import { minuteMs } from "./time.ts";
import type { Answer, Arm, CountBucket, LevelBucket } from "./types.ts";

/** What is not a recording, in words for people. */
export class NotARecording extends Error {
  override readonly name = "NotARecording";
}

/** The stretch that a final decision was made of; undefined where its minutes were not kept. */
export function stretchOfReceipt(receipt: Receipt, truth: Stretch["truth"]): Stretch | undefined {
  const { deployedAt, version, recorded } = receipt;
  const signals = (recorded ?? []).flatMap(signalsOf);
  if (signals.length === 0) return undefined;
  const ends = signals.flatMap(({ answer }) => ("range" in answer ? [answer.range.to] : []));
  return {
    id: `${version ?? "deploy"} at ${deployedAt}`,
    deployedAt: Date.parse(deployedAt),
    until: Math.max(Date.parse(deployedAt), ...ends),
    signals,
    truth,
  };
}

function signalsOf(series: RecordedSeries): readonly Recorded[] {
  const { signal: id, kind, arm, thresholdSeconds, observation } = series;
  if ("cut" in observation) return [];
  const query = { id, kind, arm, ...(thresholdSeconds === undefined ? {} : { thresholdSeconds }) };
  const minutes = observation.minutes.map(([start, ...values]) => ({ start: Date.parse(start), values }));
  return [{ query, answer: answerOf(kind, minutes) }];
}

function answerOf(
  kind: RecordedSeries["kind"],
  minutes: readonly { readonly start: number; readonly values: readonly number[] }[],
): Answer {
  const asked = { sent: [], tookMs: 0 };
  const [first, last] = [minutes[0], minutes.at(-1)];
  if (!first || !last) return { ...asked, state: "no-data", why: "nothing was recorded" };
  const range = { from: first.start, to: last.start + minuteMs };
  if (kind === "saturation") {
    const buckets = minutes.map(({ start, values: [level = 0] }): LevelBucket => ({ start, level }));
    return { ...asked, state: "levels", range, buckets };
  }
  const buckets = minutes.map(
    ({ start, values: [total = 0, bad = 0] }): CountBucket => ({ start, total, bad }),
  );
  return { ...asked, state: "counts", range, buckets };
}

/**
 * A stretch as people write it down: `{ name, deployedAt, truth, firstMinute, signals: { "shop/errors": { all: [[total, bad], null, …] } } }`.
 * `firstMinute` counts from the minute of the deploy; a level is a number. What kind a signal is of says the policy.
 * @throws NotARecording
 */
export function stretchOfRecording(value: unknown, file: string, policy: WatchPolicy): Stretch {
  const { name = file, deployedAt, truth, expect, firstMinute = 0, signals } = asObject(value, "the file");
  const at = typeof deployedAt === "string" ? Date.parse(deployedAt) : Number.NaN;
  if (Number.isNaN(at)) throw new NotARecording("deployedAt is no time");
  if (!Number.isSafeInteger(firstMinute)) throw new NotARecording("firstMinute is no whole number");
  const from = (Math.floor(at / minuteMs) + Number(firstMinute)) * minuteMs;
  const needs = new Map(queriesNeeded(policy).map((need) => [need.id, need]));
  const recorded = Object.entries(asObject(signals, "signals")).flatMap(([id, arms]) => {
    const need = needs.get(id);
    // It may hold more than this policy looks at.
    if (!need) return [];
    return Object.entries(asObject(arms, id)).map(([name, minutes]): Recorded => {
      const arm = armOf(name, id);
      const { thresholdSeconds } = need;
      const query = {
        id,
        kind: need.kind,
        arm,
        ...(thresholdSeconds === undefined ? {} : { thresholdSeconds }),
      };
      return { query, answer: answerOf(need.kind, minutesOf(minutes, from, need.kind, id)) };
    });
  });
  const ends = recorded.flatMap(({ answer }) => ("range" in answer ? [answer.range.to] : []));
  return {
    id: printable(String(name), 200),
    deployedAt: at,
    until: Math.max(at, ...ends),
    signals: recorded,
    truth: truthOf(truth, expect),
  };
}

function armOf(name: string, id: string): Arm {
  if (name === "all" || name === "baseline" || name === "canary") return name;
  throw new NotARecording(
    `${printable(id, 100)}: ${printable(name, 100)} is neither all, baseline nor canary`,
  );
}

function minutesOf(value: unknown, from: number, kind: RecordedSeries["kind"], id: string) {
  const what = `${printable(id, 100)} is no list of minutes`;
  if (!Array.isArray(value)) throw new NotARecording(what);
  return value.flatMap((minute: unknown, i) => {
    if (minute === null) return [];
    const values = kind === "saturation" ? [minute] : minute;
    const isRight =
      Array.isArray(values) &&
      values.length === (kind === "saturation" ? 1 : 2) &&
      values.every((number) => typeof number === "number" && number >= 0);
    if (!isRight) throw new NotARecording(`${what}: ${printable(JSON.stringify(minute) ?? "", 60)}`);
    return [{ start: from + i * minuteMs, values: values as number[] }];
  });
}

function truthOf(truth: unknown, expect: unknown): Stretch["truth"] {
  if (truth === "good" || truth === "bad") return truth;
  const action =
    expect !== null && typeof expect === "object" && "action" in expect ? expect.action : undefined;
  return action === "rollback" ? "bad" : action === "promote" ? "good" : "unknown";
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value !== null && typeof value === "object" && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new NotARecording(`${printable(what, 100)} is no object`);
}
