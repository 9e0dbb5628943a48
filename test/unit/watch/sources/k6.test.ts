import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSummary, partAbove } from "../../../../src/watch/sources/k6/summary.ts";
import type { SignalQuery } from "../../../../src/watch/types.ts";
import { tempFolder } from "../../../support/temp.ts";
import { minute, never, open, query } from "./support.ts";

/** Ten minutes: 6,000 requests, of which 60 failed. */
const trend = { avg: 300, min: 20, med: 250, max: 2000, "p(90)": 500, "p(95)": 800 };
const exported = {
  root_group: {},
  metrics: {
    http_reqs: { count: 6000, rate: 10 },
    http_req_failed: { passes: 60, fails: 5940, value: 0.01, thresholds: { "rate<0.02": false } },
    http_req_duration: { ...trend, thresholds: { "p(95)<700": true, "p(90)<700": false } },
  },
};
const handled = {
  state: { testRunDurationMs: 600_000, isStdOutTTY: false },
  metrics: {
    http_reqs: { type: "counter", contains: "default", values: { count: 6000, rate: 10 } },
    http_req_failed: {
      type: "rate",
      values: { rate: 0.01, passes: 60, fails: 5940 },
      thresholds: { "rate<0.02": { ok: true } },
    },
    http_req_duration: {
      type: "trend",
      contains: "time",
      values: trend,
      thresholds: { "p(95)<700": { ok: false }, "p(90)<700": { ok: true } },
    },
  },
};
const end = Math.floor(Date.now() / minute) * minute;
const range = { from: end - 10 * minute, to: end };

async function reading(content: unknown, endedAt = end) {
  const summary = join(tempFolder(), "summary.json");
  if (content !== undefined) {
    writeFileSync(summary, typeof content === "string" ? content : JSON.stringify(content));
    utimesSync(summary, endedAt / 1000, endedAt / 1000);
  }
  const { source } = await open({ kind: "k6", k6: { summary } });
  return {
    read: (given: Partial<SignalQuery> = {}) => source.read(query(given), range, never),
    prove: (given: Partial<SignalQuery> = {}) => source.prove([query(given)], never),
    proveOver: (from: number, to: number) => source.prove([query()], never, { from, to }),
  };
}

it("a k6 summary of another time proves nothing for a deploy of the past", async () => {
  const { proveOver } = await reading(handled);
  const [proof, ...more] = await proveOver(end - 90 * minute, end - 60 * minute);
  expect(proof).toMatchObject({ state: "conflict", remedy: expect.any(String) });
  expect(proof?.message).toMatch(/is of a test from .* to .* UTC, not of /);
  expect(more).toEqual([]);
  expect(await proveOver(end - 15 * minute, end - 2 * minute)).toMatchObject([{ state: "ok" }]);
  expect(await proveOver(end + 5 * minute, end + 15 * minute)).toMatchObject([{ state: "ok" }]);
});

describe.each([
  ["--summary-export", exported],
  ["handleSummary", handled],
])("a k6 summary of %s", (_shape, content) => {
  it("gives the errors of each minute in which the test ran", async () => {
    const { read, prove } = await reading(content);
    const answer = await read();
    if (answer.state !== "counts") throw new Error(answer.state);
    expect(answer.buckets).toHaveLength(10);
    for (const { total, bad } of answer.buckets) {
      expect(total).toBeCloseTo(600, 6);
      expect(bad).toBeCloseTo(6, 6);
    }
    expect(await prove()).toMatchObject([{ state: "ok" }]);
  });

  it("gives what was slower than a threshold, between the percentiles that it knows", async () => {
    const { read } = await reading(content);
    const part = async (thresholdSeconds: number) => {
      const answer = await read({ kind: "latency", thresholdSeconds });
      if (answer.state !== "counts") throw new Error(answer.state);
      return answer.buckets.reduce((sum, { bad }) => sum + bad, 0) / 6000;
    };
    expect(await part(0.8)).toBeCloseTo(0.05, 9);
    expect(await part(0.5)).toBeCloseTo(0.1, 9);
    expect(await part(0.65)).toBeCloseTo(0.075, 9);
    expect(await part(2)).toBe(0);
    expect(await part(0.01)).toBe(1);
  });

  it("knows which thresholds were crossed", async () => {
    const { read } = await reading(content);
    const bad = async (thresholds: string) => {
      const answer = await read({ query: { thresholds } });
      if (answer.state !== "counts") throw new Error(answer.state);
      return { bad: answer.buckets.every((one) => one.bad === one.total), said: answer.sent[1] };
    };
    expect(await bad("*")).toEqual({ bad: true, said: "crossed: http_req_duration: p(95)<700" });
    expect(await bad("http_req_failed")).toEqual({ bad: false, said: "1 thresholds held" });
    expect(await read({ query: { thresholds: "checks" } })).toMatchObject({
      state: "no-data",
      why: "there are no thresholds of checks in the summary",
    });
  });
});

describe("a k6 summary that cannot be used", () => {
  it("is no data while it is not there, or is of another time", async () => {
    const missing = await reading(undefined);
    expect(await missing.read()).toMatchObject({
      state: "no-data",
      why: expect.stringContaining("is not there (yet)"),
    });
    expect(await missing.prove()).toMatchObject([{ state: "notice" }]);
    const old = await reading(handled, end - 60 * minute);
    expect(await old.read()).toMatchObject({
      state: "no-data",
      why: expect.stringMatching(/is of a test from .* UTC, not of/),
    });
  });

  it.each([
    ["{", "is not JSON"],
    ["[]", "is no summary of k6: it has no metrics"],
    ['{"metrics":{}}', "has no metrics in it"],
  ])("is a telemetry error when it is %s", async (content, why) => {
    const { read, prove } = await reading(content);
    expect(await read()).toMatchObject({ state: "telemetry-error", why: expect.stringContaining(why) });
    expect(await prove()).toMatchObject([{ state: "conflict" }]);
  });

  it("says so when it does not hold what is asked", async () => {
    const { read, prove } = await reading({ metrics: { iterations: { count: 3, rate: 1 } } });
    expect(await read()).toMatchObject({
      state: "no-data",
      why: "there is no rate http_req_failed in the summary",
    });
    expect(await read({ kind: "saturation" })).toMatchObject({
      state: "no-data",
      why: "k6 sees no saturation",
    });
    expect(await prove()).toMatchObject([{ state: "conflict" }]);
    const few = { metrics: { http_reqs: { count: 5 }, http_req_duration: { avg: 1, "p(95)": 3 } } };
    const answer = await (await reading(few)).read({ kind: "latency", thresholdSeconds: 1 });
    expect(answer).toMatchObject({ state: "no-data", why: expect.stringContaining("too few percentiles") });
  });
});

describe("the part of a trend that is above a limit", () => {
  it("needs something known on both sides", () => {
    const metric = (values: Record<string, number>) =>
      parseSummary(JSON.stringify({ metrics: { t: { type: "trend", values } } })).metrics.get("t") ?? {
        values,
        thresholds: [],
      };
    expect(partAbove(metric({ "p(99.9)": 5, max: 9 }), 5)).toBeCloseTo(0.001, 12);
    expect(partAbove(metric({ "p(95)": 5 }), 4)).toBeUndefined();
    expect(partAbove(metric({ "p(95)": 5 }), 6)).toBeUndefined();
    expect(partAbove(metric({ avg: 5 }), 4)).toBeUndefined();
  });
});
