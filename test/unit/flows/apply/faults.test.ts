import { describe, expect, it } from "vitest";
import { Aborted } from "../../../../src/core/check.ts";
import { StepFailure } from "../../../../src/core/step.ts";
import type { DeployOutcome } from "../../../../src/flows/apply/outcome.ts";
import {
  deploy,
  type Fault,
  goBackBy,
  imageOf,
  isOver,
  onceAt,
  type Scene,
  stage,
} from "../../../support/deploy/stage.ts";

/** What every end must be true to: what it says runs is what is there, and it is whole. */
function expectTruth(scene: Scene, outcome: DeployOutcome): void {
  const report = JSON.stringify({ outcome, now: scene.now, calls: scene.calls }, null, 1);
  if (outcome.running !== null) expect(scene.now, report).toBe(outcome.running);
  if (outcome.exitCode === 0) {
    expect(outcome.running, report).not.toBeNull();
    expect(scene.state.unfinished, report).toBeNull();
  }
  if (outcome.outcome === "rolled-back") expect(scene.now, report).toBe("v1");
  if (outcome.outcome === "nothing-applied" || outcome.exitCode === 1) expect(scene.now, report).toBe("v1");
  expect(scene.calls.at(-1), report).toBe("close");
}

async function withV1(): Promise<Scene> {
  const scene = stage();
  expect((await deploy(scene, "v1")).exitCode).toBe(0);
  scene.calls.length = 0;
  return scene;
}

const limits = { waitMs: 1500, pollMs: 10, lockWaitMs: 0, lockTtlMs: 60_000 };
const goodCalls = [
  ...[
    "plan",
    "memory.read",
    "lock.acquire",
    "capture",
    "apply",
    "status applied",
    "memory.good",
    "lock.release",
  ],
];
const badCalls = [
  ...goodCalls.slice(0, -2),
  "restore",
  "status restored",
  "memory.rolledBack",
  "lock.release",
];
const faults: readonly (readonly [string, Fault])[] = [
  ["fails for good", { kind: "fails", final: true }],
  ["fails for the moment", { kind: "fails" }],
  ["is done, and its answer is lost", { kind: "lost" }],
];

describe("one call goes wrong", () => {
  const cases = (calls: readonly string[]) =>
    calls.flatMap((call) => faults.map(([how, fault]) => [call, how, fault] as const));

  it.each(cases(goodCalls))(
    "%s %s: a good deploy ends at the new version or at the old one",
    async (call, _how, fault) => {
      const scene = await withV1();
      scene.fault = onceAt(call, fault);
      const outcome = await deploy(scene, "v2", { run: { limits } });
      expectTruth(scene, outcome);
      expect(["v1", "v2"]).toContain(scene.now);
      scene.fault = undefined;
      scene.state = { ...scene.state, lock: null };
      expect(await deploy(scene, "v2", { run: { limits } })).toMatchObject({ exitCode: 0, running: "v2" });
      expect(isOver(scene)).toBe(true);
    },
  );

  it.each(cases(badCalls))("%s %s: a bad deploy ends at the old version", async (call, _how, fault) => {
    const scene = await withV1();
    scene.fault = onceAt(call, fault);
    const outcome = await deploy(scene, "bad2", { run: { limits } });
    expectTruth(scene, outcome);
    expect(outcome.exitCode).toBeGreaterThan(0);
    if (outcome.outcome === "roll-back-failed") {
      expect(outcome.byHand).toContain("look at app");
      expect(outcome.message).toContain("what is there now:");
      scene.fault = undefined;
      scene.state = { ...scene.state, lock: null };
      expect(await goBackBy(scene)).toMatchObject({ outcome: "returned", running: "v1" });
    }
    expect(scene.now).toBe("v1");
  });

  it("and goes wrong for ever: what cannot be taken back is said, state by state, with what to type", async () => {
    const scene = await withV1();
    scene.fault = (call) =>
      call === "restore" ? { kind: "fails", message: "quota exceeded", final: true } : undefined;
    const outcome = await deploy(scene, "bad2");
    expect(outcome).toMatchObject({ outcome: "roll-back-failed", exitCode: 2, running: null });
    expect(outcome.message).toContain("quota exceeded");
    expect(outcome.message).toContain("what is there now: app 0 of 1 ready: it crashes");
    expect(outcome.byHand).toEqual(["look at app", "release-sentinel rollback --env prod --name app"]);
    expect(scene.calls.filter((call) => call === "restore")).toHaveLength(1);
    expect(scene.state.unfinished).not.toBeNull();
  });

  it("while nothing can be seen for a while: it is waited for, and said once", async () => {
    const scene = await withV1();
    let n = 0;
    scene.fault = (call) =>
      call === "status applied" && ++n < 10 ? { kind: "fails", message: "no route" } : undefined;
    const patient = { ...limits, waitMs: 60_000 };
    expect(await deploy(scene, "v2", { run: { limits: patient } })).toMatchObject({ outcome: "deployed" });
    const said = scene.events.filter(
      (event) => event.type === "notice" && event.message.includes("no route"),
    );
    expect(said).toHaveLength(1);
  });
});

describe("a write whose answer is lost is written again, and a version that is well stays", () => {
  const fails: Fault = { kind: "fails", message: "the connection was cut" };

  it("when a rollout is promoted", async () => {
    const scene = await withV1();
    const promoted: string[] = [];
    const outcome = await deploy(scene, "v2", {
      run: { limits },
      change: (driver) => ({
        ...driver,
        status: async (expected, signal) =>
          expected === "applied" && promoted.length < 2
            ? { state: "paused", message: "app is paused at step 1 of 2" }
            : driver.status(expected, signal),
        steps: {
          abort: async () => "aborted",
          promote: async () => {
            promoted.push(scene.now ?? "");
            if (promoted.length === 1) throw new StepFailure("the connection was cut");
            return "promoted";
          },
        },
      }),
    });
    expect(outcome).toMatchObject({ outcome: "deployed", running: "v2" });
    expect(promoted).toEqual(["v2", "v2"]);
  });

  it.each(["fails", "lost"] as const)("when what was rejected is let in again: %s", async (kind) => {
    const scene = await withV1();
    await deploy(scene, "bad2");
    const rejected = scene.state.rejected.map((one) => ({ ...one, digest: imageOf("v2").slice(4) }));
    scene.state = { ...scene.state, rejected };
    scene.fault = onceAt("memory.pardon", { kind });
    const outcome = await deploy(scene, "v2", { run: { limits, reason: "it was the database" } });
    expect(outcome).toMatchObject({ outcome: "deployed", running: "v2" });
    expect(scene.calls.filter((call) => call === "memory.pardon")).toHaveLength(2);
    expect(scene.state.rejected).toEqual([]);
  });

  it("when it cannot be found out for a while whose the lock is, before work of the project's own", async () => {
    const scene = await withV1();
    let cutUntil = 0;
    scene.fault = (call) => {
      if (call === "status applied") cutUntil = Date.now() + 300;
      return call === "lock.renew" && Date.now() < cutUntil ? fails : undefined;
    };
    const look = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { state: "ok", message: "it answers" } as const;
    };
    const outcome = await deploy(scene, "v2", {
      run: { limits: { ...limits, lockTtlMs: 60 } },
      looks: [{ id: "verify.url", title: "Ask the service", look }],
      after: [{ id: "migrate", title: "Migrate", run: async () => "done" }],
    });
    expect(outcome).toMatchObject({ outcome: "deployed", running: "v2" });
  });
});

describe("interrupted", () => {
  /** At the n-th such call, which then gives no answer. */
  function interruptedAt(scene: Scene, call: string, onInterrupt: "finish" | "rollback") {
    const controller = new AbortController();
    scene.fault = (made) => {
      if (made !== call) return undefined;
      scene.fault = undefined;
      setTimeout(() => controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT")), 5);
      return onInterrupt === "rollback" || call === "capture" ? { kind: "hang" } : undefined;
    };
    return deploy(scene, "v2", { run: { limits, interrupt: controller.signal, onInterrupt } });
  }

  it.each(["plan", "memory.read", "lock.acquire"])("at %s: nothing has been done", async (call) => {
    const scene = await withV1();
    await expect(interruptedAt(scene, call, "rollback")).rejects.toThrow("interrupted by SIGINT");
    expect(scene.now).toBe("v1");
    expect(scene.state.unfinished).toBeNull();
    expect(isOver(scene)).toBe(true);
  });

  it("at capture: nothing was applied, and nothing is left to go on with", async () => {
    const scene = await withV1();
    const outcome = await interruptedAt(scene, "capture", "rollback");
    expect(outcome).toMatchObject({ outcome: "nothing-applied", running: "v1" });
    expect(scene.state.unfinished).toBeNull();
    expect(isOver(scene)).toBe(true);
  });

  it.each(["apply", "status applied"])(
    "at %s: it is rolled back, and no image is rejected for it",
    async (call) => {
      const scene = await withV1();
      const outcome = await interruptedAt(scene, call, "rollback");
      expect(outcome).toMatchObject({ outcome: "rolled-back", running: "v1" });
      expect(outcome.message).toBe("Deploy FAILED, rolled back to v1: interrupted by SIGINT");
      expect(scene.now).toBe("v1");
      expect(scene.state).toMatchObject({ unfinished: null, rejected: [] });
      expect(isOver(scene)).toBe(true);
      expect(await deploy(scene, "v2")).toMatchObject({ outcome: "deployed" });
    },
  );

  it.each(["apply", "status applied", "memory.good"])(
    "at %s, where the policy is to finish: it is finished",
    async (call) => {
      const scene = await withV1();
      expect(await interruptedAt(scene, call, "finish")).toMatchObject({
        outcome: "deployed",
        running: "v2",
      });
      expect(isOver(scene)).toBe(true);
    },
  );

  it("at the very end: what is well already is remembered", async () => {
    const scene = await withV1();
    const controller = new AbortController();
    scene.fault = (call) => {
      if (call === "memory.good")
        controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
      return undefined;
    };
    const outcome = await deploy(scene, "v2", { run: { interrupt: controller.signal } });
    expect(outcome).toMatchObject({ outcome: "deployed", running: "v2" });
  });

  it("at capture of a run that goes on, where the policy is to finish: it is finished", async () => {
    const scene = await withV1();
    const unknown = { state: "unknown", message: "nobody knows" } as const;
    const looks = [{ id: "verify.url", title: "Ask", look: async () => unknown }];
    expect(await deploy(scene, "v2", { looks })).toMatchObject({ outcome: "unproven" });
    const controller = new AbortController();
    scene.fault = (call) => {
      if (call === "capture") controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
      return undefined;
    };
    const run = { limits, interrupt: controller.signal, onInterrupt: "finish" as const };
    expect(await deploy(scene, "v2", { run })).toMatchObject({ outcome: "deployed", running: "v2" });
  });

  it.each([
    ["leaves nothing", null, "interrupted by SIGINT"],
    [
      "leaves something",
      "the job is still there: kubectl delete job m",
      "interrupted by SIGINT; Migrate: the job is still there: kubectl delete job m",
    ],
  ])("in work of the project's own that %s: the lock is held until that has ended", async (_, left, says) => {
    const scene = await withV1();
    const controller = new AbortController();
    const phase = {
      id: "migrate",
      title: "Migrate",
      run: async (signal: AbortSignal) => {
        controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
        await new Promise((resolve) => setTimeout(resolve, 50));
        scene.calls.push("the work has ended");
        throw left === null ? signal.reason : new StepFailure(left);
      },
    };
    const outcome = await deploy(scene, "v2", {
      before: [phase],
      run: { limits, interrupt: controller.signal },
    });
    expect(outcome.message).toBe(`Deploy FAILED, nothing was applied: ${says}`);
    expect(scene.left).toContainEqual(expect.stringMatching(/^“Migrate” may be at work still, and what is/));
    expect(scene.calls.slice(-4)).toEqual([
      ...["the work has ended", "memory.rolledBack", "lock.release", "close"],
    ]);
  });

  it("while it goes back: it goes back all the same", async () => {
    const scene = await withV1();
    const controller = new AbortController();
    scene.fault = (call) => {
      if (call === "restore") controller.abort(new Aborted("interrupt", "interrupted by SIGINT", "SIGINT"));
      return undefined;
    };
    const outcome = await deploy(scene, "bad2", { run: { interrupt: controller.signal } });
    expect(outcome).toMatchObject({ outcome: "rolled-back", running: "v1" });
  });

  it("says at each moment what would be left behind by leaving at once", async () => {
    const scene = await withV1();
    await deploy(scene, "bad2");
    expect(scene.left.slice(-4)).toEqual([
      expect.stringContaining("nothing is applied yet. Go on: release-sentinel apply"),
      expect.stringContaining("bad2 may be there in part; the way back is kept"),
      expect.stringContaining(
        "it was being rolled back, and is in between. Go on: release-sentinel rollback --env prod --name app",
      ),
      expect.stringContaining("what was there before is there and well"),
    ]);
  });

  it("by the time limit of the whole run: it is rolled back, however long that takes", async () => {
    const scene = await withV1();
    const deadline = new AbortController();
    scene.fault = (call) => {
      if (call !== "status applied") return undefined;
      setTimeout(() => deadline.abort(new Aborted("deadline", "no end within the 1 s")), 5);
      return { kind: "hang" };
    };
    const outcome = await deploy(scene, "v2", {
      run: { limits, deadline: deadline.signal, onInterrupt: "finish" },
    });
    expect(outcome).toMatchObject({ outcome: "rolled-back", running: "v1" });
    expect(scene.now).toBe("v1");
  });
});

describe("two at once", () => {
  it("the second is told who is at work, and touches nothing", async () => {
    const scene = await withV1();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const phase = { id: "migrate", title: "Migrate", run: () => held.then(() => "done") };
    const first = deploy(scene, "v2", { before: [phase] });
    while (scene.state.unfinished === null) await new Promise((resolve) => setTimeout(resolve, 1));
    const second = await deploy(scene, "v3");
    expect(second).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(second.message).toContain("another one is at work there: apply of v2 by tester");
    expect(second.reasons[0]?.remedy).toContain("--wait-lock");
    const third = deploy(scene, "v3", { run: { limits: { ...limits, lockWaitMs: 60_000 } } });
    release();
    expect(await first).toMatchObject({ outcome: "deployed", running: "v2" });
    expect(await third).toMatchObject({ outcome: "deployed", running: "v3", from: "v2" });
    expect(isOver(scene)).toBe(true);
  });

  it("what was planned before the lock was ours is planned again when another one has been there", async () => {
    const scene = await withV1();
    let between = false;
    scene.fault = (call) => {
      if (call === "lock.acquire" && !between) {
        between = true;
        const good = {
          ...(scene.state.good[0] as (typeof scene.state.good)[number]),
          id: "other",
          version: "v9",
        };
        scene.state = { ...scene.state, good: [good, ...scene.state.good], current: "other" };
        scene.now = "v9";
      }
      return undefined;
    };
    expect(await deploy(scene, "bad2")).toMatchObject({ outcome: "rolled-back", running: "v9" });
    expect(scene.calls.filter((call) => call === "plan")).toHaveLength(2);
    expect(scene.now).toBe("v9");
  });

  it("one that has lost its lock stops, and writes nothing more", async () => {
    const scene = await withV1();
    scene.fault = (call) => {
      if (call !== "status applied") return undefined;
      const { lock } = scene.state;
      scene.state = { ...scene.state, lock: lock && { ...lock, holder: "somebody else" } };
      return { kind: "hang" };
    };
    const outcome = await deploy(scene, "v2", { run: { limits: { ...limits, lockTtlMs: 60 } } });
    expect(outcome).toMatchObject({ outcome: "lock-lost", exitCode: 2, resume: "release-sentinel apply" });
    const after = scene.calls.slice(scene.calls.indexOf("status applied"));
    expect(after.filter((call) => !/^(status|lock.renew|close)/.test(call))).toEqual([]);
    expect(scene.state.lock?.holder).toBe("somebody else");
  });
});
