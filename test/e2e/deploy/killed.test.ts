import { describe, expect, it } from "vitest";
import { type DeployWorld, deployWorld, expectEnd, told } from "./world.ts";

/** Deploys, and is killed by the program itself at one of its verbs. */
async function killedAt(
  world: DeployWorld,
  verb: string,
  moment: "before" | "after",
  version: string,
): Promise<void> {
  world.fault({ [verb]: { kill: moment, once: true } });
  const ran = await world.apply(version);
  expect(ran.signal, told(ran)).toBe("SIGKILL");
}

const moments = ["before", "after"] as const;
const at = (verbs: readonly string[]) =>
  verbs.flatMap((verb) => moments.map((moment) => [verb, moment] as const));

describe.runIf(process.platform === "linux")("killed", () => {
  it.each(at(["plan", "capture", "apply", "status"]))(
    "at %s, %s its work: the same command brings it to its end",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      await killedAt(world, verb, moment, "v1.1.0");
      expect(["v1.0.0", "v1.1.0"]).toContain(world.now());
      expectEnd(await world.apply("v1.1.0"), 0, "Deployed v1.1.0 to prod");
      expect(world.now()).toBe("v1.1.0");
      expect(world.state()).toMatchObject({ unfinished: null, lock: null });
      expect(world.state().good.map(({ version }) => version)).toEqual(["v1.1.0", "v1.0.0"]);
    },
  );

  it.each(at(["apply", "status", "restore"]))(
    "at %s, %s its work, with a release that is broken: the same command takes it back",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      await killedAt(world, verb, moment, "broken");
      expectEnd(await world.apply("broken"), 2, "Deploy FAILED, rolled back to v1.0.0");
      expect(world.now()).toBe("v1.0.0");
      expect(world.state()).toMatchObject({
        unfinished: null,
        lock: null,
        rejected: expect.arrayContaining([expect.objectContaining({ version: "broken" })]),
      });
    },
  );

  it.each(at(["apply", "status"]))(
    "at %s, %s its work: `rollback` goes to what was there before",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      await killedAt(world, verb, moment, "v1.1.0");
      expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
      expect(world.now()).toBe("v1.0.0");
      expect(world.state()).toMatchObject({ unfinished: null, lock: null });
    },
  );

  it.each(moments)(
    "in the first deploy ever, %s its work: a broken one leaves nothing behind",
    async (moment) => {
      const world = await deployWorld();
      await killedAt(world, "apply", moment, "broken");
      expectEnd(await world.apply("broken"), 2, "rolled back to an empty place");
      expect(world.now()).toBeNull();
    },
  );

  it.each(at(["plan", "restore", "status"]))(
    "in a roll back, at %s, %s its work: the same command brings it to its end",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      expectEnd(await world.apply("v1.1.0"), 0);
      world.fault({ [verb]: { kill: moment, once: true } });
      expect((await world.run(["rollback", "--env", "prod"])).signal).toBe("SIGKILL");
      expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
      expect(world.now()).toBe("v1.0.0");
      expect(world.state()).toMatchObject({ lock: null });
    },
  );

  it.each(at(["restore"]))(
    "on its way back from a release that is broken, at %s, %s its work: it does not go forward once more",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      await killedAt(world, verb, moment, "broken");
      expect(world.state().unfinished).toMatchObject({
        run: { version: "broken", returning: { version: "v1.0.0", fault: true } },
      });
      const before = world.calls().length;
      expectEnd(
        await world.apply("broken"),
        2,
        "Not ended: a way back to v1.0.0",
        "Deploy FAILED, rolled back to v1.0.0: ",
      );
      expect(world.calls().slice(before)).not.toContain("apply");
      expect(world.now()).toBe("v1.0.0");
      expect(world.state()).toMatchObject({
        unfinished: null,
        lock: null,
        rejected: expect.arrayContaining([expect.objectContaining({ version: "broken" })]),
      });
      expectEnd(await world.apply("broken"), 1, "was rejected here");
    },
  );

  it.each(at(["restore"]))(
    "on its way back, at %s, %s its work: another version comes after what was there before is back",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      await killedAt(world, verb, moment, "broken");
      const before = world.calls().length;
      expectEnd(
        await world.apply("v1.1.0"),
        0,
        "Rolled back to v1.0.0",
        "Way back: back to app:v1.0.0",
        "Deployed v1.1.0",
      );
      const verbs = world.calls().slice(before);
      expect(verbs.indexOf("restore")).toBeGreaterThan(-1);
      expect(verbs.indexOf("restore")).toBeLessThan(verbs.indexOf("apply"));
      expect(world.state()).toMatchObject({
        unfinished: null,
        rejected: expect.arrayContaining([expect.objectContaining({ version: "broken" })]),
      });
      expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    },
  );

  it.each(at(["restore", "status"]))(
    "in a roll back, at %s, %s its work: a deploy goes on with it first, and takes no half state for a way back",
    async (verb, moment) => {
      const world = await deployWorld();
      expectEnd(await world.apply("v1.0.0"), 0);
      expectEnd(await world.apply("v1.1.0"), 0);
      // The first look of a roll back is at what is left behind.
      if (verb === "restore") world.fault({ restore: { kill: moment, once: true } });
      else world.fault({ status: { kill: moment, once: true } });
      expect((await world.run(["rollback", "--env", "prod"])).signal).toBe("SIGKILL");
      expectEnd(await world.apply("broken"), 2, "Deploy FAILED, rolled back to v1.");
      const left = verb === "restore" ? "v1.0.0" : "v1.1.0";
      expect(world.now()).toBe(left);
      expect(world.state()).toMatchObject({ unfinished: null, lock: null });
    },
  );

  it("in a roll back, and then asked to go on: what is left behind is rejected though nobody sees it any more", async () => {
    const world = await deployWorld();
    expectEnd(await world.apply("v1.0.0"), 0);
    expectEnd(await world.apply("v1.1.0"), 0);
    world.fault({ restore: { kill: "after", once: true } });
    expect((await world.run(["rollback", "--env", "prod"])).signal).toBe("SIGKILL");
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expectEnd(await world.apply("v1.1.0"), 1, "was rejected here");
    expectEnd(await world.run(["rollback", "--env", "prod"]), 1, "--to v1.1.0 --reason '…'");
  });

  it("where the way back does not work: the next version may go forward", async () => {
    const world = await deployWorld();
    expectEnd(await world.apply("v1.0.0"), 0);
    world.fault({ restore: { code: 1, said: "no such image" } });
    expectEnd(await world.apply("broken", ["--wait", "2s"]), 2, "roll back FAILED");
    world.fault({});
    expectEnd(await world.apply("v1.1.0"), 0, "Deployed v1.1.0");
    expect(world.state()).toMatchObject({ unfinished: null });
  });

  it("again and again, and then with another version: the way back is the first one", async () => {
    const world = await deployWorld();
    expectEnd(await world.apply("v1.0.0"), 0);
    await killedAt(world, "apply", "after", "v1.1.0");
    await killedAt(world, "status", "before", "v1.1.0");
    expectEnd(await world.apply("broken"), 2, "Going on with what was begun", "rolled back to v1.0.0");
    expect(world.now()).toBe("v1.0.0");
  });
});
