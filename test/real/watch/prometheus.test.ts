import { describe, expect, it } from "vitest";
import { fill } from "../../../src/clients/prometheus/template.ts";
import { past, prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { asked, asking, counter, halfAnHour, minute, minutesOf, never, steady } from "./support.ts";

const { start, range, scraped } = halfAnHour();

describe.skipIf(prometheusProgram.skip)("counts out of a real Prometheus (needs prometheus)", () => {
  it("counts every request once: in whole minutes, from one minute's end to the next", async () => {
    const { url } = await startPrometheus({
      past: counter(scraped('http_requests_total{job="shop",code="200"}', steady(1_000_000))),
    });
    const { read } = await asking({ url });
    const answer = await read({}, range);
    // In the first minute nobody knows what was there before.
    const minutes = Array.from({ length: 29 }, (_, i) => [i + 1, 60, 0]);
    expect(minutesOf(answer, range)).toEqual(minutes);
    expect(answer).toMatchObject({ state: "counts", range });
  });

  it("sees the only errors of a series that is new, which `increase` does not", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="shop",code="200"}', steady(5000)),
        scraped('http_requests_total{job="shop",code="500"}', (s) => (s >= 905 ? 3 : undefined)),
      ),
    });
    const { read } = await asking({ url });
    const ours = minutesOf(await read({}, range), range);
    expect(ours.filter(([, , bad]) => bad !== 0)).toEqual([[15, 63, 3]]);
    const usual = {
      total: "sum(increase(http_requests_total{ {{labels}} }[{{window}}]))",
      bad: 'sum(increase(http_requests_total{code=~"5..",{{labels}}}[{{window}}]))',
    };
    const theirs = minutesOf(await read({ query: usual }, range), range);
    expect(theirs.every(([, , bad]) => bad === 0)).toBe(true);
  });

  it("goes on counting when a service restarts, and takes nothing for negative", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="shop",code="200"}', (s) => (s < 605 ? 80_000 + s : s - 590)),
      ),
    });
    const { read } = await asking({ url });
    const minutes = minutesOf(await read({}, range), range);
    expect(minutes).toHaveLength(29);
    expect(minutes.find(([at]) => at === 10)).toEqual([10, 60, 0]);
    expect(minutes.filter(([at]) => at !== 10).every(([, total]) => total === 60)).toBe(true);
  });

  it("sees a restart of a young service, that has more behind it after a minute than before", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="shop",code="200"}', (s) => (s < 620 ? s - 500 : (s - 620) * 10)),
      ),
    });
    const { read } = await asking({ url });
    const minutes = minutesOf(await read({}, { from: start + 10 * minute, to: start + 12 * minute }), range);
    // 15 before, 300 after; then 600 a minute.
    expect(minutes).toEqual([
      [10, 315, 0],
      [11, 600, 0],
    ]);
  });

  it("counts a pod that was not scraped for a while, and does not take it for a new one", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="shop",code="200",pod="a"}', steady(10)),
        scraped('http_requests_total{job="shop",code="200",pod="b"}', (s) =>
          s > 600 && s < 1200 ? undefined : 1_000_000 + s,
        ),
      ),
    });
    const { read } = await asking({ url });
    const minutes = minutesOf(await read({}, range), range);
    const sum = minutes.reduce((all, [, total = 0]) => all + total, 0);
    expect(sum).toBe(2 * 29 * 60);
    expect(Math.max(...minutes.map(([, total = 0]) => total))).toBeLessThan(1000);
  });

  it("leaves a gap where nothing was scraped at all, and blames no minute for what came in it", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="shop",code="200"}', (s) =>
          s > 600 && s < 1200 ? undefined : 500 + s,
        ),
      ),
    });
    const { read } = await asking({ url });
    const minutes = minutesOf(await read({}, range), range);
    expect(minutes.map(([at]) => at)).toEqual([
      ...Array.from({ length: 9 }, (_, i) => i + 1),
      ...Array.from({ length: 9 }, (_, i) => i + 21),
    ]);
    expect(minutes.every(([, total]) => total === 60)).toBe(true);
  });

  it("tells no traffic from no data", async () => {
    const { url } = await startPrometheus({
      past: counter(scraped('http_requests_total{job="shop",code="200"}', () => 42)),
    });
    const { read } = await asking({ url });
    expect(minutesOf(await read({}, range), range)).toEqual(
      Array.from({ length: 29 }, (_, i) => [i + 1, 0, 0]),
    );
    const before = { from: start - 60 * minute, to: start };
    expect(await read({}, before)).toMatchObject({ state: "no-data" });
  });

  it("says what is not there, and what is instead", async () => {
    const { url } = await startPrometheus({
      past: counter(
        scraped('http_requests_total{job="checkout",code="200"}', steady(0)),
        scraped('http_requests_total{job="search",code="200"}', steady(0)),
      ),
    });
    const { read, prove } = await asking({ url, values: { version: "v1.4.2" } });
    const wrongValue = await read({}, range);
    expect(wrongValue).toMatchObject({
      state: "no-data",
      why: 'no series matches http_requests_total{job="shop"}; labels there: job="checkout", job="search"',
    });
    const wrongLabel = await read({ labels: { jbo: "checkout" } }, range);
    expect(wrongLabel).toMatchObject({
      state: "no-data",
      why: 'no series matches http_requests_total{jbo="checkout"}: http_requests_total has no label jbo; labels there: code, job',
    });
    const noMetric = await read({ query: { total: "requests_total", bad: "failed_total" } }, range);
    expect(noMetric).toMatchObject({ state: "no-data", why: "there is no metric requests_total" });
    const proofs = await prove(
      {},
      { labels: { jbo: "checkout" } },
      { labels: { job: "checkout" } },
      {
        labels: { job: "checkout" },
        query: { total: "http_requests_total", bad: 'http_requests_total{status="500"}' },
      },
    );
    expect(proofs.map(({ state }) => state)).toEqual(["conflict", "conflict", "ok", "conflict"]);
    expect(proofs[3]?.message).toBe(
      "shop/errors: nothing would ever count as bad: http_requests_total has no label status; labels there: code, job",
    );
  });

  it("finds what is wrong, and what is there, by the minutes that will be judged", async () => {
    const old = (seconds: number) => range.to / 1000 - 7200 + seconds;
    const samples = Array.from({ length: 120 }, (_, i) => [old(5 + 15 * i), 1000 + 15 * i] as const);
    const { url } = await startPrometheus({
      past: [
        counter(past('http_requests_total{job="shop",code="200"}', samples)),
        "# TYPE http_request_duration_seconds histogram",
        past('http_request_duration_seconds_bucket{job="shop",le="1.0"}', samples),
        past('http_request_duration_seconds_bucket{job="shop",le="+Inf"}', samples),
        past('http_request_duration_seconds_count{job="shop"}', samples),
      ].join("\n"),
    });
    const { source } = await asking({ url });
    const over = { from: range.to - 110 * minute, to: range.to - 90 * minute };
    const [errors, latency] = await source.prove([asked({}), asked({ kind: "latency" })], never, over);
    expect(errors).toMatchObject({ state: "ok" });
    expect(latency).toMatchObject({ state: "conflict" });
    expect(latency?.message).toContain("no bucket boundary at 1.5");
  });

  it("does not call a metric unknown that has just begun to be scraped", async () => {
    const just = Math.floor(Date.now() / 1000) - 5;
    const { url } = await startPrometheus({
      past: counter(past('http_requests_total{job="shop",code="200"}', [[just, 7]])),
    });
    const { prove } = await asking({ url });
    const [young, wrong] = await prove({}, { labels: { job: "shpo" } });
    expect(young).toMatchObject({ state: "notice" });
    expect(young?.message).toContain("no samples");
    expect(wrong).toMatchObject({ state: "conflict" });
  });

  it("does not mind before a deploy that the new version has no series yet", async () => {
    const { url } = await startPrometheus({
      past: counter(scraped('http_requests_total{job="shop",code="200",version="v1.4.1"}', steady(0))),
    });
    const { prove } = await asking({ url, values: { version: "v1.4.2" } });
    const labels = { job: "shop", version: "v1.4.2" };
    const [proof] = await prove({ labels });
    expect(proof).toMatchObject({ state: "notice" });
    expect(proof?.message).toContain('labels there: version="v1.4.1"');
    const [older] = await prove({ labels: { ...labels, version: "v1.3" } });
    expect(older).toMatchObject({ state: "conflict" });
    const [canary] = await prove({ arm: "canary", labels: { job: "shop", track: "canary" } });
    expect(canary).toMatchObject({ state: "notice" });
  });

  it("refuses a wrong query before the deploy, with Prometheus' own words", async () => {
    const { url } = await startPrometheus({
      past: counter(scraped('http_requests_total{job="shop",code="200"}', steady(0))),
    });
    const { prove, read } = await asking({ url });
    const broken = { total: "sum(rate(http_requests_total{", bad: "http_requests_total" };
    const [proof, fine] = await prove({ id: "shop/errors", query: broken }, { id: "shop/other" });
    expect(proof).toMatchObject({ state: "conflict" });
    expect(proof?.message).toMatch(/^shop\/errors: Prometheus refuses the query: .*parse error/);
    expect(proof?.remedy).toContain("it was asked: sum(sum(rate(http_requests_total{)");
    expect(fine).toMatchObject({ state: "ok", message: expect.stringMatching(/^shop\/other: \d+ requests/) });
    expect(await read({ query: broken }, range)).toMatchObject({ state: "telemetry-error" });
    const scalar = await read({ query: { total: "1", bad: "0" } }, range);
    expect(scalar).toMatchObject({ state: "telemetry-error", why: expect.stringContaining("got scalar") });
  });

  it("reads levels: the highest of each minute, as a share", async () => {
    const { url } = await startPrometheus({
      past: scraped('cpu_percent{job="shop"}', (s) => (s === 620 ? 97 : 40)),
    });
    const { read, prove } = await asking({ url });
    const query = { query: "cpu_percent", percent: "true" };
    const minutes = minutesOf(await read({ kind: "saturation", query }, range), range);
    expect(minutes.filter(([, level]) => level !== 0.4)).toEqual([[10, 0.97]]);
    const [proof] = await prove({ kind: "saturation", query: { query: "cpu_percent" } });
    expect(proof).toMatchObject({ state: "conflict", message: expect.stringContaining("is no saturation") });
  });

  it("leaves out minutes that are NaN, and does not believe in infinity", async () => {
    const { url } = await startPrometheus({
      past: [
        scraped('some{job="shop"}', (s) => (s > 600 && s < 1200 ? Number.NaN : 10)),
        scraped('none{job="shop"}', () => Number.NaN),
        scraped('all{job="shop"}', (s) => (s > 600 ? Number.POSITIVE_INFINITY : 10)),
      ].join("\n"),
    });
    const { read } = await asking({ url });
    const query = (name: string) => ({ query: { total: `sum(${name}{ {{labels}} })`, bad: "vector(0)" } });
    const some = await read(query("some"), range);
    expect(minutesOf(some, range).map(([at]) => at)).not.toContain(15);
    expect(minutesOf(some, range).map(([at]) => at)).toContain(5);
    expect(await read(query("none"), range)).toMatchObject({
      state: "no-data",
      why: expect.stringContaining("NaN"),
    });
    expect(await read(query("all"), range)).toMatchObject({
      state: "telemetry-error",
      why: expect.stringMatching(/infinitely many in the minute from \d\d:\d\d UTC/),
    });
  });

  it("fills in label values so that they come out as they went in", async () => {
    const { url } = await startPrometheus();
    const nasty = [
      'a"b',
      "a\\",
      '"} or vector(1) or x{a="',
      "line\nbreak",
      "it's",
      "tab\tnul\u0000",
      "é中😀",
      "{{version}} ${VERSION}",
    ];
    for (const value of nasty) {
      // What is absent comes back with the labels that it was asked for with, as Prometheus has read them.
      const query = fill("absent(nothing{ {{labels}} })", { labels: { a: value }, window: "1m", values: {} });
      const within = fill("absent(nothing{a='{{version}}'})", {
        labels: {},
        window: "1m",
        values: { version: value },
      });
      for (const asked of [query, within]) {
        const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(asked)}`);
        const body = (await response.json()) as { data: { result: { metric: Record<string, string> }[] } };
        expect(body.data?.result[0]?.metric, asked).toEqual({ a: value });
      }
    }
  });
});

describe.skipIf(prometheusProgram.skip)("histograms of a real Prometheus (needs prometheus)", () => {
  /** `{le: requests a second within}` */
  const histogram = (boundaries: Readonly<Record<string, number>>, labels = 'job="shop"') =>
    [
      "# TYPE http_request_duration_seconds histogram",
      ...Object.entries(boundaries).map(([le, rate]) =>
        scraped(`http_request_duration_seconds_bucket{${labels},le="${le}"}`, (s) => rate * s),
      ),
      scraped(`http_request_duration_seconds_count{${labels}}`, (s) => (boundaries["+Inf"] ?? 0) * s),
      scraped(`http_request_duration_seconds_sum{${labels}}`, (s) => s),
    ].join("\n");

  it("counts what is above a boundary, however the client writes the number", async () => {
    for (const [le, thresholdSeconds] of [
      ["1.5", 1.5],
      ["2.0", 2],
      ["2", 2],
      ["0.25", 0.25],
    ] as const) {
      const { url, stop } = await startPrometheus({ past: histogram({ "0.1": 4, [le]: 9, "+Inf": 10 }) });
      const { read } = await asking({ url });
      const minutes = minutesOf(await read({ kind: "latency", thresholdSeconds }, range), range);
      expect(minutes).toHaveLength(29);
      expect(new Set(minutes.map(([, total, bad]) => `${total} ${bad}`)), le).toEqual(new Set(["600 60"]));
      await stop();
    }
  });

  it("says which boundaries there are when there is none at the threshold", async () => {
    const { url } = await startPrometheus({ past: histogram({ "0.1": 4, "1.0": 8, "2.5": 9, "+Inf": 10 }) });
    const { read, prove } = await asking({ url });
    const message =
      "http_request_duration_seconds has no bucket boundary at 1.5, so that nobody can say how many are above it; boundaries there: 0.1, 1, 2.5, +Inf";
    expect(await prove({ kind: "latency" })).toEqual([
      {
        state: "conflict",
        message: `shop/latency: ${message}`,
        remedy: "watch for 1 or 2.5 instead, or give the histogram a boundary at 1.5",
      },
    ]);
    expect(await read({ kind: "latency" }, range)).toMatchObject({ state: "telemetry-error", why: message });
  });

  it("notices when one service's histogram has other boundaries than the rest", async () => {
    const { url } = await startPrometheus({
      past: `${histogram({ "1.5": 8, "+Inf": 10 }, 'job="other"')}\n${histogram({ "1.0": 8, "+Inf": 10 }).split("\n").slice(1).join("\n")}`,
    });
    const { prove } = await asking({ url });
    const proofs = await prove(
      { kind: "latency", id: "shop/latency" },
      { kind: "latency", id: "other/latency", labels: { job: "other" } },
    );
    expect(proofs.map(({ state }) => state)).toEqual(["conflict", "ok"]);
    expect(proofs[0]?.message).toContain("boundaries there: 1, +Inf");
  });
});
