import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gateWorkflow, releaseWorkflow } from "../../../src/scaffold/templates/index.ts";
import { deployToken, policy, shop, tagged } from "../../support/action-shop.ts";
import { cleanEnv } from "../../support/cli.ts";
import { factsOf } from "../../support/facts.ts";
import { githubServer } from "../../support/github.ts";
import { actionFolder, jobToken } from "../../support/runner.ts";
import type { Trigger } from "../../support/runner-events.ts";
import { runWorkflow } from "../../support/workflow.ts";

const tool = "example/release-sentinel@";
const secrets = { RS_DEPLOY_TOKEN: deployToken };

describe("the gate's workflow, run as GitHub would", () => {
  it.each<[string, Trigger]>([
    ["a push to main", { event: "push" }],
    ["a tag", { event: "push", tag: "v1.0.0" }],
    ["a pull request", { event: "pull_request", head: "feature/search" }],
    ["the merge queue", { event: "merge_group", head: "feature/search" }],
  ])("%s is SAFE", async (_name, trigger) => {
    const repo = shop();
    tagged(repo, "v1.0.0");
    const run = await runWorkflow(gateWorkflow(factsOf()), { repo, trigger, tool, secrets });
    expect(run.conclusion, run.steps.at(-1)?.log).toBe("success");
    expect(run.steps.at(-1)?.outputs["verdict"]).toBe("SAFE");
    expect(run.steps.at(-1)?.log).not.toContain(deployToken);
  });

  it("a fork, which gets no secrets, is BLOCKED and told why", async () => {
    const trigger = { event: "pull_request", head: "feature/search", from: "fork" } as const;
    const run = await runWorkflow(gateWorkflow(factsOf()), { repo: shop(), trigger, tool });
    expect(run.conclusion).toBe("failure");
    expect(run.steps.at(-1)?.log).toContain("comes from a fork");
  });
});

describe("the release's workflow, run as GitHub would", () => {
  async function release(version: string) {
    const repo = shop({ "release-sentinel.yaml": `${policy}release: {}\n` });
    const github = await githubServer({ gitDir: repo.origin, token: jobToken });
    const again = () =>
      runWorkflow(releaseWorkflow(factsOf()), {
        repo,
        tool,
        secrets,
        trigger: { event: "workflow_dispatch", inputs: { version } },
        env: { GITHUB_API_URL: github.url, GITHUB_REPOSITORY: "octo/demo" },
      });
    return { run: await again(), again, repo };
  }

  it("makes the tag and the release, and tells everybody, with nothing but the job's token; again it finds all of it done", async () => {
    const { run, again, repo } = await release("v1.0.0");
    expect(run.conclusion, run.steps.at(-1)?.log).toBe("success");
    expect(run.steps.map(({ outputs }) => outputs)).toMatchObject([
      { verdict: "SAFE", release: "released", tag: "v1.0.0" },
      { verdict: "SAFE", ritual: "completed", tag: "v1.0.0" },
    ]);
    expect(repo.git("ls-remote", "origin", "refs/tags/v1.0.0")).not.toBe("");
    for (const { raw } of run.steps) expect(raw.replace(/^::add-mask::.*$/gm, "")).not.toContain(jobToken);
    const second = await again();
    expect(second.conclusion, second.steps.at(-1)?.log).toBe("success");
    expect(second.steps.at(-1)?.log).toContain("complete: was done: complete since");
  });

  it.each(["1.0.0; touch /tmp/x", "$(touch x)", "v1.0.0\nverdict=SAFE", "--dry-run"])(
    "a version %j that somebody types is a version, and no code",
    async (version) => {
      const { run, repo } = await release(version);
      expect(run.conclusion).toBe("failure");
      expect(run.steps.at(-1)?.outputs["verdict"], run.steps.at(-1)?.log).toBe("BLOCKED");
      expect(repo.git("ls-remote", "origin", "refs/tags/*")).toBe("");
    },
  );
});

describe("the one file, as a command line", () => {
  it("needs no install step", () => {
    const file = join(actionFolder, "action", "index.cjs");
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [file, ...args], { cwd: shop().path, env: cleanEnv(), encoding: "utf8" });
    const blocked = run("--env", "prod", "--version", "v1.0.0");
    expect(blocked.status, blocked.stderr).toBe(1);
    expect(blocked.stderr).toContain("Missing required env var: RS_DEPLOY_TOKEN");
    const version = run("--version");
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(version.status).toBe(0);
  });
});
