import { describe, expect, it } from "vitest";
import * as z from "zod";
import { SentinelError } from "../../../src/core/errors.ts";
import type { LatencyCriterion } from "../../../src/watch/policy.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { lasting, policyFrom, queriesFrom } from "../../../src/watch/settings-policy.ts";
import { watchSchema } from "../../../src/watch/settings-schema.ts";
import { planQuery } from "../../../src/watch/sources/prometheus/plan.ts";
import { objective, share, spanMs } from "../../../src/watch/span.ts";

const schema = watchSchema(z, () => true);
const filled = { environment: "prod", version: "v1.4.2" };
const minuteMs = 60_000;

describe("durations, shares and objectives", () => {
  it.each<[string | number, number | undefined]>([
    ["90s", 90_000],
    ["5min", 300_000],
    ["10m", 600_000],
    ["1h", 3_600_000],
    ["3d", 259_200_000],
    [2.5, 2500],
    ["0s", undefined],
    ["31d", undefined],
    ["soon", undefined],
    ["-5min", undefined],
  ])("%s is %s ms", (text, ms) => expect(spanMs(text)).toBe(ms));

  it.each<[string | number, number | undefined]>([
    ["2%", 0.02],
    [0.02, 0.02],
    ["80 %", 0.8],
    [2, undefined],
    ["200%", undefined],
  ])("%s is the share %s", (text, value) => expect(share(text)).toBe(value));

  it.each<[string | number, number | undefined]>([
    ["99.9%", 0.999],
    [99.9, 0.999],
    [0.999, 0.999],
    [100, undefined],
    [2, undefined],
  ])("%s is the objective %s", (text, value) =>
    value === undefined
      ? expect(objective(text)).toBeUndefined()
      : expect(objective(text)).toBeCloseTo(value, 12),
  );
});

describe("the shape of watch:", () => {
  it.each<[string, object]>([
    ["nothing", {}],
    ["signals that are off and on", { signals: { burn: false, saturation: true, latency: {} } }],
    ["a window of days", { signals: { burn: { slo: "99.95%", above: 1, over: ["6h", "3d"] } } }],
    ["a service without anything", { services: { shop: null } }],
    ["a canary", { canary: { alpha: 0.01, baseline: { labels: { a: "b" } }, canary: { url: "http://x" } } }],
  ])("takes %s", (_, value) => expect(schema.safeParse(value).error).toBeUndefined());

  it.each<[string, object]>([
    ["a key that it does not know", { signal: {} }],
    ["a window that is no whole number of minutes", { signals: { errors: { over: "90s" } } }],
    ["a share beyond everything", { signals: { errors: { above: 2 } } }],
    ["an objective of everything", { signals: { burn: { slo: 100 } } }],
    ["one window of two", { signals: { burn: { over: ["10min"] } } }],
    ["a source that there is not", { source: "graphite" }],
    ["a service with a name of its own sort", { services: { "a/b": {} } }],
    ["a chance of one half", { canary: { alpha: 0.5 } }],
  ])("refuses %s", (_, value) => expect(schema.safeParse(value).success).toBe(false));
});

describe("settings as a policy", () => {
  it("without any: latency, errors and burn of one service, for 10 minutes", () => {
    const policy = policyFrom({});
    expect(policy.criteria.map(({ id }) => id)).toEqual([
      "service/latency",
      "service/errors",
      "service/burn",
    ]);
    expect(policy).toMatchObject({ forMs: 10 * minuteMs, everyMs: minuteMs, judge: null });
  });

  it("saturation is watched where somebody says how", () => {
    const policy = policyFrom({
      labels: { job: "shop" },
      signals: { saturation: { query: "max(x)", above: "90%" } },
    });
    expect(policy.criteria.at(-1)).toMatchObject({ id: "shop/saturation", above: 0.9 });
  });

  it("a service's own signals lie over those of all", () => {
    const policy = policyFrom({
      signals: { latency: { above: "800ms", percentile: 99 }, burn: false },
      services: { shop: { signals: { latency: { for: "3min" } } }, search: { signals: { latency: false } } },
    });
    expect(policy.criteria.map(({ id }) => id)).toEqual(["shop/latency", "shop/errors", "search/errors"]);
    const latency = policy.criteria[0] as LatencyCriterion;
    expect(latency).toMatchObject({ thresholdSeconds: 0.8, percentile: 99, forMs: 3 * minuteMs });
  });

  it("a burn rate by its preset, or by windows in any order", () => {
    const pairs = (burn: NonNullable<WatchSettings["signals"]>["burn"]) =>
      policyFrom({ signals: { latency: false, errors: false, burn: burn ?? true } }).criteria[0];
    expect(pairs({ preset: "classic-30d" })).toMatchObject({ pairs: { length: 4 } });
    expect(pairs({ above: 3, over: ["1h", "5min"], slo: 99.5 })).toMatchObject({
      objective: 0.995,
      pairs: [{ factor: 3, shortMs: 5 * minuteMs, longMs: 60 * minuteMs }],
    });
    expect(() => pairs({ preset: "fast", above: 3 })).toThrow(SentinelError);
  });

  it("the digest changes with what is judged by, and with nothing else", () => {
    const digest = (settings: WatchSettings) => policyFrom(settings).digest;
    expect(digest({ prometheus: { url: "http://a" } })).toBe(digest({ source: "prober" }));
    expect(digest({ floors: { bad: 6 } })).not.toBe(digest({}));
  });

  it("a length that is asked for is that of a canary's watch too", () => {
    const arms = { baseline: { labels: { t: "s" } }, canary: { labels: { t: "c" } } };
    const judged = (forMs: number) => policyFrom(lasting({ canary: arms }, forMs)).judge;
    expect(judged(20 * minuteMs)).toMatchObject({ minMs: 5 * minuteMs, maxMs: 20 * minuteMs });
    expect(judged(3 * minuteMs)).toMatchObject({ minMs: 3 * minuteMs, maxMs: 3 * minuteMs });
    expect(policyFrom(lasting({}, 20 * minuteMs))).toMatchObject({ forMs: 20 * minuteMs, judge: null });
  });

  it.each<[string, WatchSettings]>([
    ["nothing is watched", { signals: { latency: false, errors: false, burn: false } }],
    ["both arms are asked for in the same way", { canary: {} }],
    [
      "min is longer than max",
      { canary: { min: "2h", baseline: { labels: { t: "s" } }, canary: { labels: { t: "c" } } } },
    ],
  ])("%s: refused", (_, settings) => expect(() => policyFrom(settings)).toThrow(SentinelError));
});

describe("settings as queries", () => {
  it("labels of all, of the service and of the arm, with the version filled in", () => {
    const settings: WatchSettings = {
      labels: { env: "${ENVIRONMENT}", version: "${VERSION}" },
      services: { shop: { labels: { job: "shop" } } },
      signals: { latency: { histogram: "latency_seconds" }, errors: { total: "t", bad: "b" }, burn: false },
      canary: { baseline: { labels: { version: "stable" } }, canary: { labels: { track: "canary" } } },
    };
    const queries = queriesFrom(settings, policyFrom(settings), filled);
    const named = queries.map(({ id, arm }) => `${id} ${arm}`);
    expect(named.sort()).toEqual([
      "shop/errors baseline",
      "shop/errors canary",
      "shop/latency baseline",
      "shop/latency canary",
    ]);
    const canary = queries.find(({ id, arm }) => id === "shop/latency" && arm === "canary");
    expect(canary).toMatchObject({
      thresholdSeconds: 1.5,
      query: { histogram: "latency_seconds" },
      labels: { env: "prod", version: "v1.4.2", job: "shop", track: "canary" },
    });
    const baseline = queries.find(({ id, arm }) => id === "shop/errors" && arm === "baseline");
    expect(baseline).toMatchObject({ query: { total: "t", bad: "b" }, labels: { version: "stable" } });
  });

  it("a name that stands for nothing is an error that says how to mend it", () => {
    const versioned: WatchSettings = { labels: { version: "${VERSION}" } };
    const asked = () => queriesFrom(versioned, policyFrom(versioned), { environment: "prod", version: null });
    expect(asked).toThrow(/no version was given/);
    const query = { signals: { errors: { total: 'a{v="${VERSION}"}', bad: "b" } } };
    expect(() => queriesFrom(query, policyFrom(query), { environment: "prod", version: null })).toThrow(
      /no version was given/,
    );
    const wrong: WatchSettings = { labels: { region: "${REGION}" } };
    expect(() => queriesFrom(wrong, policyFrom(wrong), filled)).toThrow(/only VERSION and ENVIRONMENT/);
  });

  it("leave it to Prometheus' source to fill in its queries: a version must not end the quotes around it", () => {
    const version = 'v1"} or vector(0) or x{a="';
    const settings: WatchSettings = {
      signals: { errors: { total: 'sum(all{version="${VERSION}"})', bad: "sum(bad)" }, latency: false },
    };
    const policy = policyFrom(settings);
    const [query] = queriesFrom(settings, policy, { environment: "prod", version }, "prometheus");
    if (!query) throw new Error("none");
    const { parts } = planQuery(query, { environment: "prod", version }, undefined);
    expect(parts[0]?.expression).toBe(String.raw`sum(sum(all{version="v1\"} or vector(0) or x{a=\""}))`);
    const [own] = queriesFrom(settings, policy, { environment: "prod", version: "v1" }, "exec");
    expect(own?.query["total"]).toBe('sum(all{version="v1"})');
  });
});
