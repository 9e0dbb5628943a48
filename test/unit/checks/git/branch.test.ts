import { describe, expect, it } from "vitest";
import { gitBranch } from "../../../../src/checks/git/branch.ts";
import { ask } from "../../../support/ask.ts";
import { repository } from "../../../support/repository.ts";

describe("git.branch", () => {
  it.each([
    ["main", "ok"],
    ["master", "ok"],
    ["release/1.4", "ok"],
    ["release/1.4/hotfix", "fail"],
    ["feature/test", "fail"],
    ["mainline", "fail"],
  ])("%s is %s", async (branch, status) => {
    const repo = repository();
    repo.git("switch", "-q", "-C", branch);
    const answer = await ask(gitBranch, { cwd: repo.path });
    expect(answer.status).toBe(status);
    if (status === "fail") expect(answer.message).toBe(`Releases blocked from branch: ${branch}`);
  });

  it("blocks a detached HEAD outside CI and says so", async () => {
    const repo = repository();
    repo.git("checkout", "-q", "--detach");
    expect(await ask(gitBranch, { cwd: repo.path })).toMatchObject({
      status: "fail",
      message: "Releases blocked from branch: HEAD (detached)",
    });
  });

  it.each<[string, Record<string, string>]>([
    [
      "GitHub",
      {
        GITHUB_ACTIONS: "true",
        GITHUB_REF: "refs/heads/main",
        GITHUB_REF_NAME: "main",
        GITHUB_REF_TYPE: "branch",
      },
    ],
    ["GitLab", { GITLAB_CI: "true", CI_COMMIT_BRANCH: "main" }],
    ["Jenkins", { JENKINS_URL: "http://j/", BRANCH_NAME: "main" }],
    ["CircleCI", { CIRCLECI: "true", CIRCLE_BRANCH: "main" }],
    ["Azure", { TF_BUILD: "True", BUILD_SOURCEBRANCH: "refs/heads/main" }],
    ["Buildkite", { BUILDKITE: "true", BUILDKITE_BRANCH: "main" }],
  ])("takes a detached HEAD's branch from %s", async (_name, env) => {
    const repo = repository();
    repo.git("checkout", "-q", "--detach");
    expect(await ask(gitBranch, { cwd: repo.path, env })).toMatchObject({
      status: "ok",
      message: "Branch OK: main",
    });
  });

  it("does not believe CI about a commit that it did not build", async () => {
    const repo = repository();
    const built = repo.git("rev-parse", "HEAD").trim();
    repo.git("switch", "-q", "--orphan", "other");
    repo.commit("feat: elsewhere", { x: "1" });
    repo.git("checkout", "-q", "--detach");
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_REF: "refs/heads/main",
      GITHUB_REF_NAME: "main",
      GITHUB_REF_TYPE: "branch",
      GITHUB_SHA: built,
    };
    expect(await ask(gitBranch, { cwd: repo.path, env })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("not the commit that GitHub Actions built"),
    });
  });

  it("takes no descendant of the built commit for the branch", async () => {
    const repo = repository();
    const built = repo.git("rev-parse", "HEAD").trim();
    repo.git("checkout", "-q", "--detach");
    repo.commit("feat: another branch's head");
    const env = { GITLAB_CI: "true", CI_COMMIT_BRANCH: "main", CI_COMMIT_SHA: built };
    expect((await ask(gitBranch, { cwd: repo.path, env })).status).toBe("fail");
  });

  it("takes no negated glob for an invitation", async () => {
    const repo = repository();
    repo.git("switch", "-q", "-c", "feature/evil");
    expect(
      (await ask(gitBranch, { cwd: repo.path, options: { allow: ["release/*", "!release/old"] } })).status,
    ).toBe("fail");
  });

  describe("on a tag build", () => {
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_REF: "refs/tags/v1.0.0",
      GITHUB_REF_NAME: "v1.0.0",
      GITHUB_REF_TYPE: "tag",
    };
    it("passes when the commit is on an allowed branch", async () => {
      const repo = repository({ origin: true });
      repo.git("checkout", "-q", "--detach");
      repo.git("branch", "-D", "main");
      expect(await ask(gitBranch, { cwd: repo.path, env })).toMatchObject({
        status: "ok",
        message: expect.stringContaining("is on main"),
      });
    });
    it("fails when it is on another branch only", async () => {
      const repo = repository();
      repo.git("switch", "-q", "-c", "feature/x");
      repo.commit();
      repo.git("checkout", "-q", "--detach");
      expect(await ask(gitBranch, { cwd: repo.path, env })).toMatchObject({
        status: "fail",
        message: expect.stringMatching(
          /^Releases blocked from branch: tag v1\.0\.0: commit [0-9a-f]{7} is on no allowed branch/,
        ),
      });
    });
    it("refuses to guess in a shallow clone", async () => {
      const repo = repository({ origin: true });
      repo.commit();
      repo.git("push", "-q", "origin", "HEAD:refs/heads/feature/x");
      const shallow = `${repo.path}-shallow`;
      repo.git("clone", "-q", "--depth=1", "--branch", "feature/x", `file://${repo.origin}`, shallow);
      repo.git("-C", shallow, "checkout", "-q", "--detach");
      expect(await ask(gitBranch, { cwd: shallow, env })).toMatchObject({
        status: "unknown",
        message: expect.stringContaining("shallow clone"),
        remedy: expect.stringContaining("--unshallow"),
      });
    });
  });

  it("judges a pull request by its base, and blocks a release from one", async () => {
    const repo = repository();
    repo.git("switch", "-q", "-c", "main-fork");
    const env = {
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_REF: "refs/pull/7/merge",
      GITHUB_REF_NAME: "7/merge",
      GITHUB_BASE_REF: "main",
      GITHUB_HEAD_REF: "main-fork",
    };
    expect(await ask(gitBranch, { cwd: repo.path, env, target: { purpose: "pull-request" } })).toMatchObject({
      status: "ok",
      message: "Branch OK: main (base of the pull request)",
    });
    expect(
      await ask(gitBranch, {
        cwd: repo.path,
        env: { ...env, GITHUB_BASE_REF: "feature/y" },
        target: { purpose: "pull-request" },
      }),
    ).toMatchObject({ status: "fail", message: "Releases blocked from branch: feature/y" });
    expect(await ask(gitBranch, { cwd: repo.path, env })).toMatchObject({
      status: "fail",
      message: expect.stringContaining("pull request 7"),
    });
  });

  describe("where CI builds no pull request, and it is asked whether one could be merged", () => {
    const target = { purpose: "pull-request" } as const;
    const build = (branch: string, commit: string) => ({
      ...{ GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: "push" },
      ...{ GITHUB_REF: `refs/heads/${branch}`, GITHUB_SHA: commit },
    });
    const cloned = () => {
      const repo = repository({ origin: true });
      const main = repo.git("rev-parse", "HEAD").trim();
      repo.git("remote", "set-head", "origin", "main");
      repo.git("switch", "-q", "-c", "dev2");
      repo.commit("feat: not merged");
      return { repo, main, dev: repo.git("rev-parse", "HEAD").trim() };
    };

    it("judges the branch that is built, and not the default branch", async () => {
      const { repo, dev } = cloned();
      const blocked = { status: "fail", message: "Releases blocked from branch: dev2" };
      const asked = { cwd: repo.path, env: build("dev2", dev), target };
      expect(await ask(gitBranch, asked)).toMatchObject(blocked);
      repo.git("checkout", "-q", "--detach");
      expect(await ask(gitBranch, asked)).toMatchObject(blocked);
    });

    it("does not take another commit for the branch that the job is for", async () => {
      const { repo, main } = cloned();
      repo.git("checkout", "-q", "--detach");
      expect(await ask(gitBranch, { cwd: repo.path, env: build("main", main), target })).toMatchObject({
        status: "fail",
        message: expect.stringContaining("not the commit that GitHub Actions built"),
      });
      repo.git("checkout", "-q", "--detach", main);
      expect(await ask(gitBranch, { cwd: repo.path, env: build("main", main), target })).toMatchObject({
        status: "ok",
        message: "Branch OK: main",
      });
    });

    it("takes the default branch for the base outside CI", async () => {
      const { repo } = cloned();
      expect(await ask(gitBranch, { cwd: repo.path, target })).toMatchObject({
        status: "ok",
        message: "Branch OK: main (base of the pull request)",
      });
    });
  });

  it("takes globs from the policy", async () => {
    const repo = repository();
    repo.git("switch", "-q", "-c", "hotfix/a");
    expect((await ask(gitBranch, { cwd: repo.path, options: { allow: ["hotfix/*"] } })).status).toBe("ok");
  });
});
