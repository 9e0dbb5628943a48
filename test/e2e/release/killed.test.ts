import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Ran } from "../../support/cli.ts";
import type { GitHubRequest } from "../../support/github-server.ts";
import {
  expectEnd,
  expectReleased,
  type ReleaseWorld,
  releaseWorld,
  told,
  version,
  writes,
} from "./world.ts";

type Moment = "when it arrives" | "after its work";

/** Runs a release and kills it at one request. */
async function killAt(
  world: ReleaseWorld,
  which: (request: GitHubRequest) => boolean,
  moment: Moment,
): Promise<Ran> {
  let kill = () => {};
  world.fault = (request) => {
    if (!which(request)) return undefined;
    world.fault = undefined;
    kill();
    return moment === "after its work" ? "drop-after" : "drop-before";
  };
  const ran = await world.release([], { during: (child) => void (kill = () => child.kill("SIGKILL")) });
  expect(world.fault, `that request never came: ${told(ran)}`).toBeUndefined();
  expect(ran.signal, told(ran)).toBe("SIGKILL");
  return ran;
}

/** The n-th request that writes. */
function nthWrite(n: number): (request: GitHubRequest) => boolean {
  let seen = 0;
  return ({ method }) => method !== "GET" && ++seen === n;
}

/** A clean run's: to create the draft, to upload each of the four assets, to publish. */
const inAll = 6;

describe("killed at a request", () => {
  it("the writes of a clean run are those that the next tests kill at", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(), 0);
    const upload = "repos/upload-release-asset";
    expect(writes(world.github)).toEqual([
      "repos/create-release",
      ...[upload, upload, upload, upload],
      "repos/update-release",
    ]);
    expect(writes(world.github)).toHaveLength(inAll);
  });

  const moments = Array.from({ length: inAll }, (_, i) => i + 1).flatMap((n) =>
    (["when it arrives", "after its work"] as const).map((moment) => [n, moment] as const),
  );
  it.each(moments)("write %i, %s: the same command makes the same release, once", async (n, moment) => {
    const world = await releaseWorld();
    await killAt(world, nthWrite(n), moment);
    expectEnd(await world.release(), 0, `Release ${version}`);
    expectReleased(world);
    expect(world.github.state.releases).toHaveLength(1);
    expect(world.github.state.deleted.filter(({ draft }) => !draft)).toEqual([]);
  });

  it("again and again, at every write: each run comes further", async () => {
    const world = await releaseWorld();
    const [draft, upload, publish] = [
      "repos/create-release",
      "repos/upload-release-asset",
      "repos/update-release",
    ];
    for (const operation of [draft, upload, upload, publish]) {
      await killAt(world, (request) => request.operation === operation, "after its work");
    }
    expectEnd(await world.release(), 0, "already complete: nothing to do");
    expectReleased(world);
    expect(writes(world.github).filter((write) => write === draft)).toHaveLength(1);
  });

  it.each(["when it arrives", "after its work"] as const)(
    "to delete what an upload left behind, %s",
    async (moment) => {
      const world = await releaseWorld();
      world.fault = ({ operation }) =>
        operation === "repos/upload-release-asset" ? { status: 400, starter: true } : undefined;
      expectEnd(await world.release(), 2, "STALLED at github.assets");
      const left = world.github.state.releases[0]?.assets ?? [];
      expect(left.some(({ state }) => state === "starter")).toBe(true);
      await killAt(world, ({ operation }) => operation === "repos/delete-release-asset", moment);
      expectEnd(await world.release(), 0);
      expectReleased(world);
    },
  );

  it.each(["when it arrives", "after its work"] as const)(
    "to delete a draft left over, %s",
    async (moment) => {
      const world = await releaseWorld();
      const body = `text\n\n<!-- release-sentinel: ${version} ${world.commit} -->`;
      for (let i = 0; i < 2; i++) world.github.state.seed({ tag: version, draft: true, body });
      await killAt(world, ({ operation }) => operation === "repos/delete-release", moment);
      expectEnd(await world.release(), 0);
      expectReleased(world);
      expect(world.github.state.deleted.every(({ draft }) => draft)).toBe(true);
    },
  );

  it("in the middle of the reading before anything is written: nothing is there, and then all of it", async () => {
    const world = await releaseWorld();
    await killAt(world, ({ operation }) => operation === "repos/list-releases", "when it arrives");
    expect(world.remote("for-each-ref", "refs/tags")).toBe("");
    expect(world.repo.git("tag")).toBe("");
    expectEnd(await world.release(), 0);
    expectReleased(world);
  });
});

/** A hook that kills the release, and lets nothing more happen itself. */
function deadly(repository: string, hook: string, when = "true"): string {
  const pid = join(repository, "release-sentinel.pid");
  const path = join(repository, "hooks", hook);
  writeFileSync(
    path,
    `#!/bin/sh\nin=$(cat)\n${when} || exit 0\nrm -f "${path}"\nkill -9 "$(cat "${pid}")"\nsleep 5\n`,
  );
  chmodSync(path, 0o755);
  return pid;
}

async function killByHook(world: ReleaseWorld, pid: string): Promise<void> {
  const ran = await world.release([], { during: (child) => writeFileSync(pid, `${child.pid}`) });
  expect(ran.signal, told(ran)).toBe("SIGKILL");
}

const ofTag = `echo "$in" | grep -q refs/tags/${version}`;

describe("killed within git", () => {
  it.each([
    ["the tag is here", "here", "reference-transaction", `test "$1" = committed && ${ofTag}`],
    ["the push is about to begin", "here", "pre-push", "true"],
    ["the remote has been asked", "there", "pre-receive", "true"],
    ["the remote is about to write the tag", "there", "update", "true"],
    ["the remote has the tag", "there", "post-receive", "true"],
  ])("when %s: the same command makes the same release, once", async (_name, where, hook, when) => {
    const world = await releaseWorld();
    const { repo } = world;
    await killByHook(world, deadly(where === "here" ? join(repo.path, ".git") : repo.origin, hook, when));
    expectEnd(await world.release(), 0, `Release ${version} completed successfully`);
    expectReleased(world);
    expect(world.github.state.releases).toHaveLength(1);
    expect(repo.git("tag", "--points-at", "HEAD").trim()).toBe(version);
  });

  it("while the ref is locked: git's lock stays, is named with its remedy, and without it the release is made", async () => {
    const world = await releaseWorld();
    const own = join(world.repo.path, ".git");
    await killByHook(world, deadly(own, "reference-transaction", `test "$1" = prepared && ${ofTag}`));
    const lock = join(own, "refs/tags", `${version}.lock`);
    expect(existsSync(lock), readdirSync(join(own, "refs/tags")).join()).toBe(true);
    const ran = await world.release();
    expectEnd(ran, 2, "STALLED at tag.create", `${version}.lock`);
    expect(world.github.state.releases).toEqual([]);
    rmSync(lock);
    expectEnd(await world.release(), 0);
    expectReleased(world);
  });
});
