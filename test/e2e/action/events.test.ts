import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { deployToken, gate, shop, tagged } from "../../support/action-shop.ts";
import { gitEnv } from "../../support/repository.ts";
import { runAction } from "../../support/runner.ts";
import { checkOut, startJob } from "../../support/runner-events.ts";

describe("the action, by what happened", () => {
  it("a push to main: could this be released?", async () => {
    const ran = await gate(shop(), { event: "push" });
    expect(ran.outputs, ran.log).toMatchObject({ verdict: "SAFE", "exit-code": "0" });
    expect(ran.conclusion).toBe("success");
    expect(ran.summary).toContain("SAFE");
    expect(ran.annotations).toEqual([]);
  });

  it("a push to main with a version that is given", async () => {
    const ran = await gate(shop(), { event: "push" }, { inputs: { version: "v1.0.0" } });
    expect(ran.log).toContain("Git tag v1.0.0 is free on origin");
    expect(ran.conclusion).toBe("success");
  });

  it("a push to a branch that releases nothing, with a version", async () => {
    const trigger = { event: "push", branch: "feature/search" } as const;
    const ran = await gate(shop(), trigger, { inputs: { version: "v1.0.0" } });
    expect(ran.outputs["verdict"], ran.log).toBe("BLOCKED");
    expect(ran.annotations.map(({ message }) => message).join()).toContain(
      "Releases blocked from branch: feature/search",
    );
  });

  it("a push to such a branch with no version: it is not judged as if it were main", async () => {
    const ran = await gate(shop(), { event: "push", branch: "feature/search" });
    expect(ran.log).toContain("Releases blocked from branch: feature/search");
    expect(ran.outputs["verdict"]).toBe("BLOCKED");
  });

  it("a run for main with another commit checked out, or another branch of a repository that is named", async () => {
    const repo = shop();
    const search = repo.git("rev-parse", "feature/search").trim();
    const job = startJob(repo, { event: "workflow_dispatch" });
    const workspace = checkOut(repo, job, { depth: 0 });
    execFileSync("git", ["-C", workspace, "checkout", "-q", "--detach", search], { env: gitEnv });
    const step = { job, workspace, env: { RS_DEPLOY_TOKEN: deployToken } };
    const here = await runAction({ ...step, inputs: { env: "prod" } });
    expect(here.log).toContain("which is not the commit that GitHub Actions built");
    expect(here.outputs["verdict"]).toBe("BLOCKED");
    const named = { repo: repo.origin, ref: "feature/search" };
    const there = await runAction({ ...step, inputs: { env: "prod", ...named } });
    expect(there.log).toContain("Releases blocked from branch: feature/search");
    expect(there.outputs["verdict"]).toBe("BLOCKED");
  });

  it("a tag, where VERSION is another: neither is judged", async () => {
    const repo = shop();
    tagged(repo, "v1.0.0");
    const env = { RS_DEPLOY_TOKEN: deployToken, VERSION: "v9.9.9" };
    const ran = await gate(repo, { event: "push", tag: "v1.0.0" }, { env });
    expect(ran.log).toContain("VERSION is v9.9.9, and this is the build of the tag v1.0.0");
    expect(ran.outputs["verdict"]).toBe("BLOCKED");
  });

  it.each(["v6.0.1", "v6.0.2"] as const)(
    "a tag, checked out by %s: its name is the version",
    async (version) => {
      const repo = shop();
      tagged(repo, "v1.0.0");
      const ran = await gate(repo, { event: "push", tag: "v1.0.0" }, { checkout: { depth: 0, version } });
      expect(ran.log).toContain("Version OK: v1.0.0");
      expect(ran.conclusion, ran.log).toBe("success");
    },
  );

  it("a tag, for a deploy, checked out whole", async () => {
    const repo = shop();
    tagged(repo, "v1.0.0");
    const ran = await gate(repo, { event: "push", tag: "v1.0.0" }, { inputs: { for: "deploy" } });
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("a tag that is no version", async () => {
    const repo = shop();
    tagged(repo, "nightly");
    const ran = await gate(repo, { event: "push", tag: "nightly" });
    expect(ran.outputs["verdict"]).toBe("BLOCKED");
    expect(ran.log).toContain("Invalid version format: nightly");
  });

  it("a tag on a shallow checkout is no answer, and the line that mends it is said", async () => {
    const repo = shop();
    repo.commit("feat: more");
    repo.git("push", "-q", "origin", "main");
    tagged(repo, "v1.0.0");
    const ran = await gate(repo, { event: "push", tag: "v1.0.0" }, { checkout: { depth: 1 } });
    expect(ran.conclusion, ran.log).toBe("failure");
    expect(ran.annotations.find(({ level }) => level === "warning")?.message).toContain("fetch-depth: 0");
  });

  it("a pull request is judged by its base, with no version", async () => {
    const repo = shop();
    tagged(repo, "v1.0.0");
    const ran = await gate(repo, { event: "pull_request", head: "feature/search" });
    expect(ran.conclusion, ran.log).toBe("success");
    expect(ran.log).toContain("Branch OK: main (base of the pull request)");
  });

  it("a pull request on a shallow checkout has no policy to be judged by", async () => {
    const trigger = { event: "pull_request", head: "feature/search" } as const;
    const ran = await gate(shop(), trigger, { checkout: { depth: 1 } });
    expect(ran.outputs["verdict"], ran.log).toBe("BLOCKED");
    expect(ran.annotations.map(({ message }) => message).join("\n")).toContain("fetch-depth: 0");
  });

  it("the merge queue is judged as a pull request", async () => {
    const ran = await gate(shop(), { event: "merge_group", head: "feature/search" });
    expect(ran.conclusion, ran.log).toBe("success");
    expect(ran.log).toContain("base of the pull request");
  });

  it("a run by hand, with a version typed in", async () => {
    const trigger = { event: "workflow_dispatch", inputs: { version: "v1.0.0" } } as const;
    const ran = await gate(shop(), trigger, { inputs: { version: "v1.0.0" } });
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("a schedule", async () => {
    const ran = await gate(shop(), { event: "schedule" });
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("a checkout with Windows' line ends", async () => {
    const ran = await gate(shop(), { event: "push" }, { checkout: { depth: 0, crlf: true } });
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("a checkout beside others", async () => {
    const ran = await gate(
      shop(),
      { event: "push" },
      { checkout: { depth: 0, path: "project" }, inputs: { "working-directory": "project" } },
    );
    expect(ran.conclusion, ran.log).toBe("success");
  });

  it("no checkout at all", async () => {
    const ran = await gate(shop(), { event: "push" }, { checkout: { depth: 0, path: "project" } });
    expect(ran.outputs["verdict"], ran.log).toBe("BLOCKED");
    expect(ran.log).toContain("Not inside a Git repository");
  });
});
