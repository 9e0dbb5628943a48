import { spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bin, cleanEnv } from "../../support/cli.ts";
import { expectEnd, expectReleased, releaseWorld, version } from "./world.ts";

it("a draft that somebody begins within a second of our look stops ours", async () => {
  const world = await releaseWorld();
  let seeded = false;
  world.fault = () => {
    if (seeded || world.remote("for-each-ref", "refs/tags") === "") return undefined;
    seeded = true;
    world.github.state.seed({ tag: version, draft: true, author: "colleague", body: "mine" });
    return undefined;
  };
  expectEnd(await world.release(), 2, "STALLED at github.draft: there is a draft", "by colleague");
});

it("a pre-push hook whose last word has no newline is still named as what declined", async () => {
  const world = await releaseWorld();
  const hook = join(world.repo.path, ".git/hooks/pre-push");
  writeFileSync(hook, "#!/bin/sh\nprintf 'not today' >&2\nexit 1\n");
  chmodSync(hook, 0o755);
  expectEnd(await world.release(), 2, "the pre-push hook declined v1.0.0: not today");
});

it("a full disk does not leave a ledger's folder behind that makes the tree dirty", async () => {
  const world = await releaseWorld();
  const args = ["release", "--env", "prod", "--version", version];
  const limited = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, bin, ...args];
  const child = spawn("sh", limited, { cwd: world.repo.path, env: cleanEnv(world.env), stdio: "ignore" });
  await new Promise((resolve) => child.once("close", resolve));
  expectEnd(await world.release(), 0);
  expectReleased(world);
});

it("a breaking feature is among the features of a first release", async () => {
  const world = await releaseWorld();
  world.repo.commit("feat!: another way to start");
  world.repo.git("push", "-q", "origin", "main");
  expectEnd(await world.release(), 0);
  expect(world.github.state.releases[0]?.body).toContain("another way to start");
});
