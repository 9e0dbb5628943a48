import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import {
  badOf,
  createMinutes,
  loadHistogram,
  slowerThan,
} from "../../../../src/watch/sources/prober/minutes.ts";
import { type ProbeOptions, startProbe } from "../../../../src/watch/sources/prober/probe.ts";
import { closedPort, type Handler, server } from "../../../support/server.ts";
import { minute, never, open, query } from "./support.ts";

const start = 1_795_280_400_000;
const perMinute = 60;
const Histogram = await loadHistogram();

describe("the minutes of a prober", () => {
  const full = (minutes: ReturnType<typeof createMinutes>, at: number) => {
    for (let i = 0; i < perMinute; i++)
      minutes.begin(at + i * 1000)(i < 6 ? "5xx" : "2xx", i < 3 ? 1600 : 40 + i);
  };

  it("count a request in the minute in which it was to start", () => {
    const minutes = createMinutes(Histogram, perMinute);
    full(minutes, start);
    expect(minutes.whole(start + minute - 1)).toEqual([]);
    const [first] = minutes.whole(start + minute);
    expect(first).toMatchObject({ start, total: 60 });
    if (!first) throw new Error("none");
    expect(badOf(first)).toBe(6);
    expect(slowerThan(first, 1.5)).toEqual({ total: 60, bad: 3 });
    expect(slowerThan(first, 1.7).bad).toBe(0);
    expect(slowerThan(first, 0.07).bad).toBe(3 + 29);
  });

  it("know nothing of the speed of what was not answered", () => {
    const minutes = createMinutes(Histogram, 4);
    minutes.begin(start)("2xx", 100);
    minutes.begin(start)("no answer", 1);
    minutes.begin(start)("no answer", 1700);
    minutes.begin(start)("timeout", 10_000);
    const [first] = minutes.whole(start + minute);
    if (!first) throw new Error("none");
    expect(first.total).toBe(4);
    expect(badOf(first)).toBe(3);
    expect(slowerThan(first, 1.5)).toEqual({ total: 2, bad: 1 });
  });

  it("are not over before their last request is", () => {
    const minutes = createMinutes(Histogram, perMinute);
    const late = minutes.begin(start + 59_000);
    full(minutes, start);
    full(minutes, start + minute);
    expect(minutes.whole(start + 2 * minute)).toEqual([]);
    late("timeout", 10_000);
    const whole = minutes.whole(start + 2 * minute);
    expect(whole.map(({ total }) => total)).toEqual([61, 60]);
    expect(slowerThan(whole[0] ?? ({} as never), 9.9).bad).toBe(1);
  });

  it("say nothing when they were not probed from end to end", () => {
    const minutes = createMinutes(Histogram, perMinute);
    for (let i = 0; i < 30; i++) minutes.begin(start + 30_000 + i * 1000)("2xx", 10);
    full(minutes, start + minute);
    expect(minutes.whole(start + 2 * minute).map((one) => one.start)).toEqual([start + minute]);
  });

  it("are forgotten after six hours", () => {
    const minutes = createMinutes(Histogram, 1);
    for (let i = 0; i < 500; i++) minutes.begin(start + i * minute)("2xx", 10);
    const whole = minutes.whole(start + 500 * minute);
    expect(whole).toHaveLength(360);
    expect(whole.at(-1)?.start).toBe(start + 499 * minute);
  });

  it("count a request that took longer than a histogram holds as one that took very long", () => {
    const minutes = createMinutes(Histogram, 1);
    minutes.begin(start)("timeout", 10 * minute);
    expect(slowerThan(minutes.whole(start + minute)[0] ?? ({} as never), 59).bad).toBe(1);
  });
});

describe("probing", () => {
  /** What became of every request that was to be made. */
  function probing(url: string, options: Partial<ProbeOptions> = {}) {
    const secrets = new Secrets();
    const http = createHttp({ env: createEnv({}, secrets), secrets });
    const ended: { outcome: string; tookMs: number }[] = [];
    const begun: number[] = [];
    const minutes = {
      begin(at: number) {
        begun.push(at);
        return (outcome: string, tookMs: number) => void ended.push({ outcome, tookMs });
      },
      whole: () => [],
    };
    const controller = new AbortController();
    const usual = { url, rate: 50, concurrency: 4, timeoutMs: 20_000, maxRedirects: 2, caFile: undefined };
    startProbe({ ...usual, ...options }, minutes, http, controller.signal);
    const stop = () => {
      controller.abort(new Error("over"));
      http.close();
    };
    onTestFinished(stop);
    return { ended, begun, stop };
  }

  it("keeps its rate", async () => {
    const { url } = await server(200);
    const { begun, ended } = probing(url);
    await expect.poll(() => ended.length).toBeGreaterThan(20);
    // What a machine sleeps through is left out.
    const gaps = begun.slice(1).flatMap((at, i) => (at - (begun[i] ?? 0) < 2000 ? at - (begun[i] ?? 0) : []));
    expect(gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length).toBeCloseTo(20, 0);
    expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(new Set(["2xx"]));
  });

  it.each<[string, Handler | number]>([
    ["2xx", 204],
    ["4xx", 429],
    ["5xx", 503],
    ["no answer", (_request, response) => response.destroy()],
    ["no answer", (_request, response) => response.writeHead(302, { location: "/" }).end()],
    [
      "2xx",
      ({ path }, response) => (path === "/" ? response.writeHead(302, { location: "/x" }) : response).end(),
    ],
  ])("calls it %s", async (outcome, handler) => {
    const { url } = await server(handler);
    const { ended } = probing(url);
    await expect.poll(() => ended.length).toBeGreaterThan(2);
    expect(new Set(ended.map((one) => one.outcome))).toEqual(new Set([outcome]));
  });

  it("sees who does not listen", async () => {
    const { ended } = probing(`http://127.0.0.1:${await closedPort()}/`);
    await expect.poll(() => ended.length).toBeGreaterThan(2);
    expect(ended[0]?.outcome).toBe("no answer");
  });

  it("counts from when a request was to start: a service that hangs makes all who wait slow", async () => {
    const held: (() => void)[] = [];
    let hanging = true;
    const { url, received } = await server((_request, response) => {
      if (hanging) held.push(() => response.end());
      else response.end();
    });
    const { ended, begun } = probing(url);
    await expect.poll(() => held.length === 4 && begun.length > 30).toBe(true);
    expect(received).toHaveLength(4);
    hanging = false;
    for (const answer of held) answer();
    await expect.poll(() => ended.length).toBeGreaterThan(30);
    // Four hung; those that could not start meanwhile, one every 20 ms, waited as long as people would have.
    expect(ended.slice(0, 20).every(({ tookMs }) => tookMs > 100)).toBe(true);
    expect(ended.every(({ outcome }) => outcome === "2xx")).toBe(true);
  });

  it("gives up those that could not start in time, and keeps no more of them than that", async () => {
    const { url, received } = await server(() => {});
    const { ended, begun } = probing(url, { timeoutMs: 200 });
    await expect.poll(() => ended.length).toBeGreaterThan(40);
    // Without a limit it were all of them.
    expect(received.length).toBeLessThan(begun.length);
    expect(new Set(ended.map(({ outcome }) => outcome))).toEqual(new Set(["timeout"]));
    // Only those of the last moments are still waiting.
    await expect.poll(() => begun.length - ended.length).toBeLessThan(40);
    expect(Math.max(...ended.map(({ tookMs }) => tookMs))).toBeLessThan(5000);
  });
});

describe("the prober as a source", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("has no numbers before the first whole minute, and then none of a minute that nobody probed", async () => {
    const { url } = await server(200);
    vi.setSystemTime(start + 10_000);
    const { source } = await open({ kind: "prober", prober: { url, timeoutMs: 1000 } });
    const range = { from: start, to: start + minute };
    expect(await source.read(query(), range, never)).toMatchObject({
      state: "counts",
      buckets: [],
      range: { to: start },
    });
    const later = { from: start, to: start + 10 * minute };
    vi.setSystemTime(start + 10 * minute);
    expect(await source.read(query(), later, never)).toMatchObject({
      state: "no-data",
      why: "no whole minute of these was probed",
    });
    expect(await source.read(query({ kind: "saturation" }), range, never)).toMatchObject({
      state: "no-data",
      why: "a prober sees no saturation",
    });
  });

  it("has errors, and no latency, of a service that answers nobody", async () => {
    const url = `http://127.0.0.1:${await closedPort()}/`;
    vi.setSystemTime(start + 1000);
    const { source } = await open({ kind: "prober", prober: { url, rate: 0.01 } });
    const range = { from: start, to: start + minute };
    await source.prove([query()], never);
    vi.setSystemTime(start + minute);
    await expect
      .poll(async () => {
        const answer = await source.read(query(), range, never);
        return "buckets" in answer && answer.buckets.length;
      })
      .toBe(1);
    expect(await source.read(query(), range, never)).toMatchObject({ buckets: [{ total: 1, bad: 1 }] });
    expect(await source.read(query({ kind: "latency" }), range, never)).toMatchObject({
      state: "no-data",
      why: "none of 1 request was answered",
    });
  });

  it("asks once before a deploy", async () => {
    const well = await server(200);
    const ill = await server(500);
    const { source } = await open({ kind: "prober", prober: { url: well.url, rate: 0.01 } });
    expect(await source.prove([query()], never)).toEqual([
      { state: "ok", message: `prober: ${well.url} answers` },
    ]);
    expect(await source.prove([query({ query: { url: ill.url } })], never)).toMatchObject([
      { state: "notice", message: `prober: ${ill.url} does not answer well now: 5xx` },
    ]);
    const [wrong] = await source.prove([query({ query: { url: "shop.example.com" } })], never);
    expect(wrong).toMatchObject({ state: "conflict", message: "prober: shop.example.com: malformed URL" });
  });

  it("says what it cannot do", async () => {
    const { url } = await server(200);
    const { source } = await open({ kind: "prober", prober: { url, rate: 60, concurrency: 4 } });
    const queries = [query({ arm: "canary" }), query({ kind: "saturation", query: { url } })];
    const said = await source.prove(queries, never);
    expect(said.map(({ state }) => state)).toEqual(["conflict", "notice", "notice", "ok"]);
    expect(said[0]?.message).toBe("prober: shop/errors: it cannot tell the canary from the baseline");
    expect(said[2]?.remedy).toContain("set concurrency to 600");
  });

  it("shows no secrets of the URL", async () => {
    const { port } = await server(200);
    const password = ["pass", "word", "123"].join("");
    const url = `http://probe:${password}@127.0.0.1:${port}/health?key=${password}`;
    const { source, secrets } = await open({ kind: "prober", prober: { url, rate: 0.01 } });
    const answer = await source.read(query(), { from: start, to: start + minute }, never);
    const said = JSON.stringify([answer, await source.prove([query()], never)]);
    expect(said).not.toContain(password);
    expect(said).toContain("***@127.0.0.1");
    expect(secrets.values).toContain(password);
  });
});
