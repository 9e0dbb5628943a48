import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { gitOnly, left, notOver, remote, run } from "./world.ts";

describe("--repo and --ref", () => {
  it("judge a branch as that branch, and leave nothing behind", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin];
    const main = await run(world, [...asked, "--ref", "main"]);
    expect(main.stderr).toContain("Branch OK: main");
    expect(main.code).toBe(0);
    const feature = await run(world, [...asked, "--ref", "feature/x", "--skip", notOver]);
    expect(feature.stderr).toContain("Releases blocked from branch: feature/x");
    expect(feature.code).toBe(1);
    expect(left(world.temp)).toEqual([]);
  });

  it("take the default branch where no ref is named", async () => {
    const world = remote();
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin]);
    expect(ran.stderr).toContain("Branch OK: main");
    expect(ran.stderr).toMatch(
      new RegExp(` INFO release-sentinel\\.git Cloned .*: main at ${world.released.slice(0, 7)}\n`),
    );
    expect(ran.code).toBe(0);
  });

  it("judge a tag or a commit by the branches that it is on, as a tag's build does", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin, "--skip", notOver];
    for (const ref of ["v1.0.0", "refs/tags/v1.0.0", world.released, world.released.slice(0, 10)]) {
      const ran = await run(world, [...asked, "--ref", ref]);
      expect(ran.stderr, ref).toMatch(/Branch OK: \w{7} is on .*main/);
      expect(ran.code).toBe(0);
    }
    const ran = await run(world, [...asked, "--ref", world.feature]);
    expect(ran.stderr).toContain("is on no allowed branch");
    expect(ran.code).toBe(1);
  });

  it("do not fetch a commit that no branch and no tag leads to", async () => {
    const world = remote();
    world.repo.git("switch", "-q", "--detach");
    const stray = world.repo.commit("feat: a pull request's");
    world.repo.git("push", "-q", "origin", "HEAD:refs/pull/7/head");
    const http = await gitHttpServer(world.repo.origin);
    const ran = await run(world, [...gitOnly, "--repo", http.url, "--ref", stray]);
    expect(ran.stderr).toContain(`there is no branch, tag or commit ${stray}`);
    expect(ran.code).toBe(1);
  });

  it("are refused in one line where they cannot be asked for", async () => {
    const world = remote();
    const { origin } = world.repo;
    for (const [args, why] of [
      [["--repo", origin, "--ref=-x"], "--ref -x begins with a hyphen"],
      [["--repo", origin, "--ref", "main\nevil"], "--ref main\\nevil is no name"],
      [["--repo", origin, "--ref", "v1.0.1"], "did you mean v1.0.0?"],
      [["--repo", "ext::sh -c whoami"], "is neither a URL"],
      [["--repo", `${origin}-nowhere`], "there is no repository at"],
      [["--ref", "main"], "--ref goes with --repo"],
    ] as const) {
      const ran = await run(world, [...gitOnly, ...args]);
      expect(ran.stderr).toContain(why);
      expect(ran.stderr.split("\n").filter((line) => line.startsWith("release-sentinel: "))).toHaveLength(1);
      expect(ran.code, why).toBe(1);
    }
    expect(left(world.temp)).toEqual([]);
  });

  it("are said as JSON where JSON is asked for", async () => {
    const world = remote();
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin, "--ref", "gone", "--json"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ code: "flag-invalid", exitCode: 1 });
  });

  it("serve notes, the next version and the configuration too", async () => {
    const world = remote({ "release-sentinel.yaml": "extends: default\n" });
    const from = ["--repo", world.repo.origin, "--ref", "feature/x"];
    expect((await run(world, ["notes", "--version", "v1.1.0", ...from])).stdout).toContain(
      "feat: x".slice(6),
    );
    expect((await run(world, ["version", "next", ...from])).stdout.trim()).toBe("v1.1.0");
    const validated = await run(world, ["config", "validate", ...from]);
    expect(validated.stderr).toContain("Configuration OK: ");
    expect(validated.code).toBe(0);
    expect((await run(world, ["config", "show", "--env", "prod", ...from])).code).toBe(0);
  });

  it("leave paths those of where the caller stands", async () => {
    const world = remote({ "release-sentinel.yaml": "checks: { nonsense: true }\n" });
    writeFileSync(join(world.here, "policy.yaml"), "checks:\n  git.branch: { allow: [main] }\n");
    const asked = ["--env", "prod", "--version", "v1.0.0", "--repo", world.repo.origin, "--ref", "main"];
    const given = await run(world, [...asked, "--config", "policy.yaml", "--report", "json=out.json"], {
      RS_LEDGER: "book.jsonl",
    });
    expect(given.code).toBe(0);
    expect(JSON.parse(readFileSync(join(world.here, "out.json"), "utf8"))).toMatchObject({
      verdict: "SAFE",
      commit: world.released,
      branch: "main",
    });
    expect(readFileSync(join(world.here, "book.jsonl"), "utf8")).toContain(world.released);
    const named = await run(world, asked, { RS_CONFIG: "policy.yaml" });
    expect(named.code).toBe(0);
    expect(named.stderr).toContain("Not recorded: with --repo there is no work tree to keep the ledger in");
    // Without one, it is the repository's own.
    expect((await run(world, asked)).code).toBe(1);
  });

  it("say how it is where no temporary folder can be made", async () => {
    const world = remote();
    writeFileSync(join(world.temp, "file"), "");
    const ran = await run(world, [...gitOnly, "--repo", world.repo.origin], {
      TMPDIR: join(world.temp, "file/x"),
    });
    expect(ran.stderr).toContain(
      "no temporary folder can be made (ENOTDIR) → name one that can be written: TMPDIR=",
    );
    expect(ran.code).toBe(2);
  });

  it("work for a repository that has no commit, and for one that is shallow: both are said", async () => {
    const world = remote();
    const empty = repository({ origin: true, empty: true });
    const none = await run(world, [...gitOnly, "--repo", empty.origin]);
    expect(none.stderr).toContain("the repository has no commit yet");
    expect(none.code).toBe(1);
    const shallow = join(tempFolder(), "shallow");
    execFileSync("git", ["clone", "-q", "--depth=1", `file://${world.repo.origin}`, shallow], {
      env: gitEnv,
    });
    for (const repo of [shallow, `file://${shallow}`, (await gitHttpServer(join(shallow, ".git"))).url]) {
      const cut = await run(world, [
        "--env",
        "prod",
        "--version",
        "v1.0.0",
        "--only",
        "git.repository,git.tag",
        "--repo",
        repo,
      ]);
      expect(cut.stderr).toContain("the clone is shallow");
    }
  });
});
