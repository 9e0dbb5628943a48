import type { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Ran } from "../../support/cli.ts";
import { alive } from "../../unit/clients/program/alive.ts";
import {
  everything,
  expectEnd,
  expectReleased,
  type ReleaseWorld,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

const resume = `release-sentinel release --env prod --version ${version}`;
const codes = { SIGINT: 130, SIGTERM: 143 } as const;
const signals = ["SIGINT", "SIGTERM"] as const;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** It was ended; on a busy machine it is a moment until it is gone. */
async function expectEnded(pid: number): Promise<void> {
  await expect.poll(() => alive(pid)).toBe(false);
}

/** Interrupts a release once this is so. */
function interrupted(
  world: ReleaseWorld,
  signal: keyof typeof codes,
  when: () => boolean,
  args: readonly string[] = [],
): Promise<Ran> {
  const during = (child: ReturnType<typeof spawn>) => void until(when).then(() => child.kill(signal));
  return world.release(args, { during });
}

/** Interrupts a release when such a request arrives, which is then never answered. */
function interruptedAt(world: ReleaseWorld, operation: string, signal: keyof typeof codes): Promise<Ran> {
  let arrived = false;
  world.fault = (request) => {
    if (request.operation !== operation) return undefined;
    arrived = true;
    return "hang";
  };
  return interrupted(world, signal, () => arrived).finally(() => {
    world.fault = undefined;
  });
}

describe("interrupted", () => {
  it.each(signals)(
    "by %s in the middle of an upload: says what was begun and how to go on",
    async (signal) => {
      const world = await releaseWorld();
      const ran = await interruptedAt(world, "repos/upload-release-asset", signal);
      expectEnd(
        ran,
        codes[signal],
        `interrupted by ${signal}`,
        `Git tag ${version} created and pushed`,
        resume,
      );
      expect(ran.all).not.toContain("nothing was changed");
      expect(world.github.state.releases.map(({ draft }) => draft)).toEqual([true]);
      const ledger = readFileSync(join(world.repo.path, ".release-sentinel/ledger.jsonl"), "utf8");
      const last = ledger.trimEnd().split("\n").at(-1);
      expect(last).toContain('"kind":"release"');
      expect(last).toContain('"outcome":"stalled"');
      expectEnd(await world.release(), 0, `Release ${version} completed successfully`);
      expectReleased(world);
    },
  );

  it("in the middle of publishing: the same command finds out whether it was done", async () => {
    const world = await releaseWorld();
    expectEnd(await interruptedAt(world, "repos/update-release", "SIGINT"), 130, resume);
    expectEnd(await world.release(), 0);
    expectReleased(world);
  });

  it.each(["repos/list-releases", "repos/get"])(
    "while %s is read for the plan: nothing was changed",
    async (operation) => {
      const world = await releaseWorld();
      const before = everything(world);
      const ran = await interruptedAt(world, operation, "SIGINT");
      expectEnd(
        ran,
        130,
        "interrupted by SIGINT; nothing was changed. Run it again: release-sentinel release",
      );
      expect(everything(world)).toEqual(before);
    },
  );

  it.each(signals)("by %s in the middle of a hook: nothing of it is left running", async (signal) => {
    const run = ["sh", "-c", "sleep 600 & echo $! >marker; wait"];
    const world = await releaseWorld({
      settings: stringify({ release: { assets: ["dist/*"], hooks: { beforePublish: [{ run }] } } }),
      files: { ".gitignore": "dist/\nmarker\n" },
    });
    const marker = join(world.repo.path, "marker");
    const started = () => existsSync(marker) && readFileSync(marker, "utf8").endsWith("\n");
    const ran = await interrupted(world, signal, started);
    expectEnd(ran, codes[signal], "STALLED at hook.before-publish", resume);
    await expectEnded(Number(readFileSync(marker, "utf8")));
    expect(writes(world.github)).toEqual([]);
  });

  it("in the middle of a push: git and its hooks end too, and the same command goes on", async () => {
    const world = await releaseWorld();
    const hook = join(world.repo.path, ".git/hooks/pre-push");
    const marker = join(world.repo.path, ".git/marker");
    writeFileSync(hook, `#!/bin/sh\nsleep 600 &\necho $! >"${marker}"\nwait\n`);
    chmodSync(hook, 0o755);
    const started = () => existsSync(marker) && readFileSync(marker, "utf8").endsWith("\n");
    const ran = await interrupted(world, "SIGINT", started);
    expectEnd(ran, 130, "STALLED at tag.push", `Git tag ${version} created here`, resume);
    await expectEnded(Number(readFileSync(marker, "utf8")));
    writeFileSync(hook, "#!/bin/sh\n");
    expectEnd(await world.release(), 0);
    expectReleased(world);
  });

  it("with --json: how far it came is still answered", async () => {
    const world = await releaseWorld();
    let arrived = false;
    world.fault = ({ operation }) => {
      if (operation !== "repos/upload-release-asset") return undefined;
      arrived = true;
      return "hang";
    };
    const ran = await interrupted(world, "SIGTERM", () => arrived, ["--json"]);
    expectEnd(ran, 143);
    expect(JSON.parse(ran.stdout)).toMatchObject({ outcome: "stalled", resume });
  });
});
