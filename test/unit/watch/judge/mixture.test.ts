import { describe, expect, it } from "vitest";
import {
  addMinute,
  belowLimit,
  better,
  cleanRequest,
  mixture,
  worse,
} from "../../../../src/watch/judge/mixture.ts";
import fc from "../../../support/property.ts";

const zeros = worse.r.map(() => 0);
const amount = fc.double({ min: 0.5, max: 1e5, noNaN: true });
const part = fc.double({ min: 0, max: 1, noNaN: true });
const arm = fc.tuple(amount, part).map(([total, p]) => ({ total, bad: total * p }));
const none = { total: 0, bad: 0 };

describe("the evidence of a minute", () => {
  it("is exactly nothing without traffic in both arms", () => {
    fc.assert(
      fc.property(arm, (one) => {
        for (const [b, c] of [
          [one, none],
          [none, one],
          [none, none],
        ] as const)
          expect(addMinute(zeros, worse, 1, b, c)).toEqual(zeros);
      }),
    );
    expect(mixture(zeros, 1)).toBe(0);
    expect(mixture(zeros, 7.3)).toBe(0);
  });

  it("is the formula, by hand: 100 and 100 requests, 1 and 5 bad, twice as bad", () => {
    const u = (100 + 100) / (100 + 2 * 100);
    const sums = addMinute(zeros, worse, 1, { total: 100, bad: 1 }, { total: 100, bad: 5 });
    expect(sums[worse.r.indexOf(2)]).toBeCloseTo(6 * Math.log(u) + 5 * Math.log(2), 12);
  });

  it("does not depend on the order of minutes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(arm, arm), { minLength: 1, maxLength: 20 }), (minutes) => {
        const all = (list: typeof minutes) =>
          mixture(
            list.reduce<readonly number[]>((sums, [b, c]) => addMinute(sums, worse, 1, b, c), zeros),
            1,
          );
        const [there, back] = [all(minutes), all(minutes.toReversed())];
        expect(Math.abs(there - back)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(there)) + 1e-6);
      }),
    );
  });

  it("does not depend on how a minute is divided, where both arms are divided alike", () => {
    fc.assert(
      fc.property(arm, arm, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (b, c, p) => {
        const of = (x: typeof b, q: number) => ({ total: x.total * q, bad: x.bad * q });
        const whole = addMinute(zeros, worse, 1, b, c);
        const halves = addMinute(
          addMinute(zeros, worse, 1, of(b, p), of(c, p)),
          worse,
          1,
          of(b, 1 - p),
          of(c, 1 - p),
        );
        for (const [i, sum] of halves.entries())
          expect(Math.abs(sum - (whole[i] ?? 0))).toBeLessThanOrEqual(1e-9 * (1 + b.bad + c.bad) * 10);
      }),
    );
  });

  it("against a good canary grows with each bad request of it, and falls with each of the baseline", () => {
    fc.assert(
      fc.property(arm, arm, (b, c) => {
        const e = (kb: number, kc: number) =>
          mixture(addMinute(zeros, worse, 1, { total: b.total, bad: kb }, { total: c.total, bad: kc }), 1);
        expect(e(b.bad, c.bad + 1)).toBeGreaterThan(e(b.bad, c.bad));
        expect(e(b.bad + 1, c.bad)).toBeLessThan(e(b.bad, c.bad));
      }),
    );
  });

  it("is on average no more than 1 where the canary is as good as it may be, whatever the traffic", () => {
    // Given so many bad requests in all, those of the canary are binomial: the mean of E over them is exactly 1.
    for (const [nb, nc, ratio] of [
      [100, 100, 1],
      [950, 50, 1],
      [30, 400, 1.5],
    ] as const) {
      const k = 12;
      const p = (ratio * nc) / (nb + ratio * nc);
      let mean = 0;
      let chance = (1 - p) ** k;
      for (let kc = 0; kc <= k; kc++) {
        const sums = addMinute(zeros, worse, ratio, { total: nb, bad: k - kc }, { total: nc, bad: kc });
        mean += chance * Math.exp(mixture(sums, 1));
        chance *= ((k - kc) / (kc + 1)) * (p / (1 - p));
      }
      expect(mean).toBeCloseTo(1, 9);
    }
  });

  it("is less, never more, for a larger dispersion, once there is any", () => {
    fc.assert(
      fc.property(arm, arm, fc.double({ min: 1, max: 50, noNaN: true }), (b, c, spread) => {
        const sums = addMinute(zeros, worse, 1, b, c);
        const plain = mixture(sums, 1);
        if (plain > 0) expect(mixture(sums, spread)).toBeLessThanOrEqual(plain + 1e-9);
      }),
    );
  });

  it("does not overflow", () => {
    const sums = addMinute(zeros, worse, 1, { total: 1e9, bad: 0 }, { total: 1e9, bad: 1e8 });
    expect(Number.isFinite(mixture(sums, 1))).toBe(true);
    expect(
      Number.isFinite(
        mixture(addMinute(zeros, better, 2, { total: 1, bad: 1 }, { total: 1e9, bad: 1e9 }), 1),
      ),
    ).toBe(true);
  });
});

describe("the evidence for a rate below a limit", () => {
  it.each([
    [0.05, 74],
    [0.02, 187],
    [0.01, 377],
    [0.001, 3782],
  ])("takes, at a limit of %d, %d clean requests", (limit, requests) => {
    const needed = Math.log(1 / 0.05);
    expect(belowLimit({ total: requests, bad: 0 }, limit)).toBeGreaterThanOrEqual(needed);
    expect(belowLimit({ total: requests - 1, bad: 0 }, limit)).toBeLessThan(needed);
    expect(requests * cleanRequest(limit)).toBeCloseTo(belowLimit({ total: requests, bad: 0 }, limit), 12);
  });

  it("falls with each bad request", () => {
    expect(belowLimit({ total: 500, bad: 1 }, 0.02)).toBeLessThan(belowLimit({ total: 500, bad: 0 }, 0.02));
    expect(belowLimit({ total: 500, bad: 25 }, 0.02)).toBeLessThan(0);
  });
});
