import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../../../../bench/judge/random.ts";
import { addToSpread, dispersion, noSpread, type Spread } from "../../../../src/watch/judge/spread.ts";
import { minuteMs } from "../../../../src/watch/time.ts";

type Arm = (random: Random, minute: number) => number;
const traffic = 1000;

/** Four hours of both arms. */
function spreadOf(baseline: Arm, canary: Arm | null, seed = 5): Spread {
  const random = createRandom(seed);
  let spread = noSpread;
  for (let minute = 0; minute < 240; minute++) {
    const one = { total: traffic, bad: baseline(random, minute) };
    const other = canary ? { total: traffic, bad: canary(random, minute) } : { total: 0, bad: 0 };
    spread = addToSpread(spread, minute * minuteMs, one, other);
  }
  return spread;
}

const single: Arm = (random) => random.poisson(20);
const bursts: Arm = (random) => random.poisson(2) * 10;

describe("dispersion", () => {
  it("is about 1 where bad requests come one by one", () => {
    expect(dispersion(spreadOf(single, single))).toBeGreaterThanOrEqual(1);
    expect(dispersion(spreadOf(single, single))).toBeLessThan(1.7);
    expect(dispersion(spreadOf(single, null))).toBeLessThan(1.7);
  });

  it("is about the size of a burst where they come in bursts", () => {
    const found = dispersion(spreadOf(bursts, bursts));
    expect(found).toBeGreaterThan(8);
    expect(found).toBeLessThan(17);
  });

  it("sees bursts of the canary alone", () => {
    expect(dispersion(spreadOf(single, bursts))).toBeGreaterThan(4);
  });

  it("does not take for bursts what befalls both arms alike, nor a canary that is always worse", () => {
    const incident: Arm = (random, minute) => random.poisson(minute >= 100 && minute < 130 ? 400 : 20);
    const worse: Arm = (random) => random.poisson(100);
    expect(dispersion(spreadOf(incident, incident))).toBeLessThan(2.2);
    expect(dispersion(spreadOf(single, worse))).toBeLessThan(1.7);
  });

  it("finds bursts that last longer than a minute", () => {
    let left = 0;
    const lasting: Arm = (random) => {
      left += random.poisson(0.5) * 40;
      const now = Math.ceil(left / 3);
      left -= now;
      return now;
    };
    const found = spreadOf(lasting, null);
    expect(dispersion(found)).toBeGreaterThan(12);
    expect(dispersion(found)).toBeGreaterThan(3 * (found.minutes.squares / found.minutes.expected));
  });

  it("is careful while little is known", () => {
    const few = addToSpread(noSpread, 0, { total: 100, bad: 1 }, { total: 100, bad: 1 });
    expect(dispersion(few)).toBe(10);
    expect(dispersion(noSpread)).toBe(10);
  });

  it("does not grow with time", () => {
    const size = (spread: Spread) => JSON.stringify(spread).length;
    expect(size(spreadOf(single, single))).toBeLessThan(1200);
  });

  it("compares no minutes that have a gap between them", () => {
    const one = { total: 100, bad: 1 };
    const many = { total: 100, bad: 90 };
    const before = addToSpread(noSpread, 0, one, one);
    expect(addToSpread(before, minuteMs, many, one).minutes.pairs).toBe(1);
    expect(addToSpread(before, 2 * minuteMs, many, one).minutes.pairs).toBe(0);
  });
});
