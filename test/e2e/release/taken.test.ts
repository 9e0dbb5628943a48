import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  everything,
  expectEnd,
  expectReleased,
  git,
  type ReleaseWorld,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

type Kind = "annotated" | "lightweight";
const kinds: readonly Kind[] = ["annotated", "lightweight"];
const places = ["here", "on the remote", "on both"] as const;

function tag({ repo }: ReleaseWorld, kind: Kind, at: string): void {
  repo.git("tag", ...(kind === "annotated" ? ["-a", "-m", "somebody else's"] : []), version, at);
}

function put(world: ReleaseWorld, kind: Kind, place: (typeof places)[number], at: string): void {
  const { repo } = world;
  tag(world, kind, at);
  if (place !== "here") repo.git("push", "-q", "origin", `refs/tags/${version}`);
  if (place === "on the remote") repo.git("tag", "-d", version);
}

describe("a tag of that name at another commit", () => {
  it.each(places.flatMap((place) => kinds.map((kind) => [kind, place] as const)))(
    "%s, %s: blocked, and nothing is touched",
    async (kind, place) => {
      const world = await releaseWorld();
      put(world, kind, place, "HEAD~1");
      const before = everything(world);
      const ran = await world.release();
      expectEnd(ran, 1, "Release BLOCKED (policy): ", `Git tag already exists: ${version} (`);
      expectEnd(await world.release(["--tag"]), 1, `Git tag already exists: ${version} (`);
      expectEnd(await world.release(["--dry-run"]), 1, `Git tag already exists: ${version} (`);
      expect(everything(world)).toEqual(before);
      expect(writes(world.github)).toEqual([]);
    },
  );

  it("is blocked by the plan too, where the gate does not look at tags", async () => {
    const world = await releaseWorld({ policy: "checks:\n  git.repository: true\n" });
    put(world, "annotated", "on the remote", "HEAD~1");
    const before = everything(world);
    const ran = await world.release();
    expectEnd(
      ran,
      1,
      `Release BLOCKED (policy): Git tag already exists: ${version} (origin, at`,
      "by Test Author",
    );
    expect(everything(world)).toEqual(before);
  });
});

describe("a lightweight tag of that name at this very commit", () => {
  it.each(["here", "on the remote", "on both"] as const)(
    "%s: blocked, it is not ours to replace",
    async (place) => {
      const world = await releaseWorld();
      put(world, "lightweight", place, "HEAD");
      const before = everything(world);
      expectEnd(await world.release(), 1, "Release BLOCKED (policy): ", "lightweight");
      expect(everything(world)).toEqual(before);
    },
  );
});

describe("an annotated tag at this very commit, made by hand", () => {
  it.each(places)("%s: the release is finished with it", async (place) => {
    const world = await releaseWorld();
    put(world, "annotated", place, "HEAD");
    expectEnd(await world.release(), 0, `Release ${version} completed successfully`);
    expectReleased(world);
    expect(world.remote("for-each-ref", "--format=%(contents)", `refs/tags/${version}`)).toBe(
      "somebody else's",
    );
  });
});

/** A hook of this clone that lets somebody else be quicker. */
function quicker({ repo }: ReleaseWorld, hook: string, ...commands: readonly string[]): void {
  const path = join(repo.path, ".git/hooks", hook);
  const env = "unset GIT_DIR GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES";
  writeFileSync(path, ["#!/bin/sh", "cat >/dev/null", env, ...commands, ""].join("\n"));
  chmodSync(path, 0o755);
}

describe("a tag that appears between plan and push", () => {
  it.each(kinds)("%s, elsewhere: blocked, ours is taken back, theirs is untouched", async (kind) => {
    const world = await releaseWorld();
    const { repo } = world;
    const how = kind === "annotated" ? "-a -m quicker" : "";
    quicker(world, "pre-push", `git --git-dir="${repo.origin}" tag ${how} ${version} main~1`);
    const ran = await world.release();
    expectEnd(ran, 1, `Release BLOCKED (policy): Git tag already exists: ${version} (origin`);
    expect(ran.all).toContain(`Git tag ${version} deleted here again`);
    expect(repo.git("tag")).toBe("");
    expect(world.remote("rev-parse", `refs/tags/${version}^{commit}`)).toBe(
      repo.git("rev-parse", "HEAD~1").trim(),
    );
    expect(world.remote("cat-file", "-t", `refs/tags/${version}`)).toBe(
      kind === "annotated" ? "tag" : "commit",
    );
    expect(writes(world.github)).toEqual([]);
    expect(world.github.violations).toEqual([]);
    expect(git(repo.path, "status", "--porcelain")).toBe("");
  });

  it("annotated, at this very commit: the release goes on with it, and says who made it", async () => {
    const world = await releaseWorld();
    quicker(world, "pre-push", `git --git-dir="${world.repo.origin}" tag -a -m quicker ${version} main`);
    const ran = await world.release();
    expectEnd(
      ran,
      0,
      `Git tag ${version} was pushed by another run meanwhile, at this commit: by Test Author`,
    );
    expectReleased(world);
    expect(world.remote("for-each-ref", "--format=%(contents)", `refs/tags/${version}`)).toBe("quicker");
    expectEnd(await world.release(), 0, "nothing to do");
  });

  it("and is not there yet, for another push holds its lock: that is waited for", async () => {
    const world = await releaseWorld();
    const lock = join(world.repo.origin, `refs/tags/${version}.lock`);
    writeFileSync(lock, "");
    const hook = join(world.repo.origin, "hooks/update");
    // The other push ends while ours is tried again.
    writeFileSync(hook, `#!/bin/sh\ntest -e hooks/met && rm -f "${lock}"\n: >hooks/met\n`);
    chmodSync(hook, 0o755);
    expectEnd(await world.release(), 0, `Git tag ${version} created and pushed`);
    expectReleased(world);
  });

  it("and a tag that goes missing again before GitHub publishes is not made up by GitHub", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) => {
      if (operation !== "repos/create-release") return undefined;
      world.remote("update-ref", "-d", `refs/tags/${version}`);
      return undefined;
    };
    const ran = await world.release();
    expectEnd(ran, 2, "STALLED at github.publish", `its tag ${version} is not there`);
    expect(world.github.state.tagsMade).toEqual([]);
    world.fault = undefined;
    expectEnd(await world.release(), 0);
    expectReleased(world);
  });
});

describe("a release of that name on GitHub", () => {
  it("as somebody else's draft: blocked, and whose it is is said", async () => {
    const world = await releaseWorld();
    world.github.state.seed({ tag: version, draft: true, author: "colleague", body: "mine" });
    const before = everything(world);
    const ran = await world.release();
    expectEnd(ran, 1, `there is a draft of GitHub release ${version} already, by colleague`, "ask colleague");
    expect(everything(world)).toEqual(before);
  });

  it("as a draft that somebody begins after the plan: ours stops, and the tag that is pushed stays", async () => {
    const world = await releaseWorld();
    quicker(world, "pre-push", "sleep 1.2");
    let seeded = false;
    world.fault = () => {
      if (seeded || world.remote("for-each-ref", "refs/tags") === "") return undefined;
      seeded = true;
      world.github.state.seed({ tag: version, draft: true, author: "colleague", body: "mine" });
      return undefined;
    };
    expectEnd(
      await world.release(),
      2,
      "STALLED at github.draft: there is a draft",
      "by colleague",
      "ask colleague",
    );
    expect(world.remote("cat-file", "-t", `refs/tags/${version}`)).toBe("tag");
    expect(world.github.state.releases.map(({ author }) => author)).toEqual(["colleague"]);
  });

  it("published by hand with our tag and all the assets: there is nothing to do", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(), 0);
    const [release] = world.github.state.releases;
    if (release) release.body = "rewritten by hand";
    expectEnd(await world.release(), 0, "nothing to do");
    expect(release?.body).toBe("rewritten by hand");
  });
});
