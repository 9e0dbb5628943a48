import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitHttpServer } from "../../support/git-server.ts";
import { gitOnly, notOver, remote, run } from "./world.ts";

describe("in a CI job that is about something else", () => {
  const job = (commit: string, ref = "refs/heads/other") => ({
    ...{ GITHUB_ACTIONS: "true", CI: "true", GITHUB_EVENT_NAME: "push", GITHUB_REF: ref, GITHUB_SHA: commit },
    ...{ GITHUB_REF_NAME: ref.replace(/^refs\/\w+\//, ""), GITHUB_REF_TYPE: "branch" },
  });

  it("the ref that was named is judged, not what the job has built", async () => {
    const world = remote();
    const asked = [...gitOnly, "--repo", world.repo.origin, "--skip", notOver];
    for (const env of [job("c".repeat(40)), job(world.feature, "refs/heads/main")]) {
      const ran = await run(world, [...asked, "--ref", "v1.0.0"], env);
      expect(ran.stderr).toMatch(/Branch OK: \w{7} is on /);
      expect(ran.code).toBe(0);
      expect((await run(world, [...asked, "--ref", world.feature], env)).code).toBe(1);
    }
  });

  it("a tag that is called like a branch's whole name is not the branch that --config-ref names", async () => {
    const world = remote({ "release-sentinel.yaml": "checks:\n  git.branch: { allow: [nothing] }\n" });
    world.repo.git("push", "-q", "origin", "main:refs/heads/stable");
    const weak = world.repo.commit("feat: loosen", {
      "release-sentinel.yaml": "checks:\n  git.version: true\n",
    });
    for (const name of ["refs/tags/refs/heads/stable", "refs/tags/refs/remotes/stable"])
      world.repo.git("push", "-q", "origin", `${weak}:${name}`);
    world.repo.git("push", "-q", "origin", "feature/x");
    const asked = ["--env", "prod", "--version", "v1.1.0", "--repo", world.repo.origin, "--ref", "feature/x"];
    for (const ref of ["stable", "refs/heads/stable"]) {
      const ran = await run(world, [...asked, "--config-ref", ref]);
      expect([ran.code, ran.stderr.includes("PASSED")], ran.stderr).toEqual([1, false]);
    }
  });

  it("a pull request's job does not choose its policy by choosing the ref", async () => {
    const world = remote({ "release-sentinel.yaml": "checks:\n  git.branch: { allow: [nothing] }\n" });
    world.repo.commit("feat: loosen", { "release-sentinel.yaml": "checks:\n  git.version: true\n" });
    world.repo.git("push", "-q", "origin", "feature/x");
    const http = await gitHttpServer(world.repo.origin);
    const env = {
      ...job(world.feature, "refs/pull/7/merge"),
      ...{ GITHUB_EVENT_NAME: "pull_request", GITHUB_BASE_REF: "main", GITHUB_HEAD_REF: "feature/x" },
      ...{ GITHUB_SERVER_URL: http.origin, GITHUB_REPOSITORY: "origin" },
    };
    // Where such a job stands is the pull request's work tree.
    writeFileSync(join(world.here, "release-sentinel.yaml"), "checks:\n  git.version: true\n");
    const asked = ["--env", "prod", "--version", "v1.1.0", "--ref", "feature/x"];
    const theirs = join(world.here, "release-sentinel.yaml");
    for (const more of [[], ["--config", "release-sentinel.yaml"], ["--config", theirs]]) {
      const ran = await run(world, [...asked, "--repo", http.url, ...more], env);
      expect(ran.stderr).toContain("Releases blocked from branch: main");
      expect(ran.code).toBe(1);
    }
    // Nor by a git of its own.
    const bin = join(world.here, "node_modules/.bin");
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, "git"), `#!/bin/sh\ntouch ${join(world.here, "stolen")}\n`, { mode: 0o755 });
    const path = { PATH: `${bin}:${process.env["PATH"]}` };
    await run(world, [...asked, "--repo", http.url], { ...env, ...path });
    expect(existsSync(join(world.here, "stolen"))).toBe(false);
    // Nor by naming another repository, unless it is said which ref of that is to be trusted.
    const other = [...asked, "--repo", world.repo.origin];
    const refused = await run(world, other, env);
    expect(refused.stderr).toContain("a pull request's job takes its policy from its own repository");
    expect(refused.code).toBe(1);
    const said = await run(world, [...other, "--config-ref", "main"], env);
    expect(said.stderr).toContain("Releases blocked from branch: main");
  });
});
