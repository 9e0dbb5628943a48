import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitDaemon } from "../../support/git-server.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  assets,
  clone,
  everything,
  expectEnd,
  expectReleased,
  expectTagged,
  git,
  policy,
  type ReleaseWorld,
  releaseWorld,
  told,
  version,
  writes,
} from "./world.ts";

const done = `Release ${version} completed successfully`;
const actions = {
  CI: "true",
  GITHUB_ACTIONS: "true",
  GITHUB_REF: "refs/heads/main",
  GITHUB_REF_NAME: "main",
  GITHUB_REF_TYPE: "branch",
  GITHUB_EVENT_NAME: "push",
  GITHUB_RUN_ID: "42",
  GITHUB_SERVER_URL: "https://github.example",
  GITHUB_ACTOR: "octocat",
};

describe("clones that have not everything", () => {
  it.each([["--depth=1"], ["--filter=blob:none"], ["--filter=tree:0"], ["--single-branch", "--no-tags"]])(
    "%s: released whole, with whole notes, or refused with the way out",
    async (...args) => {
      const world = await releaseWorld();
      world.repo.git("tag", "-a", "-m", "before", "v0.9.0", "HEAD~1");
      world.repo.git("push", "-q", "origin", "v0.9.0");
      world.remote("config", "uploadpack.allowFilter", "true");
      const cwd = clone(world, ...args);
      const ran = await world.release([], { cwd });
      if (ran.code !== 0) {
        expectEnd(ran, 1);
        expect(writes(world.github)).toEqual([]);
        expect(world.remote("for-each-ref", "--format=%(refname)", "refs/tags")).toBe("refs/tags/v0.9.0");
        const wayOut = /(?:→|To mend it:) git (fetch .+)$/m.exec(ran.stderr)?.[1];
        git(cwd, ...(wayOut ?? told(ran)).split(" "));
        expectEnd(await world.release([], { cwd }), 0, done);
      }
      expectReleased(world);
      const body = world.github.state.releases[0]?.body ?? "";
      expect(body).toContain("1 commit since v0.9.0");
      expect(body).toContain("all of it");
      expect(body).not.toContain("first");
    },
  );
});

describe("a detached HEAD", () => {
  it("outside CI: blocked, and said so", async () => {
    const world = await releaseWorld();
    world.repo.git("checkout", "-q", "--detach");
    expectEnd(await world.release(), 1, "Releases blocked from branch: HEAD (detached)");
  });

  it("in CI: the branch is CI's, and so is the tagger where git has no name", async () => {
    const world = await releaseWorld();
    world.repo.git("checkout", "-q", "--detach");
    for (const name of ["GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"]) {
      delete world.env[name];
    }
    const folder = tempFolder();
    const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") };
    const env = { ...actions, ...files, GITHUB_SHA: world.commit };
    expectEnd(await world.release([], { env }), 0, done);
    expectReleased(world);
    const tag = world.remote("cat-file", "tag", version);
    expect(tag).toMatch(/^tagger octocat <octocat@users\.noreply\.github\.com> /m);
    expect(tag).toContain("Run: https://github.example/octo/demo/actions/runs/42");
    expect(readFileSync(files.GITHUB_OUTPUT, "utf8")).toMatch(/release(=|<<\S+\n)released/);
    expect(readFileSync(files.GITHUB_STEP_SUMMARY, "utf8")).toContain(done);
  });

  it("in the CI job that the tag itself has started: the release is finished with that tag", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(["--tag"]), 0);
    // As actions/checkout leaves it: detached, and the tag lightweight.
    const cwd = clone(world);
    git(cwd, "checkout", "-q", "--detach");
    git(cwd, "tag", "-d", version);
    git(cwd, "tag", version);
    const ref = { GITHUB_REF: `refs/tags/${version}`, GITHUB_REF_NAME: version, GITHUB_REF_TYPE: "tag" };
    expectEnd(
      await world.release([], { cwd, env: { ...actions, ...ref, GITHUB_SHA: world.commit } }),
      0,
      done,
    );
    expectReleased(world);
  });
});

describe("remotes", () => {
  it("there is none: nothing can be released, and nothing is", async () => {
    const world = await releaseWorld();
    world.repo.git("remote", "remove", "origin");
    expectEnd(await world.release(), 1, "there is no remote named origin", "git remote add origin URL");
    expectEnd(await world.release(["--tag"]), 1, "there is no remote named origin");
    expect(world.repo.git("tag")).toBe("");
  });

  it("is another one than origin: that one is released to", async () => {
    const world = await releaseWorld({ settings: "release: {remote: upstream, assets: [dist/*]}\n" });
    world.repo.git("remote", "rename", "origin", "upstream");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("is gone: critical, and nothing is changed", async () => {
    const world = await releaseWorld();
    world.repo.git("remote", "set-url", "origin", join(tempFolder(), "nothing.git"));
    expectEnd(await world.release(), 2, "Release BLOCKED (CRITICAL)");
    expect(world.repo.git("tag")).toBe("");
    expect(world.github.requests).toEqual([]);
  });

  it("is a git daemon: the tag is pushed there", async ({ skip }) => {
    const world = await releaseWorld();
    const url = await gitDaemon(dirname(world.repo.origin));
    skip(url === undefined, "git comes without its daemon here");
    world.repo.git("remote", "set-url", "origin", `${url}/origin.git`);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("declines by its hook: stalled with the hook's words, nothing on GitHub, and finished when it agrees", async () => {
    const world = await releaseWorld();
    const hook = join(world.repo.origin, "hooks/pre-receive");
    writeFileSync(hook, "#!/bin/sh\necho 'releases wait for Monday' >&2\nexit 1\n");
    chmodSync(hook, 0o755);
    const ran = await world.release();
    expectEnd(ran, 2, "STALLED at tag.push: origin itself declined v1.0.0: releases wait for Monday");
    expect(world.remote("for-each-ref", "refs/tags")).toBe("");
    expect(writes(world.github)).toEqual([]);
    writeFileSync(hook, "#!/bin/sh\nexit 0\n");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("has a tag protected by a ruleset: blocked by the plan, and nothing is changed", async () => {
    const world = await releaseWorld({
      github: {
        rulesets: [
          { name: "releases", include: ["refs/tags/v*"], rules: [{ type: "creation" }], bypass: "never" },
        ],
      },
    });
    const before = everything(world);
    expectEnd(await world.release(), 1, "Release BLOCKED (policy)", "releases");
    expect(everything(world)).toEqual(before);
  });

  it("has a default branch that moved on: what was judged is released", async () => {
    const world = await releaseWorld();
    const other = clone(world);
    git(other, "commit", "-q", "--allow-empty", "-m", "feat: moved on");
    git(other, "push", "-q", "origin", "main");
    world.repo.git("fetch", "-q", "origin");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.github.state.releases[0]?.body).not.toContain("moved on");
  });
});

describe("work trees", () => {
  it("a linked one", async () => {
    const world = await releaseWorld();
    const cwd = join(tempFolder(), "linked");
    world.repo.git("switch", "-q", "-c", "aside");
    world.repo.git("worktree", "add", "-q", cwd, "main");
    for (const [path, content] of Object.entries(assets)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), content);
    }
    expectEnd(await world.release([], { cwd }), 0, done);
    expectReleased(world);
  });

  it("a folder below the top", async () => {
    const world = await releaseWorld({ files: { "packages/web/index.js": "\n" } });
    expectEnd(await world.release([], { cwd: join(world.repo.path, "packages/web") }), 0, done);
    expectReleased(world);
  });

  it("a submodule, with its own remote", async () => {
    const world = await releaseWorld();
    const outer = repository({ origin: true });
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", world.repo.origin, "inner");
    outer.commit("chore: submodule");
    const cwd = join(outer.path, "inner");
    for (const [path, content] of Object.entries(assets)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), content);
    }
    expectEnd(await world.release([], { cwd }), 0, done);
    expectReleased(world);
    expect(outer.git("tag")).toBe("");
  });
});

/** What else a push of these settings would have brought along. */
function temptations({ repo }: ReleaseWorld): void {
  repo.git("tag", "-a", "-m", "private", "private-tag");
  repo.git("branch", "private-branch");
}
const onlyOurs = ["refs/heads/main", `refs/tags/${version}`];

describe("settings of the repository", () => {
  it.each([
    ["push.followTags", [["push.followTags", "true"]]],
    ["remote.origin.mirror", [["remote.origin.mirror", "true"]]],
    ["remote.origin.push", [["remote.origin.push", "+refs/*:refs/*"]]],
    [
      "push.default and remote.pushDefault",
      [
        ["push.default", "matching"],
        ["remote.pushDefault", "elsewhere"],
      ],
    ],
    ["push.gpgSign", [["push.gpgSign", "if-asked"]]],
    [
      "tag.sort, column.ui and color.ui",
      [
        ["tag.sort", "-refname"],
        ["column.ui", "always"],
        ["color.ui", "always"],
      ],
    ],
    [
      "fetch.prune and fetch.pruneTags",
      [
        ["fetch.prune", "true"],
        ["fetch.pruneTags", "true"],
      ],
    ],
  ])("%s: exactly one tag is pushed, and nothing here is lost", async (_name, all) => {
    const world = await releaseWorld();
    temptations(world);
    for (const [key = "", value = ""] of all) world.repo.git("config", key, value);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.remote("for-each-ref", "--format=%(refname)").split("\n")).toEqual(onlyOurs);
    expect(
      world.repo
        .git("-c", "column.ui=never", "-c", "color.ui=never", "-c", "tag.sort=refname", "tag")
        .split("\n"),
    ).toEqual(["private-tag", version, ""]);
  });

  it("tag.gpgSign without a key: blocked before there is a tag, and `sign: never` goes on", async () => {
    const world = await releaseWorld({ settings: "release: {assets: [dist/*]}\n" });
    const { repo } = world;
    repo.git("config", "tag.gpgSign", "true");
    repo.git("config", "gpg.program", "/nonexistent/gpg");
    expectEnd(
      await world.release(),
      1,
      "Release BLOCKED (policy): signing does not work here",
      "release.sign: never",
    );
    expect(repo.git("tag")).toBe("");
    const commit = repo.commit("chore: unsigned", {
      "release-sentinel.yaml": `${policy}release: {sign: never, assets: [dist/*]}\n`,
    });
    repo.git("push", "-q", "origin", "main");
    expectEnd(await world.release(), 0, done);
    expectReleased(world, version, commit);
  });

  it("an ssh key to sign with: the tag is signed", async ({ skip }) => {
    const key = join(tempFolder(), "key");
    try {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key], { env: gitEnv });
    } catch {
      skip("there is no ssh-keygen here");
    }
    const world = await releaseWorld({ settings: "release: {sign: ssh, assets: [dist/*]}\n" });
    world.repo.git("config", "user.signingKey", key);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.remote("cat-file", "tag", version)).toContain("-----BEGIN SSH SIGNATURE-----");
  });

  it("core.hooksPath: that folder's pre-push is the one that runs, and may decline", async () => {
    const world = await releaseWorld();
    const hooks = tempFolder();
    writeFileSync(join(hooks, "pre-push"), "#!/bin/sh\necho 'not on my watch' >&2\nexit 1\n");
    chmodSync(join(hooks, "pre-push"), 0o755);
    world.repo.git("config", "core.hooksPath", hooks);
    expectEnd(
      await world.release(),
      2,
      "STALLED at tag.push: the pre-push hook declined v1.0.0: not on my watch",
    );
    writeFileSync(join(hooks, "pre-push"), `#!/bin/sh\ncat >"${hooks}/seen"\n`);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(readFileSync(join(hooks, "seen"), "utf8")).toMatch(new RegExp(`^refs/tags/${version} `));
  });

  it("a remote whose pushes go elsewhere: that place is read and written", async () => {
    const world = await releaseWorld();
    const { repo } = world;
    const mirror = join(tempFolder(), "read-only.git");
    execFileSync("git", ["clone", "-q", "--bare", repo.origin, mirror], { env: gitEnv });
    repo.git("remote", "set-url", "origin", mirror);
    repo.git("remote", "set-url", "--push", "origin", repo.origin);
    expectEnd(await world.release(), 0, done);
    expectTagged(world);
    expect(git(mirror, "tag")).toBe("");
  });
});
