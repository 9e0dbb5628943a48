import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backtest, replayStretch, unrecorded } from "../../../../src/watch/backtest/replay.ts";
import { recordedOf, type Stretch } from "../../../../src/watch/backtest/stretch.ts";
import { createPolicy, defaultCriteria, defaultPolicy, defaultTimes } from "../../../../src/watch/policy.ts";
import { minuteMs } from "../../../../src/watch/time.ts";
import type { Answer, CountBucket } from "../../../../src/watch/types.ts";
import { type Case, lookAtMinute, play } from "../play.ts";

const caseOf = (name: string) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../fixtures/watch/cases", `${name}.json`), "utf8"),
  ) as Case;

/** What a watch of the case would have left behind, look by look. */
function stretchOf(name: string, truth: Stretch["truth"]): Stretch {
  const one = caseOf(name);
  const looks = Array.from({ length: 15 }, (_, i) => lookAtMinute(one, i + 1));
  const deployedAt = Date.parse(one.deployedAt);
  return { id: name, deployedAt, until: looks.at(-1)?.at ?? 0, signals: recordedOf(looks), truth };
}

describe("a backtest", () => {
  it.each(["healthy", "errors-80-times", "latency-step", "incident-before"])(
    "does with what was recorded of %s what the watch did",
    (name) => {
      const { decision, minute } = play(caseOf(name));
      const replayed = replayStretch(defaultPolicy(["shop"]), stretchOf(name, "unknown"));
      if (minute <= 15) expect([replayed.outcome, replayed.minute]).toEqual([decision.action, minute]);
      else expect(replayed.outcome).toBe("undecided");
    },
  );

  it("judges a recording by what is in it: what was not recorded is not held against it", () => {
    const policy = defaultPolicy(["shop"]);
    const whole = stretchOf("healthy", "good");
    const some = { ...whole, signals: whole.signals.filter(({ query }) => query.id === "shop/errors") };
    expect(unrecorded(policy, whole)).toEqual([]);
    expect(unrecorded(policy, some).map(({ signal }) => signal)).toEqual(["shop/latency", "shop/saturation"]);
    expect(backtest(policy, [some]).replays[0]?.outcome).toBe("promote");
    expect(backtest(policy, [{ ...whole, signals: [] }]).replays[0]?.outcome).not.toBe("promote");
  });

  it("says in one sentence what a policy would have done", () => {
    const past = [
      stretchOf("healthy", "good"),
      stretchOf("errors-80-times", "bad"),
      stretchOf("errors-5-times", "good"),
      stretchOf("slow-burn", "bad"),
      stretchOf("traffic-stops", "unknown"),
    ];
    const found = backtest(defaultPolicy(["shop"]), past);
    expect(found.message).toBe(
      "3 of 5 would have rolled back, 1 of them needlessly; 1 would have ended without knowing",
    );
    expect(found.replays.map(({ stretch, outcome }) => [stretch.id, outcome])).toEqual([
      ["healthy", "promote"],
      ["errors-80-times", "rollback"],
      ["errors-5-times", "rollback"],
      ["slow-burn", "rollback"],
      ["traffic-stops", "hold"],
    ]);
    const blind = defaultCriteria("shop").filter(({ kind }) => kind === "saturation");
    const other = createPolicy({ ...defaultTimes, criteria: blind, judge: null });
    expect(backtest(other, past.slice(0, 2)).message).toBe(
      "0 of 2 would have rolled back; 1 bad one would have been kept",
    );
    expect(backtest(other, []).message).toBe("0 of 0 would have rolled back");
  });

  it("knows nothing of a signal that was recorded with another threshold", () => {
    const [latency] = defaultCriteria("shop");
    if (latency?.kind !== "latency") throw new Error("the defaults have changed");
    const stricter = createPolicy({
      ...defaultTimes,
      criteria: [{ ...latency, thresholdSeconds: 0.5 }],
      judge: null,
    });
    const { decision, outcome } = replayStretch(stricter, stretchOf("healthy", "good"));
    expect(outcome).toBe("hold");
    expect(decision.message).toContain("recorded with a threshold of 1.5 s, not 0.5 s");
  });
});

describe("what was recorded look by look", () => {
  const query = { id: "shop/errors", kind: "errors", arm: "all" } as const;
  const answer = (from: number, to: number, ...buckets: readonly CountBucket[]): Answer => ({
    state: "counts",
    range: { from: from * minuteMs, to: to * minuteMs },
    buckets,
    sent: ["q"],
    tookMs: 1,
  });

  it("is put together, the later word counts, and what could not be asked is a gap", () => {
    const one = (bad: number, minute: number) => ({ start: minute * minuteMs, total: 10, bad });
    const error: Answer = { state: "telemetry-error", why: "503", sent: [], tookMs: 1 };
    const looks = [answer(0, 2, one(0, 0), one(0, 1)), error, answer(1, 4, one(5, 1), one(0, 3))];
    const [recorded] = recordedOf(looks.map((found) => ({ answers: [{ query, answer: found }] })));
    expect(recorded?.answer).toEqual(answer(0, 4, one(0, 0), one(5, 1), one(0, 3)));
  });

  it("is nothing where there never was an answer", () => {
    const error: Answer = { state: "telemetry-error", why: "503", sent: [], tookMs: 1 };
    expect(recordedOf([{ answers: [{ query, answer: error }] }])).toEqual([{ query, answer: error }]);
    expect(recordedOf([])).toEqual([]);
  });
});
