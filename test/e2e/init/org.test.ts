import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, cleanEnv } from "../../support/cli.ts";
import { inProcess } from "../../support/main.ts";
import { repository, type TestRepository } from "../../support/repository.ts";
import { readWorkflow, reviewWorkflow, workflowProblems } from "../../support/workflow.ts";

async function policyRepository(): Promise<TestRepository> {
  const repo = repository({ empty: true });
  repo.git("remote", "add", "origin", "https://github.com/acme/release-policy.git");
  const ran = await inProcess(
    ["init", "--yes", "--template", "org", "--action", `acme/tool@${"b2".repeat(20)}`],
    {
      cwd: repo.path,
    },
  );
  expect(ran.code, ran.all).toBe(0);
  repo.commit("feat: our policy");
  return repo;
}

/** Another repository, with the policy where its CI puts it: in `node_modules` of a folder above. */
function project(policy: TestRepository, config: string): TestRepository {
  const repo = repository();
  const place = join(dirname(repo.path), "node_modules/@acme/release-policy");
  mkdirSync(dirname(place), { recursive: true });
  cpSync(policy.path, place, { recursive: true });
  repo.commit("ci: the policy of all of us", { "release-sentinel.yaml": config });
  return repo;
}

const gate = ["check", "--env", "prod", "--version", "v0.1.0", "--json"];
const findings = (stdout: string) =>
  (JSON.parse(stdout) as { findings: { check: string; status: string; message: string }[] }).findings;

describe("a policy for others", () => {
  it("judges a repository that extends it, with a check of its own", async () => {
    const repo = project(await policyRepository(), 'extends: "@acme/release-policy"\n');
    const safe = await inProcess(gate, { cwd: repo.path });
    expect(safe.code, safe.all).toBe(0);
    expect(findings(safe.stdout)).toContainEqual(
      expect.objectContaining({
        check: "required-files",
        status: "ok",
        message: "Required files OK: README.md",
      }),
    );
  });

  it("stops a repository that does not keep it, and says which rule", async () => {
    const policy = await policyRepository();
    const repo = project(
      policy,
      'extends: "@acme/release-policy"\nchecks:\n  required-files: { files: [README.md, LICENSE] }\n',
    );
    const blocked = await inProcess(gate, { cwd: repo.path });
    expect(blocked.code).toBe(1);
    expect(blocked.stdout).toContain("Required file is missing: LICENSE");
  });

  it("is a package whose tests pass, with nothing installed but the tool", async () => {
    const { path } = await policyRepository();
    const { status, stdout } = spawnSync(process.execPath, ["--test"], {
      cwd: path,
      env: { ...cleanEnv(), RELEASE_SENTINEL: `"${process.execPath}" "${bin}"` },
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining("pass 3")]);
  });

  it("has a workflow that others call, which GitHub's parser takes", async () => {
    const { path } = await policyRepository();
    const content = readFileSync(join(path, ".github/workflows/release-gate.yml"), "utf8");
    expect(await workflowProblems(content)).toEqual([]);
    expect(reviewWorkflow(content)).toEqual([]);
    expect(Object.keys(readWorkflow(content).on)).toEqual(["workflow_call"]);
    // What judges lies outside of what is judged.
    expect(content).toContain("path: node_modules/@acme/release-policy");
    expect(content).toContain("working-directory: project");
  });

  it("is judged by itself, and up to date", async () => {
    const { path, git } = await policyRepository();
    git("remote", "remove", "origin");
    git("branch", "-M", "main");
    const own = await inProcess(gate, { cwd: path });
    expect(own.code, own.all).toBe(0);
  });

  it("judges a pull request that has thrown the policy out, as the workflow lays them side by side", async () => {
    const policy = await policyRepository();
    const repo = repository({ origin: true });
    repo.commit("ci: the policy of all of us", {
      "release-sentinel.yaml": 'extends: "@acme/release-policy"\n',
    });
    repo.git("push", "-q", "origin", "main");
    repo.git("switch", "-q", "-c", "harmless");
    repo.git("rm", "-q", "README.md");
    repo.commit("docs: nothing to see here", { "release-sentinel.yaml": "checks: { git.clean: true }\n" });
    const workspace = dirname(repo.path);
    cpSync(policy.path, join(workspace, "node_modules/@acme/release-policy"), { recursive: true });
    cpSync(dirname(bin), join(workspace, "tool/dist"), { recursive: true });
    const { status, stdout } = spawnSync(
      process.execPath,
      // Its rules are a package of their own, which is not laid here.
      [join(workspace, "tool/dist/bin.cjs"), "check", "--env", "prod", "--json", "--skip", "repo.secrets"],
      {
        cwd: repo.path,
        env: {
          ...cleanEnv(),
          GITHUB_ACTIONS: "true",
          GITHUB_EVENT_NAME: "pull_request",
          GITHUB_BASE_REF: "main",
          GITHUB_HEAD_REF: "harmless",
          GITHUB_REF: "refs/pull/1/merge",
          GITHUB_SHA: repo.git("rev-parse", "HEAD").trim(),
        },
        encoding: "utf8",
      },
    );
    expect([status, stdout]).toEqual([1, expect.stringContaining("Required file is missing: README.md")]);
  });
});
