import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Driver, Status } from "../../../src/deploy/driver.ts";
import { composeV1, engine, image } from "../../support/real/docker.ts";
import { tempFolder } from "../../support/temp.ts";
import { aRun, checkout, never, quick, seen } from "./place.ts";

async function settled(driver: Driver, expected: "applied" | "restored"): Promise<Status> {
  const since = Date.now();
  for (;;) {
    const status = await driver.status(expected, never);
    if (!/progressing|other/.test(status.state) || Date.now() - since > 60_000) return status;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A machine with compose v1 and without the plugin. */
function oldMachine(): NodeJS.ProcessEnv {
  const folder = tempFolder();
  mkdirSync(join(folder, "docker"));
  symlinkSync(composeV1.found ?? "", join(folder, "docker-compose"));
  chmodSync(folder, 0o755);
  return { PATH: `${folder}:${process.env["PATH"]}`, DOCKER_CONFIG: join(folder, "docker") };
}

describe.skipIf(engine.skip || composeV1.skip)("compose v1", () => {
  it("brings, remembers, fails, and puts back as v2 does", async () => {
    const place = checkout();
    const name = place.project;
    await Promise.all([image(`${name}:v1`), image(`${name}:v2`)]);
    const env = oldMachine();
    const settings = { compose: { project: name } };
    const write = (tag: string, more: object = {}) =>
      place.write({ web: quick(`${name}:${tag}`, more), db: quick(`${name}:v1`) }, { version: "3.7" });
    const bring = async (version: string) => {
      const run = aRun(version);
      const driver = place.driver({ version, run, env, settings });
      const plan = await driver.plan(never);
      expect(plan.proofs.filter(({ state }) => state !== "ok" && state !== "notice")).toEqual([]);
      await driver.capture(run, never);
      await driver.apply(never);
      return { driver, plan, run };
    };
    write("v1", { environment: { PRICE: "$$5" } });
    const first = await bring("v1");
    expect(first.plan.wayBack.state).toBe("nothing");
    const status = await settled(first.driver, "applied");
    expect(status.state, status.message).toBe("healthy");
    await first.driver.memory.good(first.run, status, never);
    const before = await seen(name);

    write("v2", { command: ["sh", "-c", "echo no luck; exit 1"] });
    const second = await bring("v2");
    expect(second.plan.wayBack).toMatchObject({ state: "ready", version: "v1" });
    expect(second.plan.changes.map(({ subject, action }) => `${subject} ${action}`)).toEqual([
      "Service db unchanged",
      "Service web change",
    ]);
    const failed = await settled(second.driver, "applied");
    expect(failed).toMatchObject({ state: "failed", why: expect.stringContaining("no luck") });
    await second.driver.restore({ kind: "captured" }, never);
    const back = await settled(second.driver, "restored");
    expect(back.state, back.message).toBe("healthy");
    expect(await seen(name)).toEqual(before);
  });

  it("names the file of what is no compose file", async () => {
    const place = checkout();
    place.write({ web: { image: "app:1", portz: ["80"] } }, { version: "3.7" });
    const driver = place.driver({ env: oldMachine(), settings: { compose: { project: place.project } } });
    expect((await driver.plan(never)).proofs[0]?.message).toMatch(/^compose\.yaml:\d+:\d+: .*portz/);
  });

  it("says that there is no compose at all", async () => {
    const env = { ...oldMachine(), PATH: tempFolder() };
    await expect(checkout().driver({ env }).plan(never)).rejects.toThrow(
      /neither .* nor .* is installed|is not on PATH/,
    );
  });
});
