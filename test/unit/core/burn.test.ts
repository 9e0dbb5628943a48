import { describe, expect, it } from "vitest";
import { badRate, budgetLeft, burning, burnPresets, burnRate, pool } from "../../../src/core/burn.ts";
import fc from "../../support/property.ts";

const counts = fc
  .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, part]) => ({ total, bad: total * part }));
const floors = { requests: 30, bad: 5 };
const pair = burnPresets.fast[0];

describe("burn", () => {
  it("is that of all requests, never a mean of rates", () => {
    const quiet = { total: 10, bad: 5 };
    const busy = { total: 9990, bad: 5 };
    expect(badRate(pool([quiet, busy]))).toBe(0.001);
    expect(burnRate(pool([quiet, busy]), 0.999)).toBeCloseTo(1, 9);
  });

  it("does not depend on how requests are divided into buckets", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1 }), fc.integer({ min: 1, max: 20 }), (buckets, at) => {
        const whole = pool(buckets);
        const parts = pool([pool(buckets.slice(0, at)), pool(buckets.slice(at))]);
        expect(parts.total).toBeCloseTo(whole.total, 3);
        expect(parts.bad).toBeCloseTo(whole.bad, 3);
      }),
    );
  });

  it("is nothing without requests", () => {
    expect([badRate({ total: 0, bad: 0 }), burnRate({ total: 0, bad: 0 }, 0.99)]).toEqual([null, null]);
    expect(budgetLeft({ total: 0, bad: 0 }, 0.99)).toBeNull();
  });

  it("leaves of a budget what was not spent, and less than nothing when overspent", () => {
    expect(budgetLeft({ total: 10_000, bad: 4 }, 0.999)).toBeCloseTo(0.6, 9);
    expect(budgetLeft({ total: 10_000, bad: 25 }, 0.999)).toBeCloseTo(-1.5, 9);
  });

  it.each([
    ["both windows burn", { total: 60_000, bad: 300 }, { total: 10_000, bad: 50 }, "breach"],
    ["only the short one does", { total: 60_000, bad: 60 }, { total: 10_000, bad: 50 }, "ok"],
    ["only the long one does", { total: 60_000, bad: 300 }, { total: 10_000, bad: 10 }, "ok"],
    ["exactly at the factor", { total: 1000, bad: 2 }, { total: 1000, bad: 2 }, "ok"],
    ["four bad requests", { total: 400, bad: 4 }, { total: 400, bad: 4 }, "thin"],
    ["too few requests", { total: 60_000, bad: 300 }, { total: 29, bad: 20 }, "thin"],
    ["no traffic", { total: 0, bad: 0 }, { total: 0, bad: 0 }, "thin"],
  ] as const)("%s", (_name, long, short, state) => {
    expect(burning(pair, long, short, 0.999, floors).state).toBe(state);
  });

  it("never becomes less with one more bad request", () => {
    fc.assert(
      fc.property(counts, counts, fc.double({ min: 0, max: 1, noNaN: true }), (long, short, part) => {
        const order = { ok: 0, thin: 0, breach: 1 };
        const more = (c: typeof long) => ({ total: c.total, bad: c.bad + (c.total - c.bad) * part });
        const before = burning(pair, long, short, 0.999, floors);
        const after = burning(pair, more(long), more(short), 0.999, floors);
        expect(order[after.state]).toBeGreaterThanOrEqual(order[before.state]);
      }),
    );
  });
});
