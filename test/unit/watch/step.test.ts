import { describe, expect, it } from "vitest";
import { burnPresets } from "../../../src/core/burn.ts";
import { createPolicy, defaultCriteria, defaultTimes } from "../../../src/watch/policy.ts";
import { fits, rangeNeeded, type WatchLook, type WatchState } from "../../../src/watch/state.ts";
import { begin, step } from "../../../src/watch/step.ts";
import { minuteMs } from "../../../src/watch/time.ts";
import type { Answer, Decision, Reading } from "../../../src/watch/types.ts";
import fc from "../../support/property.ts";

const deployedAt = 100_000 * minuteMs;
const start = { deployedAt, now: deployedAt, version: "v1.0.0" };
const all = defaultCriteria("shop");
const errors = all.filter(({ kind }) => kind === "errors");
const policy = createPolicy({ ...defaultTimes, criteria: errors, judge: null });

type Minute = readonly [total: number, bad: number] | null;

/** Minutes before the deploy are clean; `minutes[0]` is the first after it. */
function lookAt(minutes: readonly Minute[], minute: number, from = -60): WatchLook {
  const buckets = [];
  for (let i = from; i < minute; i++) {
    const counts: Minute = i < 0 ? [600, 0] : (minutes[i] ?? null);
    if (counts) buckets.push({ start: deployedAt + i * minuteMs, total: counts[0], bad: counts[1] });
  }
  const at = deployedAt + minute * minuteMs;
  const range = { from: deployedAt + from * minuteMs, to: at };
  const answer: Answer = { state: "counts", range, buckets, sent: [], tookMs: 1 };
  return { at, answers: [{ query: { id: "shop/errors", kind: "errors", arm: "all" }, answer }] };
}

function run(minutes: readonly Minute[], looks: readonly number[], own = policy) {
  let state = begin(own, start);
  let decision: Decision | null = null;
  for (const minute of looks)
    ({ state, decision } = step(own, JSON.parse(JSON.stringify(state)), lookAt(minutes, minute)));
  if (decision === null) throw new Error("no look");
  return { state, decision };
}

const everyMinute = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const minuteOf = fc
  .oneof(
    { weight: 8, arbitrary: fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 6 })) },
    { weight: 1, arbitrary: fc.constant(null) },
  )
  .map((one): Minute => (one === null ? null : [one[0], Math.min(one[0], one[1])]));
const stretch = fc.array(minuteOf, { minLength: 12, maxLength: 25 });

describe("a watch", () => {
  it("is the same whether it was killed between any two looks or not, and however often it looked", () => {
    fc.assert(
      fc.property(
        stretch,
        fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
        (minutes, some) => {
          const soFar = everyMinute(9);
          const few = [...some.toSorted((a, b) => a - b), 9];
          const [often, rarely] = [run(minutes, soFar), run(minutes, few)];
          fc.pre(!often.decision.final && !rarely.decision.final);
          expect(rarely.state).toEqual(often.state);
          expect(rarely.decision).toEqual(often.decision);
        },
      ),
    );
  });

  it("does not count a look twice", () => {
    fc.assert(
      fc.property(stretch, (minutes) => {
        const once = run(minutes, [1, 2, 3, 4, 5]);
        fc.pre(!once.decision.final);
        expect(run(minutes, [1, 2, 2, 3, 3, 3, 4, 5, 5])).toEqual(once);
      }),
    );
  });

  it("never becomes well by more bad requests", () => {
    const minute = fc.tuple(fc.integer({ min: 100, max: 300 }), fc.integer({ min: 0, max: 10 }));
    fc.assert(
      fc.property(
        fc.array(minute, { minLength: 20, maxLength: 20 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 90 }),
        (minutes, i, more) => {
          const end = (list: readonly Minute[]) => run(list, everyMinute(20)).decision.action;
          const worse = minutes.map(
            ([total, bad], n): Minute => [total, Math.min(total, n === i ? bad + more : bad)],
          );
          if (end(minutes) === "rollback") expect(end(worse)).toBe("rollback");
          if (end(worse) === "promote") expect(end(minutes)).toBe("promote");
        },
      ),
    );
  });

  it("stays as it ended", () => {
    const good = Array.from({ length: 40 }, (): Minute => [600, 0]);
    const { state, decision } = run(good, everyMinute(10));
    expect(decision).toMatchObject({ action: "promote", final: true });
    const later = step(policy, state, lookAt([[600, 600]], 11));
    expect(later).toEqual({ state, decision });
  });

  it("says until when it waits once its time is over", () => {
    const late = Array.from({ length: 40 }, (_, i): Minute => (i < 8 ? [600, 0] : null));
    expect(run(late, everyMinute(10)).decision.message).toMatch(
      /^10 min, 10 min were planned, waiting up to 15 min: /,
    );
  });

  it("does not go back in time with a clock that was set back", () => {
    const good = Array.from({ length: 40 }, (): Minute => [600, 0]);
    const before = run(good, [1, 2, 3, 4, 5]);
    const { state, decision } = step(policy, before.state, lookAt(good, 2));
    expect([state.at, decision.at]).toEqual([before.state.at, before.state.at]);
    expect(state.criteria["shop/errors"]).toEqual(before.state.criteria["shop/errors"]);
  });

  it("does not go on under another policy", () => {
    const other = createPolicy({ ...policy, forMs: 1 });
    const { state } = run([[600, 0]], [1]);
    expect([fits(policy, state), fits(other, state)]).toEqual([true, false]);
    expect(() => step(other, state, lookAt([], 2))).toThrow(TypeError);
  });

  it("never succeeds with nothing to watch", () => {
    const nothing = createPolicy({ ...defaultTimes, criteria: [], judge: null });
    const { decision } = step(nothing, begin(nothing, start), {
      at: deployedAt + 10 * minuteMs,
      answers: [],
    });
    expect(decision).toMatchObject({ action: "hold", final: true });
    expect(decision.reasons).toEqual(["nothing is watched"]);
  });

  it("never succeeds on a signal that was not asked for", () => {
    const { decision } = step(policy, begin(policy, start), { at: deployedAt + 15 * minuteMs, answers: [] });
    expect(decision).toMatchObject({ action: "hold", readings: [{ state: "telemetry-error" }] });
  });

  it("rolls back for a breach that was found elsewhere, and waits for what is not known there", () => {
    const elsewhere = (state: Reading["state"]): Reading => ({
      signal: "migration",
      criterion: "any breach",
      state,
      message: "a table was locked for 40 s",
      arithmetic: {},
    });
    const look = (state: Reading["state"]) => ({ ...lookAt([[600, 0]], 1), also: [elsewhere(state)] });
    const decide = (state: Reading["state"]) => step(policy, begin(policy, start), look(state)).decision;
    expect(decide("breach")).toMatchObject({
      action: "rollback",
      final: true,
      message: "migration: a table was locked for 40 s",
    });
    expect(decide("telemetry-error")).toMatchObject({ action: "hold", final: false });
  });

  it("knows T−0 from a look before the deploy where the source has no memory", () => {
    const burning = Array.from({ length: 9 }, (): Minute => [600, 60]);
    const buckets = everyMinute(9).map((i) => ({ start: deployedAt - i * minuteMs, total: 600, bad: 60 }));
    const range = { from: deployedAt - 9 * minuteMs, to: deployedAt };
    const answer: Answer = { state: "counts", range, buckets, sent: [], tookMs: 1 };
    const before: WatchLook = {
      at: deployedAt,
      answers: [{ query: { id: "shop/errors", kind: "errors", arm: "all" }, answer }],
    };
    const knowing = step(policy, begin(policy, { ...start, before }), lookAt(burning, 5, 0));
    expect(knowing.decision).toMatchObject({ action: "hold" });
    expect(knowing.decision.readings[0]?.excused).toBe("it was so before the deploy: 10 % then, 10 % now");
    expect(step(policy, begin(policy, start), lookAt(burning, 5, 0)).decision.action).toBe("rollback");
  });
});

describe("what a watch asks and remembers", () => {
  const day = 24 * 60;
  const burn = all.flatMap((one) =>
    one.kind === "burn" ? [{ ...one, pairs: burnPresets["classic-30d"] }] : [],
  );

  it("is no more than its widest window, and does not grow in 24 hours", () => {
    const long = createPolicy({
      ...defaultTimes,
      criteria: [...all],
      judge: null,
      forMs: 2 * day * minuteMs,
    });
    let state: WatchState = begin(long, start);
    const sizes: number[] = [];
    for (let minute = 1; minute <= day; minute++) {
      const at = deployedAt + minute * minuteMs;
      const range = rangeNeeded(long, state, at);
      const from = (range.from - deployedAt) / minuteMs;
      if (minute > 1) expect(range.to - range.from).toBeLessThanOrEqual(60 * minuteMs);
      const minutes = Array.from({ length: minute }, (_, i): Minute => [600, i % 3 === 0 ? 1 : 0]);
      const look = lookAt(minutes, minute, from);
      const answers = ["errors", "latency"].map((kind) => ({
        query: { id: `shop/${kind}`, kind: kind as "errors", arm: "all" as const },
        answer: look.answers[0]?.answer as Answer,
      }));
      const levels = {
        state: "levels" as const,
        range,
        buckets: [{ start: at - minuteMs, level: 0.4 }],
        sent: [],
        tookMs: 1,
      };
      const saturation = {
        query: { id: "shop/saturation", kind: "saturation" as const, arm: "all" as const },
        answer: levels,
      };
      state = step(long, state, { at, answers: [...answers, saturation] }).state;
      sizes.push(JSON.stringify(state).length);
    }
    expect(Math.max(...sizes.slice(60))).toBeLessThan(1.2 * Math.max(...sizes.slice(0, 60)));
    expect(sizes.at(-1)).toBeLessThan(4000);
  });

  it("never reaches back before the deploy once it is known how things were then", () => {
    const classic = createPolicy({ ...defaultTimes, criteria: burn, judge: null });
    const fresh = begin(classic, start);
    const first = rangeNeeded(classic, fresh, deployedAt + minuteMs);
    expect(first).toEqual({ from: deployedAt - 72 * 60 * minuteMs, to: deployedAt + minuteMs });
    const { state } = step(classic, fresh, lookAt([[600, 0]], 1));
    expect(rangeNeeded(classic, state, deployedAt + 5 * minuteMs).from).toBe(deployedAt);
  });

  it("asks again for what could not be asked", () => {
    const blind = (minute: number): WatchLook => ({
      at: deployedAt + minute * minuteMs,
      answers: [
        {
          query: { id: "shop/errors", kind: "errors", arm: "all" },
          answer: { state: "telemetry-error", why: "timeout", sent: [], tookMs: 30_000 },
        },
      ],
    });
    const good = Array.from({ length: 40 }, (): Minute => [600, 0]);
    let { state } = run(good, everyMinute(5), createPolicy({ ...policy, forMs: 60 * minuteMs }));
    const own = createPolicy({ ...policy, forMs: 60 * minuteMs });
    for (let minute = 6; minute < 20; minute++) state = step(own, state, blind(minute)).state;
    const { from } = rangeNeeded(own, state, deployedAt + 20 * minuteMs);
    expect(from).toBe(deployedAt + 3 * minuteMs);
    const { state: after } = step(own, state, lookAt(good, 20));
    expect(after.criteria["shop/errors"]).toMatchObject({ unknown: 0, telemetrySince: null });
  });
});
