import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PrometheusOptions } from "../../../../src/watch/sources/options.ts";
import type { Answer, SignalQuery } from "../../../../src/watch/types.ts";
import { minute, never, open, query, refused, standIn } from "./support.ts";

const now = () => Math.floor(Date.now() / minute) * minute;
// No minute ends while a test goes on.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 21, 10, 0, 20) }));
afterEach(() => void vi.useRealTimers());
const range = () => ({ from: now() - 6 * minute, to: now() - minute });
/** Queries of one's own that say which they are. */
const own = (i: number): Partial<SignalQuery> => ({
  id: `s${i}/errors`,
  query: { total: `sum(total${i})`, bad: `sum(bad${i})` },
});
const numbers = {
  values: ({ expression }: { expression: string }) => (expression.includes("bad") ? "1" : "100"),
};

async function reading(options: Partial<PrometheusOptions> & { url: string }) {
  const { source } = await open({ kind: "prometheus", prometheus: options });
  return {
    source,
    read: (given: Partial<SignalQuery>, over = range()) => source.read(query(given), over, never),
    prove: (...queries: Partial<SignalQuery>[]) => source.prove(queries.map(query), never),
  };
}

const counts = (answer: Answer) =>
  answer.state === "counts" ? answer.buckets.map(({ total, bad }) => [total, bad]) : answer;

describe("many signals from Prometheus", () => {
  it("are one request each while so many may be in flight", async () => {
    const prometheus = await standIn(() => numbers);
    const { read } = await reading({ url: prometheus.url, concurrency: 8 });
    await Promise.all(Array.from({ length: 8 }, (_, i) => read(own(i))));
    expect(prometheus.ranges.map((asked) => asked.length)).toEqual(Array(8).fill(2));
  });

  it("share requests beyond that, so that all are in flight at once, and each has its own numbers", async () => {
    const prometheus = await standIn(() => ({
      values: ({ expression }) => /total(\d+)/.exec(expression)?.[1] ?? "0",
    }));
    const { read } = await reading({ url: prometheus.url, concurrency: 8 });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => read(own(i))));
    expect(prometheus.ranges).toHaveLength(8);
    for (const [i, answer] of answers.entries()) expect(counts(answer)).toEqual(Array(5).fill([i, 0]));
  });

  it("do not suffer for one that is refused, which is asked alone from then on", async () => {
    const prometheus = await standIn((asked) =>
      asked.some(({ expression }) => expression.includes("total5)")) ? refused("no such function") : numbers,
    );
    const { read } = await reading({ url: prometheus.url, concurrency: 1 });
    const all = () => Promise.all(Array.from({ length: 16 }, (_, i) => read(own(i))));
    const check = (answers: Answer[]) => {
      expect(answers[5]).toMatchObject({ state: "telemetry-error", why: "Prometheus: no such function" });
      expect(answers.filter(({ state }) => state === "counts")).toHaveLength(15);
    };
    check(await all());
    const first = prometheus.ranges.length;
    expect(first).toBeLessThanOrEqual(9);
    check(await all());
    expect(prometheus.ranges.length - first).toBe(2);
  });

  it("are asked in shorter requests where long ones are refused", async () => {
    const prometheus = await standIn((asked) =>
      asked.length > 8 ? refused("too long query; it contains 4096 bytes") : numbers,
    );
    const { read } = await reading({ url: prometheus.url, concurrency: 1 });
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => read(own(i))));
    expect(answers.every(({ state }) => state === "counts")).toBe(true);
  });

  it("suffer a warning together, unless it is about one query", async () => {
    const store = "store gateway is not there";
    const partial = await standIn(() => ({ ...numbers, more: { warnings: [store] } }));
    const first = await reading({ url: partial.url, concurrency: 1 });
    const both = await Promise.all([first.read(own(1)), first.read(own(2))]);
    for (const answer of both) {
      expect(answer).toMatchObject({
        state: "telemetry-error",
        why: `Prometheus: it warns that the answer is not the whole truth: ${store}`,
      });
    }
    expect(partial.ranges).toHaveLength(1);
    const one = await standIn((asked) =>
      asked.some(({ expression }) => expression.includes("total1)"))
        ? { ...numbers, more: { warnings: ["PromQL warning: quantile value should be between 0 and 1"] } }
        : { ...numbers, more: { infos: ["PromQL info: metric might not be a counter"] } },
    );
    const second = await reading({ url: one.url, concurrency: 1 });
    const answers = await Promise.all([second.read(own(1)), second.read(own(2))]);
    expect(answers.map(({ state }) => state)).toEqual(["telemetry-error", "counts"]);
  });
});

describe("minutes of Prometheus", () => {
  it("are read when they have been over for a while", async () => {
    const prometheus = await standIn(() => numbers);
    const { read } = await reading({ url: prometheus.url, settleMs: 90_000 });
    const answer = await read({}, { from: now() - 5 * minute, to: now() + minute });
    const newest = Math.floor((Date.now() - 90_000) / minute) * minute;
    expect(answer).toMatchObject({ state: "counts", range: { to: newest } });
    const future = { from: now() + minute, to: now() + 2 * minute };
    expect(await read({}, future)).toEqual({
      state: "counts",
      range: { from: future.from, to: future.from },
      buckets: [],
      sent: [],
      tookMs: 0,
    });
  });

  it("are those of its own clock, and it is said when that differs", async () => {
    const prometheus = await standIn(() => numbers, { aheadMs: -600_000 });
    const { read, prove } = await reading({ url: prometheus.url, settleMs: 0 });
    const [said] = await prove(own(1));
    expect(said).toMatchObject({
      state: "notice",
      message: "Prometheus' clock is 10 min behind ours: minutes are counted by Prometheus' clock",
    });
    const answer = await read(own(1), { from: now() - 20 * minute, to: now() });
    const newest = Math.floor((Date.now() - 600_000) / minute) * minute;
    if (answer.state !== "counts") throw new Error(answer.state);
    expect(Math.abs(answer.range.to - newest)).toBeLessThanOrEqual(minute);
    expect(answer.sent.at(-1)).toContain("Prometheus' clock is 10 min behind ours");
  });

  it("are those that will be judged, when queries are proven for a deploy of the past", async () => {
    const prometheus = await standIn(() => numbers);
    const { source } = await reading({ url: prometheus.url });
    const over = { from: now() - 300 * minute, to: now() - 280 * minute };
    const [proof] = await source.prove([query(own(1))], never, over);
    expect(proof).toMatchObject({ state: "ok", message: "s1/errors: 2000 requests in the last minutes" });
    const [later] = await source.prove([query(own(1))], never, {
      from: now() - 10 * minute,
      to: now() + 10 * minute,
    });
    expect(later).toMatchObject({ state: "ok" });
  });

  it("go over more than one answer may hold", async () => {
    const prometheus = await standIn(() => numbers);
    const { read } = await reading({ url: prometheus.url });
    const from = now() - 15_000 * minute;
    const answer = await read(own(1), { from, to: now() - minute });
    if (answer.state !== "counts") throw new Error(answer.state);
    expect(answer.buckets).toHaveLength(14_999);
    expect(new Set(answer.buckets.map(({ start }) => start)).size).toBe(14_999);
    expect(prometheus.ranges).toHaveLength(2);
  });
});

describe("numbers of Prometheus that make no sense", () => {
  const answering = async (total: string | undefined, bad: string | undefined) => {
    const prometheus = await standIn(() => ({
      values: ({ expression }) => (expression.includes("bad") ? bad : total),
    }));
    return (await reading({ url: prometheus.url })).read(own(1));
  };

  it.each([
    ["-3", "0", /^Prometheus: it answers fewer than none \(-3\) in the minute from \d\d:\d\d UTC$/],
    ["100", "+Inf", /infinitely many/],
    ["10", "30", /it answers 30 bad ones of 10 requests/],
  ])("are a telemetry error: %s requests, %s bad ones", async (total, bad, why) => {
    expect(await answering(total, bad)).toMatchObject({
      state: "telemetry-error",
      why: expect.stringMatching(why),
    });
  });

  it("are left out where they are no numbers, and are nothing when there are no others", async () => {
    expect(await answering("NaN", "0")).toMatchObject({
      state: "no-data",
      why: "it answers NaN (0/0, nothing divided by nothing) for every minute",
    });
    expect(await answering("100", "NaN")).toMatchObject({
      state: "no-data",
      why: expect.stringContaining("NaN"),
    });
  });

  it("are said to be none where the newest minutes are", async () => {
    const answered = async (nan: (at: number) => boolean) => {
      const prometheus = await standIn(() => ({ values: (_one, at) => (nan(at) ? "NaN" : "7") }));
      return (await reading({ url: prometheus.url })).read(own(1));
    };
    const { from } = range();
    expect(await answered((at) => at > from + 3 * minute)).toMatchObject({
      state: "counts",
      buckets: [{ start: from }, { start: from + minute }, { start: from + 2 * minute }],
      why: "it answers NaN (0/0, nothing divided by nothing) for the newest minutes",
    });
    expect(await answered((at) => at <= from + 3 * minute)).not.toHaveProperty("why");
  });

  it("are none bad where nothing bad was ever seen, and whole where arithmetic has frayed them", async () => {
    expect(counts(await answering("100.0016", undefined))).toEqual(Array(5).fill([100, 0]));
    expect(counts(await answering("99.2", "99.9"))).toEqual(Array(5).fill([99.2, 99.2]));
  });
});

describe("Prometheus on a bad day", () => {
  it("is a telemetry error with what was asked, and never an exception", async () => {
    // The time is up as soon as it hangs, and never before.
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() });
    const prometheus = await standIn(() => {
      vi.advanceTimersByTime(10_000);
      return "hang";
    });
    const { read, prove } = await reading({ url: prometheus.url, timeoutMs: 10_000 });
    expect(await read(own(1))).toMatchObject({
      state: "telemetry-error",
      why: "Prometheus: no answer within 10 s",
      sent: ["total: sum(sum(total1))", "bad: sum(sum(bad1))"],
    });
    expect(await prove(own(1))).toEqual([
      { state: "unknown", message: "s1/errors: Prometheus: no answer within 10 s" },
    ]);
  });

  it("is one sentence before a deploy when it is not there at all", async () => {
    const { prove } = await reading({ url: "http://127.0.0.1:1" });
    expect(await prove(own(1), own(2))).toEqual([
      { state: "unknown", message: "Prometheus: connection refused" },
    ]);
    const missing = await reading({ url: "http://127.0.0.1:1", tokenEnv: "NOT_SET" });
    expect(await missing.prove(own(1))).toMatchObject([{ state: "conflict" }]);
  });

  it("does not outlive the one who asked", async () => {
    const prometheus = await standIn(() => "hang");
    const { source } = await reading({ url: prometheus.url });
    const controller = new AbortController();
    const asked = source.read(query(own(1)), range(), controller.signal);
    setTimeout(() => controller.abort(new Error("enough")), 50);
    await expect(asked).rejects.toThrow("enough");
  });
});

describe("queries for Prometheus", () => {
  const conflict = async (given: Partial<SignalQuery>) => {
    const prometheus = await standIn(() => numbers);
    const { prove } = await reading({ url: prometheus.url, values: { version: "v1.4.2" } });
    return (await prove(given))[0];
  };

  it.each<[string, Partial<SignalQuery>, string]>([
    ["only one of two", { query: { total: "x" } }, "there must be a query for both, total and bad"],
    ["no query for saturation", { kind: "saturation" }, "there is no usual query for saturation"],
    [
      "an expression for a histogram",
      { kind: "latency", query: { histogram: "sum(x)" } },
      "histogram is not the name of a histogram",
    ],
    [
      "arms that would be the same",
      { arm: "canary", labels: { track: "canary" }, query: { total: "sum(x)", bad: "sum(y)" } },
      "the query does not say where the labels go, so that both arms would be the same",
    ],
  ])("that say %s are refused", async (_what, given, message) => {
    const proof = await conflict(given);
    expect(proof?.state).toBe("conflict");
    expect(proof?.message.endsWith(message)).toBe(true);
    expect(proof?.remedy).toBeDefined();
  });

  it("that pay no heed to the labels are let pass, with a word", async () => {
    const proof = await conflict({ ...own(1), labels: { job: "shop" } });
    expect(proof).toMatchObject({
      state: "notice",
      message: "s1/errors: the query does not use the labels job",
    });
  });
});
