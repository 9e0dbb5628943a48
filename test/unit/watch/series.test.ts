import { describe, expect, it } from "vitest";
import { countSeries, levelSeries } from "../../../src/watch/series.ts";
import { minuteMs } from "../../../src/watch/time.ts";
import type { Answer, CountBucket, LevelBucket } from "../../../src/watch/types.ts";

const range = { from: 0, to: 10 * minuteMs };
const now = 10 * minuteMs;
const counts = (...buckets: readonly CountBucket[]): Answer => ({
  state: "counts",
  range,
  buckets,
  sent: [],
  tookMs: 1,
});
const levels = (...buckets: readonly LevelBucket[]): Answer => ({
  state: "levels",
  range,
  buckets,
  sent: [],
  tookMs: 1,
});
const good = { start: 0, total: 100, bad: 1 };

describe("what a source answered", () => {
  it("is taken by the minute", () => {
    expect([...countSeries(counts(good), now).minutes]).toEqual([[0, { total: 100, bad: 1 }]]);
    expect([...levelSeries(levels({ start: 0, level: 0.4 }), now).minutes]).toEqual([[0, 0.4]]);
  });

  it.each([
    ["NaN", { start: minuteMs, total: Number.NaN, bad: 0 }],
    ["infinite", { start: minuteMs, total: Number.POSITIVE_INFINITY, bad: 0 }],
    ["less than nothing, after a reset", { start: minuteMs, total: -400, bad: 0 }],
    ["more bad ones than requests", { start: minuteMs, total: 10, bad: 20 }],
    ["NaN bad ones", { start: minuteMs, total: 10, bad: Number.NaN }],
  ])("is no minute at all where it is %s", (_name, bucket) => {
    const series = countSeries(counts(good, bucket), now);
    expect([...series.minutes.keys()]).toEqual([0]);
    expect([...series.senseless]).toEqual([minuteMs]);
    expect(series.why).toBe("1 minute of what it said makes no sense");
  });

  it("may have a little more bad requests than requests, as extrapolated counters do", () => {
    expect(countSeries(counts({ start: 0, total: 100, bad: 100.7 }), now).minutes.get(0)).toEqual({
      total: 100,
      bad: 100,
    });
  });

  it("counts a minute once, and not at all when it was told two numbers for it", () => {
    expect(countSeries(counts(good, good), now).minutes.size).toBe(1);
    const series = countSeries(counts(good, { ...good, bad: 7 }), now);
    expect([series.minutes.size, series.senseless.size]).toEqual([0, 1]);
  });

  it("is not looked at where it is not over yet", () => {
    const future = { start: 10 * minuteMs, total: 5, bad: 5 };
    const current = { start: 9 * minuteMs + minuteMs, total: 5, bad: 5 };
    expect([...countSeries(counts(good, current, future), now + 59_000).minutes.keys()]).toEqual([0]);
  });

  it.each([
    ["minutes that begin in between", counts({ start: 30_000, total: 1, bad: 0 })],
    ["levels for counts", levels({ start: 0, level: 0.2 })],
    ["an error", { state: "telemetry-error", why: "503", sent: [], tookMs: 1 } as const],
  ])("is an error where it is %s", (_name, answer) => {
    expect(countSeries(answer, now).state).toBe("telemetry-error");
  });

  it("knows a percentage from a part of 1", () => {
    const series = levelSeries(levels({ start: 0, level: 1.2 }, { start: minuteMs, level: 85 }), now);
    expect([[...series.minutes.keys()], [...series.senseless]]).toEqual([[0], [minuteMs]]);
    expect(levelSeries(counts(good), now).state).toBe("telemetry-error");
  });

  it("does not let text from outside move the terminal", () => {
    const answer: Answer = { state: "no-data", why: "no\u001b[2Jseries", sent: [], tookMs: 1 };
    expect(countSeries(answer, now).why).not.toContain("\u001b");
  });
});
