import { describe, expect, it } from "vitest";
import { beginCriterion, evaluate } from "../../../../src/watch/criteria/evaluate.ts";
import { type Criterion, defaultCriteria } from "../../../../src/watch/policy.ts";
import type { WatchLook } from "../../../../src/watch/state.ts";
import { minuteMs } from "../../../../src/watch/time.ts";
import type { Answer } from "../../../../src/watch/types.ts";

const deployedAt = 1000 * minuteMs;
const of = (kind: Criterion["kind"]): Criterion => {
  const found = defaultCriteria("shop").find((one) => one.kind === kind);
  if (!found) throw new Error(`no criterion for ${kind}`);
  return found;
};

type Minutes = readonly (readonly [total: number, bad: number] | number | null)[];

/** Minutes that end now. */
function answer(minutes: Minutes, at: number): Answer {
  const range = { from: at - minutes.length * minuteMs, to: at };
  const all = minutes.map((value, i) => ({ start: range.from + i * minuteMs, value }));
  const asked = { range, sent: [], tookMs: 1 };
  if (minutes.some((value) => typeof value === "number")) {
    const buckets = all.flatMap(({ start, value }) =>
      typeof value === "number" ? [{ start, level: value }] : [],
    );
    return { ...asked, state: "levels", buckets };
  }
  const buckets = all.flatMap(({ start, value }) =>
    Array.isArray(value) ? [{ start, total: value[0], bad: value[1] }] : [],
  );
  return { ...asked, state: "counts", buckets };
}

/** The reading when `after` minutes have passed; what comes before them was before the deploy. */
function read(
  kind: Criterion["kind"],
  minutes: Minutes,
  after: number,
  control?: Minutes,
  together: number | null = null,
) {
  const criterion = of(kind);
  const at = deployedAt + after * minuteMs;
  const query = (arm: "all" | "baseline") => ({ id: criterion.signal, kind: "errors" as const, arm });
  const look: WatchLook = {
    at,
    answers: [
      { query: query("all"), answer: answer(minutes, at) },
      ...(control ? [{ query: query("baseline"), answer: answer(control, at) }] : []),
    ],
  };
  return evaluate(criterion, beginCriterion(deployedAt), look, { deployedAt, at }, together);
}

const times = <T>(n: number, value: T): readonly T[] => Array.from({ length: n }, () => value);

describe("errors over a window", () => {
  it("break when they are too many, pooled", () => {
    const { reading } = read("errors", times(5, [200, 5]), 5);
    expect(reading).toMatchObject({
      state: "breach",
      message: "errors above 2 % over 5 min: 2.5 % of 1,000 requests failed",
      arithmetic: { requests: 1000, bad: 25, rate: 0.025, above: 0.02 },
    });
  });

  it("are pooled, not averaged: a quiet minute that fails whole is not the window's rate", () => {
    expect(read("errors", [...times(4, [1000, 0] as const), [6, 6]], 5).reading.state).toBe("ok");
  });

  it("wait for the window while it is not whole, unless the rest of it could not make up for them", () => {
    const early = read("errors", [[1000, 40]], 1);
    expect([early.reading.state, early.pending]).toEqual(["ok", true]);
    expect(early.reading.message).toBe("4 % of 1,000 requests failed, above 2 %: not yet for 5 min");
    expect(read("errors", [[1000, 101]], 1).reading.state).toBe("breach");
  });

  it.each<readonly [string, Minutes, string]>([
    ["three bad ones of 30", [...times(3, [10, 1] as const), [0, 0], [0, 0]], "no-data"],
    ["four bad ones of 100", [...times(4, [20, 1] as const), [20, 0]], "ok"],
    ["four bad ones of 29", [...times(4, [6, 1] as const), [5, 0]], "no-data"],
    ["29 requests, nearly all bad", [...times(4, [6, 5] as const), [5, 5]], "no-data"],
    ["30 requests, all good", times(5, [6, 0]), "ok"],
    ["exactly the limit", times(5, [500, 10]), "ok"],
  ])("say no more than they know: %s", (_name, minutes, state) => {
    expect(read("errors", minutes, 5).reading.state).toBe(state);
  });

  it("are unknown when the newest two minutes are missing, and known when one is", () => {
    const good = times(8, [600, 0] as const);
    expect(read("errors", [...good, null], 9).reading.state).toBe("ok");
    expect(read("errors", [...good, null, null], 10).reading).toMatchObject({
      state: "no-data",
      message: "no data, or no traffic",
    });
    expect(read("errors", [...good, [0, 0], [0, 0]], 10).reading.state).toBe("no-data");
  });

  it("say that there are no requests where that is known, and how many there were", () => {
    const before = times(10, [600, 0] as const);
    const none = times(6, [0, 0] as const);
    expect(read("errors", [...before, ...none], 6).reading).toMatchObject({
      state: "no-data",
      message: "no requests since the deploy; 600 a minute before",
    });
    expect(read("errors", [...before, [600, 0], ...none], 7).reading.message).toBe(
      "no requests in the newest 2 minutes; 600 a minute before",
    );
  });

  it("count nothing of the minute that the deploy fell into, nor of what was before", () => {
    const criterion = of("errors");
    const late = deployedAt + 20_000;
    const at = deployedAt + 3 * minuteMs;
    const minutes = [...times(5, [1000, 0] as const), [1000, 900], [1000, 0], [1000, 0]] as const;
    const look: WatchLook = {
      at,
      answers: [{ query: { id: criterion.signal, kind: "errors", arm: "all" }, answer: answer(minutes, at) }],
    };
    const { reading } = evaluate(criterion, beginCriterion(late), look, { deployedAt: late, at });
    expect(reading.arithmetic).toMatchObject({ requests: 2000, bad: 0 });
  });
});

describe("whose fault a breach is", () => {
  const bad = [1000, 60] as const;
  const good = [1000, 1] as const;

  it("is not the deploy's when it was so just before, whole window or not", () => {
    const began = (before: number) =>
      read("errors", [...times(20, good), ...times(before, bad), ...times(5, bad)], 5);
    for (const before of [1, 2, 5, 10])
      expect(began(before).reading, `${before} minutes before`).toMatchObject({
        state: "breach",
        excused: "it was so before the deploy: 6 % then, 6 % now",
      });
    expect(began(0).reading.excused).toBeUndefined();
  });

  it("is the deploy's when the odds are more than trebled", () => {
    const excuse = (now: number) =>
      read("errors", [...times(10, bad), ...times(5, [1000, now] as const)], 5).reading.excused;
    expect(excuse(150)).toBeDefined();
    expect(excuse(170)).toBeUndefined();
  });

  it("is the deploy's again once a whole window was well in between", () => {
    const rest = (pause: number) =>
      read("errors", [...times(10, bad), ...times(pause, good), ...times(7, bad)], pause + 7).reading.excused;
    expect(rest(2)).toBeDefined();
    expect(rest(6)).toBeUndefined();
  });

  it("is not the deploy's when the control arm shows it too, unless it is far worse here", () => {
    const here = times(5, bad);
    expect(read("errors", here, 5, times(5, [3000, 150])).reading.excused).toBe(
      "the control arm shows it too: 5 % there, 6 % here",
    );
    expect(read("errors", here, 5, times(5, [3000, 3])).reading.excused).toBeUndefined();
    expect(read("errors", times(5, [1000, 300]), 5, times(5, [3000, 150])).reading.excused).toBeUndefined();
  });

  it("is not known where bad requests come in bursts, and one more is within chance", () => {
    const here: Minutes = [
      [50, 0],
      [50, 0],
      [50, 8],
      [50, 0],
      [50, 0],
    ];
    const there = times(5, [950, 7] as const);
    expect(read("errors", here, 5, there, 1).reading.excused).toBeUndefined();
    expect(read("errors", here, 5, there, 8).reading).toMatchObject({
      state: "ok",
      message: "8 of 250 failed: too few to be a breach",
      arithmetic: { "bad at a time": 8, floorBad: 40 },
    });
    const bursts: Minutes = times(5, [50, 2]);
    expect(read("errors", bursts, 5, times(5, [950, 9]), 2).reading).toMatchObject({
      state: "breach",
      excused: "it may be chance: 0.95 % in the control arm, 4 % here, and bad requests come 2 at a time",
    });
    expect(read("errors", times(5, [50, 40]), 5, there, 8).reading).toMatchObject({ state: "breach" });
    expect(read("errors", times(5, [50, 40]), 5, there, 8).reading.excused).toBeUndefined();
  });

  it("is told by the criterion alone where there is nothing to compare with", () => {
    expect(read("errors", times(5, [50, 4]), 5, times(5, [0, 0]), 8).reading).toMatchObject({
      state: "breach",
    });
    expect(read("errors", times(5, [50, 4]), 5, times(5, [0, 0]), 8).reading.excused).toBeUndefined();
  });

  it("is nobody's when it hovers about the limit as before", () => {
    const before = times(10, [1000, 19] as const);
    expect(read("errors", [...before, ...times(5, [1000, 22] as const)], 5).reading).toMatchObject({
      state: "breach",
      excused: "it was about so before the deploy: 1.9 % then, 2.2 % now",
    });
    expect(read("errors", [...before, ...times(5, [1000, 45] as const)], 5).reading.excused).toBeUndefined();
  });

  it("is the deploy's where nothing is known of before", () => {
    expect(read("errors", times(5, bad), 5).reading.excused).toBeUndefined();
  });
});

describe("latency", () => {
  it("breaks after five consecutive minutes, and not after four", () => {
    const slow = [100, 10] as const;
    const four = read("latency", times(4, slow), 4);
    expect([four.reading.state, four.pending]).toEqual(["ok", true]);
    expect(four.reading.message).toBe("p95 above 1.5 s for 4 of 5 minutes: 10 % of 400 requests slower");
    expect(read("latency", times(5, slow), 5).reading.message).toBe(
      "p95 above 1.5 s for 5 consecutive minutes: 10 % of 500 requests slower",
    );
  });

  it("takes the floors of the whole stretch: few requests are judged later", () => {
    const all = (n: number) => read("latency", times(n, [3, 3]), n).reading.state;
    expect([all(5), all(9), all(10)]).toEqual(["no-data", "no-data", "breach"]);
  });

  it("at exactly 5 % slower is well", () => {
    expect(read("latency", times(6, [100, 5]), 6)).toMatchObject({
      reading: { state: "ok" },
      pending: false,
    });
  });
});

describe("saturation", () => {
  it("must last ten minutes", () => {
    expect(read("saturation", times(9, 0.9), 9)).toMatchObject({ reading: { state: "ok" }, pending: true });
    expect(read("saturation", times(10, 0.9), 10).reading).toMatchObject({
      state: "breach",
      message: "saturation above 80 % for 10 consecutive minutes: 90 % on average",
    });
    expect(read("saturation", [...times(9, 0.9), 0.8, ...times(4, 0.9)], 14).reading.state).toBe("ok");
  });

  it("is not the deploy's where it was so before, or is so in the control arm", () => {
    expect(read("saturation", times(20, 0.9), 10).reading.excused).toBe(
      "it was so before the deploy: 90 % then, 90 % now",
    );
    expect(read("saturation", times(10, 0.9), 10, times(10, 0.95)).reading.excused).toBe(
      "the control arm shows it too: 95 % there, 90 % here",
    );
  });
});

describe("burn", () => {
  it("breaks when both windows burn, and says how it was at T−0", () => {
    const { reading } = read(
      "burn",
      [...times(60, [1000, 1] as const), ...times(10, [1000, 5] as const)],
      10,
    );
    expect(reading).toMatchObject({
      state: "breach",
      message: "burn 5 over 10 min, 5 over 1 h, both above 2",
      arithmetic: { "burn before": 1, "burn over 10 min": 5, "requests over 1 h": 10_000 },
    });
  });

  it("is not the deploy's when the hour before was about so, though its last minutes were luckier", () => {
    const hour = [...times(50, [600, 0.62] as const), ...times(10, [600, 0.4] as const)];
    const since = (bad: number) => read("burn", [...hour, ...times(10, [580, bad] as const)], 10).reading;
    expect(since(1.3)).toMatchObject({
      state: "breach",
      excused: "it was about so in the 1 h before the deploy: 0.1 % then, 0.22 % now",
    });
    expect(since(3).excused).toBeUndefined();
    const recovered = [...times(10, [600, 8] as const), ...times(50, [600, 0] as const)];
    const slow = read("burn", [...recovered, ...times(10, [600, 1.8] as const)], 10).reading;
    expect([slow.state, slow.excused]).toEqual(["breach", undefined]);
  });

  it("waits for ten minutes, unless what has burned is too much for all of them", () => {
    const at = (minutes: number, bad: number) =>
      read("burn", times(minutes, [1000, bad]), minutes).reading.state;
    expect([at(4, 4), at(5, 4), at(6, 4), at(1, 19), at(1, 21)]).toEqual([
      "ok",
      "ok",
      "breach",
      "ok",
      "breach",
    ]);
  });

  it.each([
    ["one of 200, which a service at its objective has now and then", 1, false],
    ["three of 200, which it hardly ever has: the watch does not end on them", 3, true],
  ])("is well with a few bad requests of a quiet service: %s", (_name, bad, pending) => {
    const found = read(
      "burn",
      [...times(60, [20, 0] as const), [20, bad], ...times(9, [20, 0] as const)],
      10,
    );
    expect(found).toMatchObject({ pending, reading: { state: "ok" } });
    expect(found.reading.message).toBe(`${bad} of 200 failed: too few to be a breach`);
  });

  it("is unknown on too few requests, whatever became of them", () => {
    expect(read("burn", times(10, [2, 2]), 10).reading).toMatchObject({
      state: "no-data",
      message: "too few requests to say: 20, of the 30 that it takes",
    });
  });

  it("forgets a long window's old fire when the short one is well", () => {
    const { reading } = read(
      "burn",
      [...times(20, [1000, 30] as const), ...times(12, [1000, 0] as const)],
      32,
    );
    expect(reading.state).toBe("ok");
  });
});
