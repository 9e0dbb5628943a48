import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { holderId } from "../../src/clients/host/holder.ts";
import type { Driver, Rejection, Run, Status } from "../../src/deploy/driver.ts";

/** v1, v2 and v3 become healthy; broken never does, and can be known to. */
export type TestRelease = "v1" | "v2" | "v3" | "broken";

/** A place that nobody else deploys to, empty in the beginning. */
export interface TestPlace {
  /** A driver as a new process opens it, told to bring this release; `run` is what it is told of the run. */
  open(release: TestRelease, run: Run): Driver | Promise<Driver>;
  /**
   * What of the release is there, for comparison: two places are as they were if this is deeply equal. Without what
   * changes by itself (times, counters of versions) and without lock and memory. Of an empty place it is `empty`.
   */
  seen(): Promise<unknown>;
  readonly empty: unknown;
}

const never = new AbortController().signal;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let runs = 0;
function aRun(version: string): Run {
  const startedAt = new Date().toISOString();
  return { id: `run-${process.pid}-${++runs}`, version, commit: "a".repeat(40), actor: "tester", startedAt };
}

/** What every driver must do. `make` answers a place of its own each time, and sees to it that it is cleaned up. */
export function driverContract(name: string, make: () => TestPlace | Promise<TestPlace>): void {
  async function place() {
    const made = await make();
    const open = async (release: TestRelease, run: Run = aRun(release)) => ({
      driver: await made.open(release, run),
      run,
    });

    /** Waits until the place is as it will stay, however slow it is. */
    async function settled(driver: Driver, expected: "applied" | "restored"): Promise<Status> {
      for (;;) {
        const status = await driver.status(expected, never);
        if (status.state !== "progressing" && status.state !== "other") return status;
        await pause(200);
      }
    }

    /** A whole deploy that ends well. */
    async function bring(release: TestRelease): Promise<Run> {
      const { driver, run } = await open(release);
      await driver.plan(never);
      await driver.capture(run, never);
      await driver.apply(never);
      const status = await settled(driver, "applied");
      expect(status.state, status.message).toBe("healthy");
      await driver.memory.good(run, status, never);
      await driver.close();
      return run;
    }
    return { made, open, settled, bring };
  }

  describe(`the contract of a driver: ${name}`, () => {
    it("plans the first release, and changes nothing by it", async () => {
      const { made, open } = await place();
      const { driver } = await open("v1");
      const plan = await driver.plan(never);
      expect(plan.target.title).not.toBe("");
      expect(plan.target.name).not.toBe("");
      expect(plan.wayBack).toMatchObject({ state: "nothing", version: null });
      expect(plan.changes.length).toBeGreaterThan(0);
      expect(plan.changes.map(({ action }) => action)).not.toContain("unchanged");
      expect(plan.proofs.filter(({ state }) => state === "conflict" || state === "unknown")).toEqual([]);
      expect(plan.unfinished).toBeNull();
      expect(await made.seen()).toEqual(made.empty);
      expect(await driver.memory.read(never)).toEqual({
        good: [],
        rejected: [],
        current: null,
        unfinished: null,
      });
      await driver.close();
    });

    it("brings a release, remembers it as good, and then has nothing to change", async () => {
      const { open, bring } = await place();
      const run = await bring("v1");
      const { driver } = await open("v1");
      const record = await driver.memory.read(never);
      expect(record).toMatchObject({ current: run.id, unfinished: null });
      expect(record.good.map(({ id, version, commit, actor }) => ({ id, version, commit, actor }))).toEqual([
        { id: run.id, version: "v1", commit: run.commit, actor: "tester" },
      ]);
      const plan = await driver.plan(never);
      expect(plan.changes.map(({ action }) => action)).toEqual(plan.changes.map(() => "unchanged"));
      expect((await driver.status("applied", never)).state).toBe("healthy");
      await driver.close();
    });

    it("plans the next one with a way back, says what changes, and brings it", async () => {
      const { made, open, bring } = await place();
      await bring("v1");
      const before = await made.seen();
      const { driver } = await open("v2");
      const plan = await driver.plan(never);
      expect(plan.wayBack).toMatchObject({ state: "ready", version: "v1" });
      expect(plan.changes.map(({ action }) => action)).toContain("change");
      expect(plan.changes.some(({ diff }) => diff !== "")).toBe(true);
      expect(await made.seen()).toEqual(before);
      expect((await driver.status("applied", never)).state).not.toBe("healthy");
      await driver.close();
      await bring("v2");
      expect(await made.seen()).not.toEqual(before);
    });

    it("says why a broken release fails, and puts back exactly what was there", async () => {
      const { made, open, settled, bring } = await place();
      const good = await bring("v1");
      const before = await made.seen();
      const { driver, run } = await open("broken");
      await driver.plan(never);
      await driver.capture(run, never);
      await driver.apply(never);
      const failed = await settled(driver, "applied");
      expect(failed.state, failed.message).toBe("failed");
      expect(failed.why ?? "").not.toBe("");
      await driver.restore({ kind: "captured" }, never);
      const restored = await settled(driver, "restored");
      expect(restored.state, restored.message).toBe("healthy");
      expect(await made.seen()).toEqual(before);
      const rejection: Rejection = {
        digest: "sha256:bad",
        version: "broken",
        reason: "it was broken",
        at: new Date().toISOString(),
        by: "tester",
      };
      await driver.memory.rolledBack([rejection], good.id, never);
      const record = await driver.memory.read(never);
      expect(record).toMatchObject({ current: good.id, unfinished: null, rejected: [rejection] });
      await driver.memory.pardon(["sha256:bad"], never);
      expect((await driver.memory.read(never)).rejected).toEqual([]);
      await driver.close();
    });

    it("takes away everything that a first release has brought, when that is broken", async () => {
      const { made, open, settled } = await place();
      const { driver, run } = await open("broken");
      await driver.plan(never);
      await driver.capture(run, never);
      await driver.apply(never);
      expect((await settled(driver, "applied")).state).toBe("failed");
      await driver.restore({ kind: "captured" }, never);
      const restored = await settled(driver, "restored");
      expect(restored.state, restored.message).toBe("healthy");
      expect(await made.seen()).toEqual(made.empty);
      await driver.memory.rolledBack([], null, never);
      expect(await driver.memory.read(never)).toMatchObject({ current: null, unfinished: null, good: [] });
      await driver.close();
    });

    it("may apply twice, and put back twice", async () => {
      const { made, open, settled, bring } = await place();
      await bring("v1");
      const before = await made.seen();
      const { driver, run } = await open("v2");
      await driver.plan(never);
      await driver.capture(run, never);
      await driver.apply(never);
      await driver.apply(never);
      expect((await settled(driver, "applied")).state).toBe("healthy");
      for (let i = 0; i < 2; i++) {
        await driver.restore({ kind: "captured" }, never);
        expect((await settled(driver, "restored")).state).toBe("healthy");
        expect(await made.seen()).toEqual(before);
      }
      await driver.close();
    });

    it("knows in a new process what was begun, and keeps the first way back", async () => {
      const { made, open, settled, bring } = await place();
      const good = await bring("v1");
      const before = await made.seen();
      const first = await open("v2");
      await first.driver.plan(never);
      await first.driver.capture(first.run, never);
      await first.driver.apply(never);
      await first.driver.close();

      const second = await open("v3");
      const plan = await second.driver.plan(never);
      expect(plan.unfinished).toMatchObject({ id: first.run.id, version: "v2" });
      expect(plan.wayBack).toMatchObject({ state: "ready", version: "v1" });
      await second.driver.capture(second.run, never);
      expect((await second.driver.memory.read(never)).unfinished).toMatchObject({ id: second.run.id });
      await second.driver.apply(never);
      await second.driver.close();

      const third = await open("v3");
      await third.driver.plan(never);
      await third.driver.restore({ kind: "captured" }, never);
      expect((await settled(third.driver, "restored")).state).toBe("healthy");
      expect(await made.seen()).toEqual(before);
      await third.driver.memory.rolledBack([], good.id, never);
      expect((await third.driver.plan(never)).unfinished).toBeNull();
      await third.driver.close();
    });

    it("goes back to a release that it remembers as good, over others", async () => {
      const { made, open, settled, bring } = await place();
      const first = await bring("v1");
      const before = await made.seen();
      await bring("v2");
      const last = await bring("v3");
      const { driver } = await open("v3");
      const record = await driver.memory.read(never);
      expect(record.good.map(({ version }) => version)).toEqual(["v3", "v2", "v1"]);
      expect(record.current).toBe(last.id);
      const good = record.good.find(({ id }) => id === first.id);
      if (!good) throw expect.unreachable();
      await driver.restore({ kind: "good", good }, never);
      const status = await settled(driver, "restored");
      expect(status.state, status.message).toBe("healthy");
      expect(await made.seen()).toEqual(before);
      await driver.memory.rolledBack([], first.id, never);
      expect((await driver.memory.read(never)).current).toBe(first.id);
      await driver.close();
    });

    it("is held by one at a time, who is named to the others, and let go by its holder only", async () => {
      const { open } = await place();
      const [{ driver: one }, { driver: other }] = [await open("v1"), await open("v2")];
      // What the lock is called, and where it is, comes with the plan.
      await Promise.all([one.plan(never), other.plan(never)]);
      const claim = (reason: string) => ({ holder: holderId(), reason, ttlMs: 60_000 });
      const [mine, theirs] = [claim("deploy of v1 by one"), claim("deploy of v2 by other")];
      expect(await one.lock.acquire(mine, never)).toBeNull();
      expect(await one.lock.renew(never)).toBe(true);
      const seen = await other.lock.acquire(theirs, never);
      expect(seen).toMatchObject({ holder: mine.holder, reason: "deploy of v1 by one" });
      expect(Date.parse(seen?.since ?? "")).toBeLessThan(Date.parse(seen?.expiresAt ?? ""));
      await other.lock.release(never);
      expect(await one.lock.renew(never)).toBe(true);
      await one.lock.release(never);
      expect(await other.lock.acquire(theirs, never)).toBeNull();
      expect(await one.lock.renew(never)).toBe(false);
      await one.lock.release(never);
      expect(await other.lock.renew(never)).toBe(true);
      await other.lock.release(never);
    });

    it("is given to one of many who ask at once", async () => {
      const { open } = await place();
      const all = await Promise.all(
        (["v1", "v2", "v3", "v1"] as const).map(async (release) => {
          const { driver } = await open(release);
          await driver.plan(never);
          return driver;
        }),
      );
      const answers = await Promise.all(
        all.map(({ lock }) =>
          lock.acquire({ holder: holderId(), reason: "race", ttlMs: 60_000 }, never).catch(() => "failed"),
        ),
      );
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      await Promise.all(all.map(({ lock }) => lock.release(never)));
    });

    it("is taken from one who gives no sign of life any more, who then knows it", async () => {
      const { open } = await place();
      const [{ driver: one }, { driver: other }] = [await open("v1"), await open("v2")];
      await Promise.all([one.plan(never), other.plan(never)]);
      expect(await one.lock.acquire({ holder: holderId(), reason: "one", ttlMs: 1000 }, never)).toBeNull();
      const claim = { holder: holderId(), reason: "other", ttlMs: 60_000 };
      while ((await other.lock.acquire(claim, never)) !== null) await pause(100);
      expect(await one.lock.renew(never)).toBe(false);
      await other.lock.release(never);
    });

    it.runIf(process.platform === "linux")("is taken at once from a process that is gone", async () => {
      const { open } = await place();
      const [{ driver: one }, { driver: other }] = [await open("v1"), await open("v2")];
      await Promise.all([one.plan(never), other.plan(never)]);
      const dead = { holder: await holderOfTheDead(), reason: "killed", ttlMs: 3_600_000 };
      expect(await one.lock.acquire(dead, never)).toBeNull();
      const claim = { holder: holderId(), reason: "other", ttlMs: 60_000 };
      expect(await other.lock.acquire(claim, never)).toBeNull();
      await other.lock.release(never);
    });

    it("does nothing once it is told to stop", async () => {
      const { made, open, bring } = await place();
      await bring("v1");
      const before = await made.seen();
      const { driver, run } = await open("v2");
      await driver.plan(never);
      const stopped = AbortSignal.abort(new Error("stop"));
      for (const call of [
        () => driver.plan(stopped),
        () => driver.capture(run, stopped),
        () => driver.apply(stopped),
        () => driver.restore({ kind: "captured" }, stopped),
      ])
        await expect(call()).rejects.toThrow();
      expect(await made.seen()).toEqual(before);
      expect((await driver.memory.read(never)).unfinished).toBeNull();
      await driver.close();
    });

    it("has commands for a person to type, each in one line", async () => {
      const { open } = await place();
      const { driver } = await open("v1");
      await driver.plan(never);
      const commands = driver.byHand();
      expect(commands.length).toBeGreaterThan(0);
      for (const command of commands) expect(command).toMatch(/^[^\n]+$/);
      await driver.close();
    });
  });
}

/** What a process that has ended had called itself. */
async function holderOfTheDead(): Promise<string> {
  const module = new URL("../../src/clients/host/holder.ts", import.meta.url).pathname;
  const script = `import(${JSON.stringify(module)}).then(({ holderId }) => console.log(holderId()))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => void (said += chunk.toString("utf8")));
  await once(child, "close");
  return said.trim();
}
