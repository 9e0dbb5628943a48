import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { basicAuth, gitHttpServer } from "../../support/git-server.ts";
import { gitEnv, type TestRepository } from "../../support/repository.ts";
import { left, remote, run, token } from "./world.ts";

describe("release --repo", () => {
  const tags = ({ origin }: TestRepository) =>
    execFileSync("git", ["-C", origin, "tag"], { env: gitEnv }).toString().split("\n").filter(Boolean);
  const identity = {
    ...{ GIT_COMMITTER_NAME: "Captain", GIT_COMMITTER_EMAIL: "captain@example.com" },
    ...{ GIT_AUTHOR_NAME: "Captain", GIT_AUTHOR_EMAIL: "captain@example.com" },
  };
  const policy = {
    "release-sentinel.yaml": "checks:\n  git.branch: true\n  git.clean: true\n  git.tag: true\n",
  };

  it("wants to know where its ledger is kept before it does anything", async () => {
    const world = remote(policy);
    const ran = await run(
      world,
      ["release", "--env", "prod", "--version", "v1.1.0", "--tag", "--repo", world.repo.origin],
      identity,
    );
    expect(ran.stderr).toContain("→ say where it is kept: RS_LEDGER=git");
    expect(ran.code).toBe(1);
    expect(tags(world.repo)).toEqual(["v1.0.0"]);
  });

  it("takes a job's own repository on GitHub for no other: its release is not asked for", async () => {
    const world = remote(policy);
    const env = {
      ...{ GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "acme/job", GITHUB_SERVER_URL: "https://github.com" },
      ...{ GITHUB_TOKEN: token, GITHUB_API_URL: "http://127.0.0.1:1", RS_LEDGER: "off" },
    };
    const asked = ["release", "--env", "prod", "--version", "v1.1.0", "--repo", world.repo.origin];
    const ran = await run(world, [...asked, "--ref", "main"], { ...identity, ...env });
    expect(ran.stderr).toContain("the remote is not on GitHub");
    expect([ran.code, tags(world.repo)]).toEqual([1, ["v1.0.0"]]);
  });

  it("tags what it has cloned, over a server that wants credentials, and records it on origin", async () => {
    const world = remote(policy);
    world.repo.git("switch", "-q", "main");
    const tip = world.repo.commit("feat: more");
    world.repo.git("push", "-q", "origin", "main");
    const http = await gitHttpServer(world.repo.origin, basicAuth(`x-access-token:${token}`));
    const asked = [
      "release",
      "--env",
      "prod",
      "--version",
      "v1.1.0",
      "--tag",
      "--repo",
      http.url,
      "--ref",
      "main",
    ];
    const env = { ...identity, GIT_TOKEN: token };
    const dry = await run(world, [...asked, "--dry-run"], env);
    expect(dry.code).toBe(0);
    expect(tags(world.repo)).toEqual(["v1.0.0"]);
    const ran = await run(world, asked, { ...env, RS_LEDGER: "git" });
    expect(ran.stderr).toContain("Git tag v1.1.0 created and pushed");
    expect(ran.code).toBe(0);
    expect(ran.all).not.toContain(token);
    const at = execFileSync("git", ["-C", world.repo.origin, "rev-parse", "v1.1.0^{commit}"], {
      env: gitEnv,
    });
    expect(at.toString().trim()).toBe(tip);
    expect(ran.stderr).not.toContain("Not recorded");
    // Again: it is all there already.
    expect((await run(world, asked, { ...env, RS_LEDGER: "git" })).code).toBe(0);
    expect(left(world.temp)).toEqual([]);
  });
});
