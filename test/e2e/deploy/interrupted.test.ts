import type { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Ran } from "../../support/cli.ts";
import { type DeployWorld, deployWorld, expectEnd, until } from "./world.ts";

const codes = { SIGINT: 130, SIGTERM: 143 } as const;

async function ready(deploy: Readonly<Record<string, unknown>> = {}): Promise<DeployWorld> {
  const world = await deployWorld({ deploy });
  expectEnd(await world.apply("v1.0.0"), 0);
  return world;
}

/** Sends each signal once the program has been called with its verb; then goes on what hangs until there is `go`. */
function signalled(
  world: DeployWorld,
  ...signals: readonly (readonly [verb: string, signal: NodeJS.Signals])[]
): Promise<Ran> {
  const all = signals.map(([verb, signal]) => ({ verb, signal, before: count(world, verb) }));
  const during = async (child: ReturnType<typeof spawn>) => {
    for (const { verb, signal, before } of all) {
      await until(() => count(world, verb) > before);
      child.kill(signal);
    }
    writeFileSync(join(world.place, "go"), "");
  };
  return world.apply("v1.1.0", [], { during: (child) => void during(child) });
}

function count(world: DeployWorld, verb: string): number {
  return existsSync(join(world.place, "calls"))
    ? world.calls().filter((call) => call.startsWith(verb)).length
    : 0;
}

describe("interrupted", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "by %s while it waits: it is rolled back, which is said",
    async (signal) => {
      const world = await ready();
      world.fault({ status: { hang: 30_000, once: true } });
      const ran = await signalled(world, ["status applied", signal]);
      expectEnd(ran, codes[signal], `Deploy FAILED, rolled back to v1.0.0: interrupted by ${signal}`);
      expect(ran.all).not.toContain("nothing was changed");
      expect(world.now()).toBe("v1.0.0");
      expect(world.state()).toMatchObject({ unfinished: null, lock: null, rejected: [] });
      expect(world.ledger().at(-1)).toBe("apply rolled-back");
      expectEnd(await world.apply("v1.1.0"), 0);
    },
  );

  it("before anything was written: nothing was changed, and that is said", async () => {
    const world = await ready();
    world.fault({ plan: { hang: 30_000, once: true } });
    const ran = await signalled(world, ["plan", "SIGINT"]);
    expectEnd(ran, 130, "interrupted by SIGINT; nothing was changed", world.resume);
    expect(world.now()).toBe("v1.0.0");
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });

  it("while it keeps what is there: nothing was applied", async () => {
    const world = await ready();
    world.fault({ capture: { hang: 30_000, once: true } });
    const ran = await signalled(world, ["capture", "SIGINT"]);
    expectEnd(ran, 130, "Deploy FAILED, nothing was applied: interrupted by SIGINT");
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });

  it("where the policy is to finish: it is finished", async () => {
    const world = await ready({ onInterrupt: "finish" });
    world.fault({ status: { until: "go", once: true } });
    const ran = await signalled(world, ["status applied", "SIGINT"]);
    expectEnd(ran, 130, "Deployed v1.1.0 to prod");
    expect(world.now()).toBe("v1.1.0");
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });

  it("twice: it leaves at once, and says how things are and what goes on from there", async () => {
    const world = await ready();
    world.fault({ status: { hang: 30_000, once: true }, restore: { hang: 30_000, once: true } });
    const ran = await signalled(world, ["status applied", "SIGINT"], ["restore", "SIGINT"]);
    expectEnd(
      ran,
      130,
      "left at once: it was being rolled back, and is in between",
      "release-sentinel rollback --env prod --name app",
    );
    expect(world.state().unfinished).not.toBeNull();
    expectEnd(await world.run(["rollback", "--env", "prod"]), 0, "Rolled back prod to v1.0.0");
    expect(world.now()).toBe("v1.0.0");
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });

  it("where the way back fails too: everybody is told, though somebody has interrupted it", async () => {
    const world = await ready();
    world.fault({ status: { hang: 30_000, once: true }, restore: { said: "no room on box 3" } });
    const ran = await signalled(world, ["status applied", "SIGTERM"]);
    expectEnd(
      ran,
      143,
      "Deploy FAILED, roll back FAILED: interrupted by SIGTERM",
      "no room on box 3",
      "By hand: ",
    );
    expect(world.webhook.received).toHaveLength(1);
  });

  it("by its own time limit: it is rolled back, though that takes longer", async () => {
    const world = await ready();
    world.fault({ status: { hang: 30_000, once: true }, restore: { hang: 2500, once: true } });
    const ran = await world.apply("v1.1.0", ["--timeout", "8s"]);
    expectEnd(ran, 2, "Deploy FAILED, rolled back to v1.0.0: no end within the 8 s");
    expect(world.now()).toBe("v1.0.0");
  });
});

describe("two at once", () => {
  it("one deploys; the other is told who, and with --wait-lock comes after", async () => {
    const world = await ready();
    world.fault({ apply: { until: "go", once: true } });
    const calls = count(world, "apply");
    const first = world.apply("v1.1.0");
    await until(() => count(world, "apply") > calls);
    const second = await world.apply("v1.2.0");
    expectEnd(
      second,
      1,
      `Deploy BLOCKED: another one is at work there: deploy of v1.1.0 by ${userInfo().username}`,
      "--wait-lock",
    );
    const third = await world.apply("v1.2.0", ["--wait-lock", "60s"], {
      during: (child) => {
        child.stderr?.on("data", (chunk: Buffer) => {
          if (chunk.includes("waiting for the lock")) writeFileSync(join(world.place, "go"), "");
        });
      },
    });
    expectEnd(await first, 0, "Deployed v1.1.0");
    expectEnd(
      third,
      0,
      `waiting for the lock: deploy of v1.1.0 by ${userInfo().username}`,
      "-image: app:v1.1.0",
      "Deployed v1.2.0",
    );
    expect(world.now()).toBe("v1.2.0");
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });

  it("five at the same moment: those that deploy do so one after the other", async () => {
    const world = await ready();
    const versions = ["v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0"];
    const all = await Promise.all(versions.map((version) => world.apply(version, ["--wait-lock", "60s"])));
    for (const ran of all) expectEnd(ran, 0, "Deployed");
    expect(versions).toContain(world.now());
    expect(world.state().good[0]).toMatchObject({ version: world.now() });
    expect(world.state()).toMatchObject({ unfinished: null, lock: null });
  });
});
