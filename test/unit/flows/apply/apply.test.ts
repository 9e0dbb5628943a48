import { describe, expect, it } from "vitest";
import { StepFailure } from "../../../../src/core/step.ts";
import type { Look } from "../../../../src/deploy/driver.ts";
import { deploy, isOver, stage } from "../../../support/deploy/stage.ts";

const writes = ["capture", "apply", "restore", "memory.good", "memory.rolledBack", "memory.pardon"];
const wrote = (calls: readonly string[]) => calls.filter((call) => writes.includes(call));

const look = (state: "ok" | "failed" | "unknown", id = "verify.url"): Look => ({
  id,
  title: "Ask the service",
  look: async () => ({ state, message: `the service is ${state}` }),
});

describe("a deploy", () => {
  it("puts the first release there, and remembers it", async () => {
    const scene = stage();
    const outcome = await deploy(scene, "v1");
    expect(outcome).toMatchObject({ outcome: "deployed", exitCode: 0, running: "v1", from: null });
    expect(outcome.message).toBe("Deployed v1 to prod: app 1 of 1 ready");
    expect(scene.now).toBe("v1");
    expect(scene.state).toMatchObject({ unfinished: null, good: [{ version: "v1" }] });
    expect(scene.state.current).toBe(outcome.run);
    expect(isOver(scene)).toBe(true);
  });

  it("goes from one version to the next, in the order of the runbook", async () => {
    const scene = stage();
    await deploy(scene, "v1");
    scene.calls.length = 0;
    const phase = (id: string) => ({
      id,
      title: id,
      run: async () => {
        scene.calls.push(id);
        return "done";
      },
    });
    const asked: Look = {
      ...look("ok"),
      look: async () => {
        scene.calls.push("look");
        return { state: "ok", message: "it answers" };
      },
    };
    const outcome = await deploy(scene, "v2", {
      looks: [asked],
      before: [phase("before")],
      after: [phase("after")],
    });
    expect(outcome).toMatchObject({ outcome: "deployed", from: "v1", running: "v2" });
    expect(scene.calls).toEqual([
      ...[
        "plan",
        "memory.read",
        "lock.acquire",
        "memory.read",
        "capture",
        "before",
        "apply",
        "status applied",
      ],
      ...["look", "after", "memory.good", "lock.release", "close"],
    ]);
  });

  it("that is there and well already changes nothing", async () => {
    const scene = stage();
    await deploy(scene, "v1");
    scene.calls.length = 0;
    const outcome = await deploy(scene, "v1");
    expect(outcome).toMatchObject({
      outcome: "already",
      exitCode: 0,
      message: "v1 is already on prod, healthy",
    });
    expect(wrote(scene.calls)).toEqual([]);
    expect(scene.calls).not.toContain("lock.acquire");
  });

  it("that is there by other means is seen to be well, and remembered", async () => {
    const scene = stage("v1");
    expect(await deploy(scene, "v1")).toMatchObject({ outcome: "deployed" });
    expect(scene.state.good).toMatchObject([{ version: "v1" }]);
  });

  it("as a dry run ends where the first write would be", async () => {
    const scene = stage("v1");
    const outcome = await deploy(scene, "v2", { run: { dryRun: true } });
    expect(outcome).toMatchObject({
      outcome: "planned",
      exitCode: 0,
      changes: [{ subject: "app", action: "change" }],
    });
    expect(scene.calls).toEqual(["plan", "memory.read", "close"]);
  });
});

describe("a deploy that does not become well", () => {
  it("is taken back, its image rejected, and says which version is there", async () => {
    const scene = stage();
    await deploy(scene, "v1");
    const before = scene.state.current;
    const outcome = await deploy(scene, "bad2");
    expect(outcome).toMatchObject({ outcome: "rolled-back", exitCode: 2, from: "v1", running: "v1" });
    expect(outcome.message).toBe("Deploy FAILED, rolled back to v1: it crashes");
    expect(scene.now).toBe("v1");
    expect(scene.state).toMatchObject({ unfinished: null, current: before, rejected: [{ version: "bad2" }] });
    expect(isOver(scene)).toBe(true);
  });

  it("as the first one ever leaves nothing behind", async () => {
    const scene = stage();
    const outcome = await deploy(scene, "bad1", { backLooks: [look("failed")] });
    expect(outcome).toMatchObject({ outcome: "rolled-back", running: null });
    expect(outcome.message).toBe("Deploy FAILED, rolled back to an empty place: it crashes");
    expect(scene.now).toBeNull();
  });

  it("is not brought again without a reason, and with one it may be", async () => {
    const scene = stage("v1");
    await deploy(scene, "bad2");
    scene.calls.length = 0;
    const refused = await deploy(scene, "bad2");
    expect(refused).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(refused.message).toContain("Deploy BLOCKED: app@sha256:");
    expect(refused.reasons[0]?.remedy).toContain("--reason");
    expect(wrote(scene.calls)).toEqual([]);
    const outcome = await deploy(scene, "bad2", { run: { reason: "the database is mended" } });
    expect(outcome).toMatchObject({ outcome: "rolled-back", reason: "the database is mended" });
    expect(scene.calls).toContain("memory.pardon");
  });

  it("for want of time is taken back too", async () => {
    const scene = stage("v1");
    const outcome = await deploy(scene, "slow2");
    expect(outcome.message).toContain(
      "Deploy FAILED, rolled back to v1: not healthy within 300 ms: app 0 of 1 ready",
    );
    expect(scene.now).toBe("v1");
  });

  it("does not have the images rejected that run without it as well", async () => {
    const scene = stage("v1");
    const outcome = await deploy(scene, "v1", { looks: [look("failed")] });
    expect(outcome).toMatchObject({ outcome: "rolled-back" });
    expect(scene.state.rejected).toEqual([]);
  });

  it("by what looks at it is taken back", async () => {
    const scene = stage("v1");
    const outcome = await deploy(scene, "v2", {
      looks: [look("ok", "one"), look("failed", "two"), look("ok", "three")],
    });
    expect(outcome.message).toBe("Deploy FAILED, rolled back to v1: the service is failed");
    expect(scene.now).toBe("v1");
    expect(outcome.steps.map(({ id }) => id)).not.toContain("three");
  });

  it("whose health cannot be found out stays, is no success, and is gone on with", async () => {
    const scene = stage();
    await deploy(scene, "v1");
    const outcome = await deploy(scene, "v2", { looks: [look("unknown")] });
    expect(outcome).toMatchObject({
      outcome: "unproven",
      exitCode: 2,
      running: "v2",
      resume: "release-sentinel apply",
    });
    expect(outcome.message).toBe(
      "Deploy UNPROVEN: v2 is applied, and it could not be found out whether it is well: the service is unknown",
    );
    expect(scene.now).toBe("v2");
    expect(scene.state.unfinished?.run.version).toBe("v2");
    expect(await deploy(scene, "v2", { looks: [look("ok")] })).toMatchObject({
      outcome: "deployed",
      from: "v1",
    });
  });

  it("whose look breaks is as good as one that could not look", async () => {
    const scene = stage("v1");
    const breaks: Look = { ...look("ok"), look: () => Promise.reject(new Error("no route")) };
    expect(await deploy(scene, "v2", { looks: [breaks] })).toMatchObject({ outcome: "unproven" });
  });

  it("is a failed roll back where the service does not answer afterwards either", async () => {
    const scene = stage("v1");
    const outcome = await deploy(scene, "bad2", { backLooks: [look("failed")] });
    expect(outcome).toMatchObject({ outcome: "roll-back-failed", exitCode: 2, running: null });
    expect(outcome.byHand).toContain("look at app");
    expect(outcome.message).toMatch(
      /^Deploy FAILED, roll back FAILED: it crashes; going back: the service is failed/,
    );
  });

  it("by work of the project's own before it changes nothing", async () => {
    const scene = stage("v1");
    const phase = {
      id: "migrate",
      title: "Migrate",
      run: () => Promise.reject(new StepFailure("table is locked")),
    };
    const outcome = await deploy(scene, "v2", { before: [phase] });
    expect(outcome).toMatchObject({ outcome: "nothing-applied", exitCode: 2 });
    expect(outcome.message).toBe("Deploy FAILED, nothing was applied: Migrate: table is locked");
    expect(scene.calls).not.toContain("apply");
    expect(scene.state.unfinished).toBeNull();
  });

  it("by work of the project's own after it is taken back, its image not to blame", async () => {
    const scene = stage("v1");
    const phase = {
      id: "migrate",
      title: "Migrate",
      run: () => Promise.reject(new StepFailure("table is locked")),
    };
    expect(await deploy(scene, "v2", { after: [phase] })).toMatchObject({ outcome: "rolled-back" });
    expect(scene.now).toBe("v1");
    expect(scene.state.rejected).toEqual([]);
  });
});

describe("what stands in the way", () => {
  const planned = (change: object) => ({
    change: (driver: import("../../../../src/deploy/driver.ts").Driver) => ({
      ...driver,
      plan: async (signal: AbortSignal) => ({ ...(await driver.plan(signal)), ...change }),
    }),
  });

  it("is a conflict before it is anything else, and nothing is written", async () => {
    const scene = stage("v1");
    const proofs = [
      { state: "unknown", message: "who knows" },
      { state: "conflict", message: "Argo CD owns web", remedy: "commit to its repository" },
    ];
    const outcome = await deploy(scene, "v2", planned({ proofs }));
    expect(outcome).toMatchObject({
      outcome: "blocked",
      exitCode: 1,
      message: "Deploy BLOCKED: Argo CD owns web",
    });
    expect(outcome.reasons).toEqual([{ message: "Argo CD owns web", remedy: "commit to its repository" }]);
    expect(wrote(scene.calls)).toEqual([]);
  });

  it("may be what could not be found out", async () => {
    const outcome = await deploy(
      stage("v1"),
      "v2",
      planned({ proofs: [{ state: "unknown", message: "who knows" }] }),
    );
    expect(outcome).toMatchObject({
      outcome: "critical",
      exitCode: 2,
      message: "Deploy BLOCKED (CRITICAL): who knows",
    });
  });

  it("may be that there is no way back, unless that is accepted", async () => {
    const none = planned({ wayBack: { state: "none", message: "the old image is gone", version: "v1" } });
    const scene = stage("v1");
    const refused = await deploy(scene, "v2", none);
    expect(refused).toMatchObject({
      outcome: "blocked",
      message: "Deploy BLOCKED: no way back: the old image is gone",
    });
    expect(refused.reasons[0]?.remedy).toContain("--no-way-back");
    const accepted = { ...none, run: { noWayBack: true, reason: "it is a demo" } };
    expect(await deploy(scene, "v2", accepted)).toMatchObject({
      outcome: "deployed",
      reason: "it is a demo",
    });
    const failed = await deploy(scene, "bad3", accepted);
    expect(failed).toMatchObject({ outcome: "roll-back-failed" });
    expect(failed.message).toContain("there is no way back, as was accepted");
    expect(scene.calls).not.toContain("restore");
  });

  it("may be a look that cannot look", async () => {
    const blind: Look = {
      ...look("ok"),
      prove: async () => [{ state: "conflict", message: "no such query" }],
    };
    expect(await deploy(stage("v1"), "v2", { looks: [blind] })).toMatchObject({ outcome: "blocked" });
    const broken: Look = { ...look("ok"), prove: () => Promise.reject(new Error("refused")) };
    expect(await deploy(stage("v1"), "v2", { looks: [broken] })).toMatchObject({ outcome: "critical" });
  });

  it("does not hide what was begun and has not ended", async () => {
    const scene = stage("v1");
    await deploy(scene, "v2", { looks: [look("unknown")] });
    const outcome = await deploy(
      scene,
      "v3",
      planned({ proofs: [{ state: "conflict", message: "forbidden" }] }),
    );
    expect(outcome.message).toMatch(/forbidden; a deploy of v2 by tester was begun at .* and has not ended/);
  });
});

describe("a deploy of another version after one that has not ended", () => {
  it("goes back, when it fails, to what was there before both", async () => {
    const scene = stage("v1");
    await deploy(scene, "v2", { looks: [look("unknown")] });
    expect(scene.now).toBe("v2");
    expect(await deploy(scene, "bad3")).toMatchObject({ outcome: "rolled-back", running: "v1" });
    expect(scene.now).toBe("v1");
  });

  it("that cannot even begin puts back what was there before", async () => {
    const scene = stage("v1");
    await deploy(scene, "v2", { looks: [look("unknown")] });
    const phase = { id: "migrate", title: "Migrate", run: () => Promise.reject(new StepFailure("no")) };
    expect(await deploy(scene, "v3", { before: [phase] })).toMatchObject({ outcome: "rolled-back" });
    expect(scene.now).toBe("v1");
    expect(scene.state.unfinished).toBeNull();
  });
});

describe("the gate's word", () => {
  it("comes first: without it the place is not even looked at", async () => {
    const scene = stage("v1");
    const verdict = {
      exitCode: 1,
      verdict: "BLOCKED",
      reasons: ["Git working tree is dirty"],
      commit: null,
    } as never;
    const outcome = await deploy(scene, "v2", { admission: { exitCode: 1, verdict } });
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(outcome.message).toContain("Git working tree is dirty");
    expect(scene.calls).toEqual([]);
  });

  it("with warnings is no leave, unless they are allowed", async () => {
    const scene = stage("v1");
    const verdict = {
      ...{ exitCode: 0, verdict: "SAFE", releasable: false, leftOut: [], reasons: [], commit: null },
      findings: [{ check: "disk", status: "warn", message: "Disk WARNING: 80.1%", kind: "health" }],
    } as never;
    const outcome = await deploy(scene, "v2", { admission: { exitCode: 0, verdict } });
    expect(outcome).toMatchObject({ outcome: "withheld", exitCode: 1 });
    expect(scene.calls).toEqual([]);
    const allowed = await deploy(scene, "v2", { admission: { verdict }, run: { allowWarnings: true } });
    expect(allowed).toMatchObject({ outcome: "deployed", allowWarnings: true });
  });
});
