import { describe, expect, it } from "vitest";
import type { Look } from "../../../../src/deploy/driver.ts";
import {
  deploy,
  goBackBy,
  imageOf,
  isOver,
  onceAt,
  pin,
  type Scene,
  type Staging,
  stage,
} from "../../../support/deploy/stage.ts";

const unknown: Look = {
  id: "look",
  title: "Look",
  look: async () => ({ state: "unknown", message: "no answer" }),
};

async function deployed(...versions: readonly string[]): Promise<Scene> {
  const scene = stage();
  for (const version of versions) expect((await deploy(scene, version)).exitCode).toBe(0);
  scene.calls.length = 0;
  return scene;
}

/** What the driver sees when what is there is nothing that we have written. */
const changedSince = (...subjects: readonly string[]): Staging => ({
  change: (driver) => ({
    ...driver,
    plan: async (signal) => ({ ...(await driver.plan(signal)), changedSince: subjects }),
  }),
});

const warnings = ({ events }: Scene): readonly string[] =>
  events.flatMap((event) => (event.type === "notice" && event.level === "warning" ? event.message : []));

const to = (version: string, reason?: string) => ({ run: { to: version, reason } });

describe("a roll back by hand", () => {
  it("goes to the release that was good before, and rejects what it leaves behind", async () => {
    const scene = await deployed("v1", "v2");
    const outcome = await goBackBy(scene);
    expect(outcome).toMatchObject({
      outcome: "returned",
      exitCode: 0,
      from: "v2",
      running: "v1",
      version: "v1",
    });
    expect(outcome.message).toBe("Rolled back prod to v1: app 1 of 1 ready");
    expect(scene.now).toBe("v1");
    expect(isOver(scene)).toBe(true);
    expect(await deploy(scene, "v2")).toMatchObject({ outcome: "blocked" });
  });

  it("called again goes further back, never forward again", async () => {
    const scene = await deployed("v1", "v2", "v3");
    expect(await goBackBy(scene)).toMatchObject({ running: "v2" });
    expect(await goBackBy(scene)).toMatchObject({ running: "v1" });
    const last = await goBackBy(scene);
    expect(last).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(last.message).toBe("Roll back BLOCKED: there is no earlier release that was good here");
    expect(last.reasons[0]?.remedy).toContain("--to v3 --reason '…', --to v2 --reason '…'");
    expect(scene.now).toBe("v1");
    expect(await deploy(scene, "v4")).toMatchObject({ outcome: "deployed" });
    expect(await goBackBy(scene)).toMatchObject({ running: "v1" });
  });

  it("of a deploy that has not ended goes to what was there before it", async () => {
    const scene = await deployed("v1");
    await deploy(scene, "v2", { looks: [unknown] });
    expect(await goBackBy(scene)).toMatchObject({ outcome: "returned", from: "v2", running: "v1" });
    expect(scene.state).toMatchObject({ unfinished: null, rejected: [{ version: "v2" }] });
    expect(scene.state.current).toBe(scene.state.good[0]?.id);
  });

  it("goes to a version, a revision, or a digest that is named", async () => {
    for (const name of ["v1", imageOf("v1"), imageOf("v1").split("@")[1] ?? ""]) {
      const scene = await deployed("v1", "v2", "v3");
      expect(await goBackBy(scene, to(name)), name).toMatchObject({ outcome: "returned", running: "v1" });
      expect(scene.now).toBe("v1");
    }
  });

  it.each(["7", "web=7", "web=7, worker=9"])(
    "to a revision of the place's own is the place's affair: %s",
    async (revision) => {
      const scene = await deployed("v1", "v2");
      const outcome = await goBackBy(scene, to(revision));
      expect(outcome).toMatchObject({ outcome: "returned", version: `revision ${revision}` });
      expect(scene.now).toBe(revision);
      expect(scene.state.current).toBeNull();
    },
  );

  it("says which application it is for in every command that it shows: there may be others", async () => {
    const scene = await deployed("v1", "v2");
    scene.fault = (call) => (call === "restore" ? { kind: "fails", final: true } : undefined);
    expect(await goBackBy(scene)).toMatchObject({ resume: "release-sentinel rollback --name app" });
    const named = { resume: "release-sentinel rollback --name app" };
    expect(await goBackBy(scene, { run: named })).toMatchObject(named);
  });

  it("over what somebody else has changed since says so, before and afterwards", async () => {
    const scene = await deployed("v1");
    await deploy(scene, "v2", { looks: [unknown] });
    const outcome = await goBackBy(scene, changedSince("app"));
    expect(outcome.message).toBe(
      "Rolled back prod to v1: app 1 of 1 ready; this undid what somebody else had changed since: app",
    );
    expect(warnings(scene)).toContain("Going back undoes what somebody else has changed since: app");
  });

  it("that was killed on its way says so too, when it is brought to its end", async () => {
    const scene = await deployed("v1", "v2");
    scene.fault = (call) => (call === "memory.rolledBack" ? { kind: "fails", final: true } : undefined);
    expect(await goBackBy(scene)).toMatchObject({ outcome: "unrecorded" });
    scene.fault = undefined;
    expect(await deploy(scene, "v3", changedSince("app"))).toMatchObject({ outcome: "deployed" });
    expect(warnings(scene)).toContain("Going back undoes what somebody else has changed since: app");
  });

  it("to what is not known names what is", async () => {
    const scene = await deployed("v1", "v2");
    const outcome = await goBackBy(scene, to("v9"));
    expect(outcome.message).toBe("Roll back BLOCKED: v9 is not among the releases that were good here");
    expect(outcome.reasons[0]?.remedy).toBe("name one: --to v1");
  });

  it("to what was rejected needs a reason, and lets it in again", async () => {
    const scene = await deployed("v1", "v2");
    await goBackBy(scene);
    expect(await goBackBy(scene, to("v2"))).toMatchObject({ outcome: "blocked" });
    expect(await goBackBy(scene, to("v2", "it was the database"))).toMatchObject({ outcome: "returned" });
    expect(scene.now).toBe("v2");
    expect(scene.state.rejected.map(({ version }) => version)).not.toContain("v2");
  });

  it("to what runs already changes nothing", async () => {
    const scene = await deployed("v1", "v2");
    expect(await goBackBy(scene, to("v2"))).toMatchObject({ outcome: "already", exitCode: 0 });
    expect(scene.calls).not.toContain("restore");
  });

  it("as a dry run changes nothing", async () => {
    const scene = await deployed("v1", "v2");
    const outcome = await goBackBy(scene, { run: { dryRun: true } });
    expect(outcome.message).toBe("Roll back of prod to v1 is planned; nothing was changed");
    expect(scene.calls).toEqual(["plan", "memory.read", "close"]);
  });

  it("that fails says how it is and what to type, and tries nothing else", async () => {
    const scene = await deployed("v1", "v2");
    scene.fault = (call) =>
      call === "restore" ? { kind: "fails", final: true, message: "forbidden" } : undefined;
    const outcome = await goBackBy(scene);
    expect(outcome).toMatchObject({ outcome: "roll-back-failed", exitCode: 2, running: null });
    expect(outcome.message).toMatch(
      /^Roll back FAILED: putting back what was there: forbidden; what is there now:/,
    );
    expect(outcome.byHand).toContain("look at app");
    expect(scene.calls.filter((call) => call === "restore")).toHaveLength(1);
    scene.fault = undefined;
    expect(await goBackBy(scene)).toMatchObject({ outcome: "returned", running: "v1" });
  });

  it("that cannot be written down is no success: the next one would not know of it", async () => {
    const scene = await deployed("v1", "v2");
    scene.fault = (call) =>
      call === "memory.rolledBack" ? { kind: "fails", final: true, message: "forbidden" } : undefined;
    const outcome = await goBackBy(scene);
    expect(outcome).toMatchObject({ outcome: "unrecorded", exitCode: 2, running: "v1" });
    expect(outcome.message).toMatch(
      /^Roll back UNRECORDED: v1 is up and well, and that could not be written down:/,
    );
    expect(outcome.resume).not.toBeNull();
    scene.fault = undefined;
    expect(await goBackBy(scene)).toMatchObject({ exitCode: 0 });
    expect(await deploy(scene, "v2")).toMatchObject({ outcome: "blocked" });
  });

  it("goes on when an answer is lost on the way", async () => {
    const scene = await deployed("v1", "v2");
    scene.fault = onceAt("restore", { kind: "lost" });
    const limits = { waitMs: 5000, pollMs: 10, lockWaitMs: 0, lockTtlMs: 60_000 };
    expect(await goBackBy(scene, { run: { limits } })).toMatchObject({ outcome: "returned", running: "v1" });
  });
});

describe("a pinned image", () => {
  const image = `v7@${imageOf("v7").split("@")[1]}`;

  it("is brought, seen to be well, and remembered as good", async () => {
    const scene = await deployed("v1");
    const outcome = await pin(scene, image);
    expect(outcome).toMatchObject({ outcome: "pinned", exitCode: 0, from: "v1", running: image });
    expect(outcome.message).toBe(`Pinned prod to ${image}: app 1 of 1 ready`);
    expect(scene.now).toBe("v7");
    expect(await pin(scene, image)).toMatchObject({ outcome: "already" });
    expect(await goBackBy(scene)).toMatchObject({ outcome: "returned", running: "v1" });
  });

  it("has no place where nothing is known to be", async () => {
    const scene = stage();
    const outcome = await pin(scene, image);
    expect(outcome).toMatchObject({ outcome: "blocked", exitCode: 1 });
    expect(outcome.message).toContain("deploy it once with apply");
    expect(scene.now).toBeNull();
  });

  it("that does not become well is taken back and rejected", async () => {
    const scene = await deployed("v1");
    const bad = `bad${image}`;
    expect(await pin(scene, bad)).toMatchObject({ outcome: "rolled-back", running: "v1" });
    expect(scene.now).toBe("v1");
    const again = await pin(scene, bad);
    expect(again).toMatchObject({ outcome: "blocked" });
    expect(again.message).toContain("Pin BLOCKED");
  });
});
