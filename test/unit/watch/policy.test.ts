import { describe, expect, it } from "vitest";
import {
  createPolicy,
  defaultCriteria,
  defaultJudge,
  defaultPolicy,
  defaultTimes,
  queriesNeeded,
} from "../../../src/watch/policy.ts";

const criteria = defaultCriteria("shop");

describe("a policy", () => {
  it("has the defaults that are promised", () => {
    const { forMs, budgets } = defaultPolicy(["shop"]);
    expect({ forMs, budgets }).toEqual({
      forMs: 600_000,
      budgets: { noDataMs: 300_000, telemetryMs: 300_000 },
    });
    expect(criteria).toMatchObject([
      { kind: "latency", thresholdSeconds: 1.5, percentile: 95, forMs: 300_000, floors: { bad: 5 } },
      { kind: "errors", above: 0.02, overMs: 300_000, floors: { bad: 5 } },
      { kind: "burn", objective: 0.999, pairs: [{ factor: 2, longMs: 3_600_000, shortMs: 600_000 }] },
      { kind: "saturation", above: 0.8, forMs: 600_000 },
    ]);
  });

  it("is told from another by its digest, whatever changes", () => {
    const base = { ...defaultTimes, criteria, judge: null };
    const digests = [
      base,
      { ...base, forMs: 1 },
      { ...base, criteria: criteria.slice(1) },
      { ...base, judge: defaultJudge(criteria) },
      { ...base, budgets: { noDataMs: 1, telemetryMs: 1 } },
    ].map((parts) => createPolicy(parts).digest);
    expect(new Set(digests).size).toBe(5);
    expect(digests[0]).toBe(defaultPolicy(["shop"]).digest);
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("asks for each signal once", () => {
    expect(queriesNeeded(defaultPolicy(["shop", "pay"]))).toEqual([
      { id: "shop/latency", kind: "latency", service: "shop", thresholdSeconds: 1.5, arm: "all" },
      { id: "shop/errors", kind: "errors", service: "shop", arm: "all" },
      { id: "shop/saturation", kind: "saturation", service: "shop", arm: "all" },
      { id: "pay/latency", kind: "latency", service: "pay", thresholdSeconds: 1.5, arm: "all" },
      { id: "pay/errors", kind: "errors", service: "pay", arm: "all" },
      { id: "pay/saturation", kind: "saturation", service: "pay", arm: "all" },
    ]);
  });

  it("asks for both arms where there is a judge", () => {
    const arms = queriesNeeded({ criteria, judge: defaultJudge(criteria) }).map(
      ({ id, arm }) => `${id} ${arm}`,
    );
    expect(arms).toEqual(
      ["latency", "errors", "saturation"].flatMap((id) => [`shop/${id} canary`, `shop/${id} baseline`]),
    );
  });

  it("takes a burn's counts from errors or from slow requests, whatever comes first", () => {
    const [latency, , burn] = criteria;
    if (latency?.kind !== "latency" || burn?.kind !== "burn") throw new Error("the defaults have changed");
    const slow = { ...burn, signal: "shop/latency" };
    expect(queriesNeeded({ criteria: [slow, latency], judge: null })).toHaveLength(1);
    expect(queriesNeeded({ criteria: [burn], judge: null })).toMatchObject([{ kind: "errors" }]);
  });

  it("refuses criteria that contradict each other", () => {
    const [latency] = criteria;
    if (latency?.kind !== "latency") throw new Error("the defaults have changed");
    const policy =
      (...all: typeof criteria) =>
      () =>
        createPolicy({ ...defaultTimes, judge: null, criteria: all });
    expect(policy(latency, latency)).toThrow(new RangeError("two criteria are called shop/latency"));
    expect(policy(latency, { ...latency, id: "p99", thresholdSeconds: 3 })).toThrow(
      new RangeError("criteria want different things of shop/latency"),
    );
  });
});
