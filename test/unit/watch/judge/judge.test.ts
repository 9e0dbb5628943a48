import { describe, expect, it } from "vitest";
import { beginJudge, judgeLook } from "../../../../src/watch/judge/judge.ts";
import { abortMinutes } from "../../../../src/watch/judge/weigh.ts";
import type { JudgeOptions } from "../../../../src/watch/policy.ts";
import type { WatchLook } from "../../../../src/watch/state.ts";
import { minuteMs } from "../../../../src/watch/time.ts";
import type { Answer, CountBucket } from "../../../../src/watch/types.ts";

const options: JudgeOptions = {
  alpha: 0.05,
  rho: 1,
  noWorse: 2,
  minMs: 5 * minuteMs,
  maxMs: 60 * minuteMs,
  bad: 5,
  metrics: [
    { signal: "shop/errors", limit: 0.02 },
    { signal: "shop/latency", limit: null },
  ],
};
const deployedAt = 1000 * minuteMs;

type Rate = (minute: number) => readonly [total: number, bad: number] | null;

function buckets(rate: Rate, from: number, to: number): readonly CountBucket[] {
  const found: CountBucket[] = [];
  for (let minute = from; minute < to; minute++) {
    const counts = rate(minute);
    if (counts) found.push({ start: deployedAt + minute * minuteMs, total: counts[0], bad: counts[1] });
  }
  return found;
}

/** A look `minute` minutes after the deploy, at both metrics alike. */
function look(minute: number, baseline: Rate | null, canary: Rate | null, from = -60): WatchLook {
  const answer = (rate: Rate | null): Answer =>
    rate === null
      ? { state: "telemetry-error", why: "connection refused", sent: [], tookMs: 1 }
      : {
          state: "counts",
          range: { from: deployedAt + from * minuteMs, to: deployedAt + minute * minuteMs },
          buckets: buckets(rate, from, minute),
          sent: [],
          tookMs: 1,
        };
  return {
    at: deployedAt + minute * minuteMs,
    answers: ["shop/errors", "shop/latency"].flatMap((id) => [
      { query: { id, kind: "errors" as const, arm: "baseline" as const }, answer: answer(baseline) },
      { query: { id, kind: "errors" as const, arm: "canary" as const }, answer: answer(canary) },
    ]),
  };
}

const good: Rate = (minute) => [1000, Math.abs(minute) % 2];
const onlyAfter =
  (rate: Rate): Rate =>
  (minute) =>
    minute < 0 ? null : rate(minute);
const canary = onlyAfter((minute) => [300, minute % 7 === 3 ? 1 : 0]);
const bad = onlyAfter(() => [300, 6]);
const times = (minute: number) => ({ deployedAt, at: deployedAt + minute * minuteMs });

function judge(minutes: readonly number[], b: Rate | null, c: Rate | null) {
  let states = beginJudge(options, deployedAt);
  let last = judgeLook(options, states, look(minutes[0] ?? 1, b, c), times(minutes[0] ?? 1));
  for (const minute of minutes) {
    last = judgeLook(options, states, look(minute, b, c), times(minute));
    states = JSON.parse(JSON.stringify(last.states));
  }
  return last;
}

describe("the judge", () => {
  it("splits alpha over its metrics", () => {
    const { evidence } = judge([1], good, canary);
    expect(evidence.map(({ bound }) => bound)).toEqual([Math.log(40), Math.log(40)]);
  });

  it("aborts a canary that is many times worse, but not on fewer minutes than a pattern takes", () => {
    expect(judge([abortMinutes - 1], good, bad).outcome).toBe("not-yet");
    const { outcome, evidence } = judge([abortMinutes], good, bad);
    expect(outcome).toBe("abort");
    expect(evidence[0]?.message).toBe(
      "the canary is worse than the baseline: 2 % of 900 requests bad, against 0.03 % of 3,000",
    );
  });

  it("does not abort on fewer bad requests than its floor", () => {
    const few = onlyAfter((minute) => [2, minute < 4 ? 1 : 0]);
    const perfect: Rate = () => [100_000, 1];
    const { evidence, outcome } = judge([10], perfect, few);
    expect(evidence[0]?.lnAbort).toBeGreaterThan(evidence[0]?.bound ?? Number.NaN);
    expect(outcome).toBe("not-yet");
    expect(evidence[0]?.message).toContain("4 bad requests are too few");
  });

  it("promotes when every metric is known to be no worse", () => {
    const clean = onlyAfter(() => [600, 0]);
    const busy: Rate = () => [2000, 4];
    expect(judge([40], busy, clean).outcome).toBe("promote");
  });

  it("says how much is missing", () => {
    const { evidence } = judge(
      [2],
      good,
      onlyAfter(() => [20, 0]),
    );
    expect(evidence[0]?.message).toMatch(/^about [\d,]+ clean requests more, \d+ min at this rate$/);
  });

  it("needs as many requests as it says", () => {
    const clean = (n: number) => onlyAfter(() => [n, 0]);
    const none: Rate = () => [1000, 0];
    const first = judge([1], none, clean(20)).evidence[0];
    const more = Number(/about ([\d,]+)/.exec(first?.message ?? "")?.[1]?.replace(",", ""));
    const outcomeAfter = (requests: number) =>
      judge(
        [1, 2],
        none,
        onlyAfter((minute) => [minute === 0 ? 20 : requests, 0]),
      ).evidence[0]?.outcome;
    expect(more).toBeGreaterThan(100);
    expect(outcomeAfter(Math.ceil(more * 0.97))).toBe("not-yet");
    expect(outcomeAfter(Math.ceil(more * 1.03))).toBe("promote");
  });

  it("has exactly no evidence without traffic in one of the arms", () => {
    for (const [b, c] of [
      [good, () => null],
      [() => null, canary],
      [good, onlyAfter(() => [0, 0])],
    ] as const) {
      const { evidence } = judge([1, 5, 30], b, c);
      expect(evidence.map(({ lnAbort, lnPromote }) => [lnAbort, lnPromote])).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(evidence[0]?.message).toBe("no minute yet with requests in both arms");
    }
  });

  it("weighs the same whether it looked each minute, now and then, or only at the end", () => {
    const every = judge(
      Array.from({ length: 30 }, (_, i) => i + 1),
      good,
      canary,
    );
    const some = judge([3, 4, 4, 4, 17, 30], good, canary);
    const once = judge([30], good, canary);
    expect(some).toEqual(every);
    expect(once).toEqual(every);
  });

  it("is not swayed by looking again", () => {
    const once = judge([20], good, canary);
    expect(judge([20, 20, 20, 20], good, canary)).toEqual(once);
  });

  it("waits for an arm that cannot be asked, and counts its minutes when it can", () => {
    let { states } = judge([5], good, canary);
    const blind = judgeLook(options, states, look(9, null, canary), times(9));
    expect(blind.outcome).toBe("not-yet");
    expect(blind.evidence[0]?.message).toBe("connection refused");
    states = blind.states;
    expect(judgeLook(options, states, look(30, good, canary), times(30))).toEqual(judge([30], good, canary));
  });

  it("takes a corrected minute while it is young, and no more when it is old", () => {
    const half: Rate = (minute) => (minute === 4 ? [150, 0] : canary(minute));
    const states = judge([5], good, half).states;
    expect(judgeLook(options, states, look(30, good, canary), times(30)).evidence).toEqual(
      judge([30], good, canary).evidence,
    );
    const settled = judge([8], good, half).states;
    expect(judgeLook(options, settled, look(30, good, canary), times(30)).evidence).toEqual(
      judge([30], good, half).evidence,
    );
  });

  it("counts parts of requests as such", () => {
    const tenth =
      (rate: Rate): Rate =>
      (minute) => {
        const counts = rate(minute);
        return counts && [counts[0] / 10, counts[1] / 10];
      };
    const whole = judge([30], good, canary).evidence[0];
    const parts = judge([30], tenth(good), tenth(canary)).evidence[0];
    expect(parts?.requests.canary).toBeCloseTo((whole?.requests.canary ?? 0) / 10, 6);
    expect(Math.abs(parts?.lnAbort ?? 9)).toBeLessThan(Math.abs(whole?.lnAbort ?? 0));
  });
});
