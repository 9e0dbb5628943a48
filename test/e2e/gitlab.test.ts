import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { gitlabGate } from "../../src/scaffold/templates/index.ts";
import { deployToken, shop, tagged } from "../support/action-shop.ts";
import { cleanEnv, root } from "../support/cli.ts";
import { factsOf } from "../support/facts.ts";
import { gitEnv, type TestRepository } from "../support/repository.ts";
import { tempFolder } from "../support/temp.ts";
import { toolRepository } from "../support/tool-repository.ts";

/** Reads the file as GitLab does: its own JSON Schema, its rules. */
const reader = join(root, "node_modules", "gitlab-ci-local", "dist", "index.js");

interface Pipeline {
  /** What is built: `refs/heads/main`. */
  readonly ref: string;
  /** What GitLab says of it. */
  readonly variables: Readonly<Record<string, string>>;
}

const onTag = (tag: string): Pipeline => ({
  ref: `refs/tags/${tag}`,
  variables: { CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: tag, CI_COMMIT_REF_NAME: tag },
});
const onBranch = (branch: string): Pipeline => ({
  ref: `refs/heads/${branch}`,
  variables: { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: branch, CI_COMMIT_REF_NAME: branch },
});
const onRequest: Pipeline = {
  ref: "refs/heads/feature/search",
  variables: {
    CI_PIPELINE_SOURCE: "merge_request_event",
    CI_MERGE_REQUEST_IID: "7",
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "feature/search",
    CI_COMMIT_REF_NAME: "feature/search",
  },
};

/** The shop with GitLab's file in it, and the tool in a repository of its own. */
function gitlabShop(pinned = true): TestRepository {
  const { address, sha } = toolRepository();
  const tool = { repository: address, version: "v0.1.0", ...(pinned ? { sha } : {}) };
  const facts = factsOf({ forge: "gitlab", writeCi: "gitlab", tool });
  return shop({ ".gitlab-ci.yml": gitlabGate(facts) });
}

/** What GitLab's runner leaves with `GIT_DEPTH: "0"`: every ref, HEAD detached. */
function checkOut(repo: TestRepository, ref: string): { folder: string; sha: string } {
  const folder = join(tempFolder("rs-gitlab-"), "shop");
  mkdirSync(folder);
  const git = (...words: string[]) =>
    execFileSync("git", ["-C", folder, ...words], { env: gitEnv })
      .toString()
      .trim();
  git("init", "-q");
  git("remote", "add", "origin", `file://${repo.origin}`);
  const all = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"];
  git("fetch", "-q", "--prune", "--force", "origin", ...all, `+${ref}:refs/pipelines/1`);
  const sha = git("rev-parse", "refs/pipelines/1^{commit}");
  git("checkout", "-f", "-q", sha);
  return { folder, sha };
}

/** The jobs that this pipeline would have. @throws with what GitLab's schema says against the file */
function jobsOf(folder: string, variables: Readonly<Record<string, string>>): string[] {
  const given = { CI_DEFAULT_BRANCH: "main", CI_COMMIT_TAG: "", CI_COMMIT_BRANCH: "", ...variables };
  const flags = Object.entries(given).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
  const state = ["--state-dir", join("..", "state"), "--home", folder];
  const ran = spawnSync(
    process.execPath,
    [
      reader,
      "--list-csv",
      "--no-color",
      ...state,
      "--ignore-predefined-vars",
      Object.keys(given).join(","),
      ...flags,
    ],
    { cwd: folder, encoding: "utf8", env: cleanEnv({ HOME: folder }) },
  );
  expect(ran.status, ran.stderr).toBe(0);
  expect(ran.stderr).toContain("json schema validated");
  return ran.stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(";")[0] ?? "");
}

/** Runs the job's script as the runner does: one shell for all its lines, after the file's and the pipeline's variables. */
function run(repo: TestRepository, { ref, variables }: Pipeline, secrets = { RS_DEPLOY_TOKEN: deployToken }) {
  const { folder, sha } = checkOut(repo, ref);
  expect(jobsOf(folder, variables)).toEqual(["release-gate"]);
  const file = parse(readFileSync(join(folder, ".gitlab-ci.yml"), "utf8")) as {
    "release-gate": { script: string[]; variables: Record<string, string> };
  };
  const { script, variables: own } = file["release-gate"];
  const bin = tempFolder();
  symlinkSync(process.env["RS_TEST_NODE"] ?? process.execPath, join(bin, "node"));
  const env = cleanEnv({
    CI: "true",
    GITLAB_CI: "true",
    CI_COMMIT_SHA: sha,
    CI_DEFAULT_BRANCH: "main",
    TMPDIR: bin,
    PATH: [bin, process.env["PATH"]].join(delimiter),
    ...own,
    ...variables,
    ...secrets,
  });
  const text = `set -eo pipefail\n${script.join("\n")}\n`;
  const ran = spawnSync("bash", ["-c", text], { cwd: folder, env, encoding: "utf8" });
  return { ...ran, folder, all: `${ran.stdout}${ran.stderr}` };
}

describe("GitLab's file: by GitLab's own schema and rules, and run as its runner would", () => {
  it("a tag is judged for its version, and the report is there for GitLab", () => {
    const repo = gitlabShop();
    tagged(repo, "v1.0.0");
    const ran = run(repo, onTag("v1.0.0"));
    expect(ran.status, ran.all).toBe(0);
    expect(ran.all).toContain("Version OK: v1.0.0");
    expect(readFileSync(join(ran.folder, "gate.xml"), "utf8")).toContain("<testsuite");
  });

  it("a tag that is no version is blocked", () => {
    const repo = gitlabShop();
    tagged(repo, "nightly");
    const ran = run(repo, onTag("nightly"));
    expect(ran.status, ran.all).toBe(1);
    expect(ran.all).toContain("Invalid version format: nightly");
  });

  it("the default branch", () => {
    const ran = run(gitlabShop(false), onBranch("main"));
    expect(ran.status, ran.all).toBe(0);
    expect(ran.all).toContain("Branch OK: main");
  });

  it("a merge request is judged by its target", () => {
    const ran = run(gitlabShop(), onRequest);
    expect(ran.status, ran.all).toBe(0);
    expect(ran.all).toContain("Branch OK: main (base of the pull request)");
  });

  it("a variable that is protected, and so missing, is named", () => {
    const ran = run(gitlabShop(), onRequest, { RS_DEPLOY_TOKEN: "" });
    expect(ran.status).toBe(1);
    expect(ran.all).toContain("Missing required env var: RS_DEPLOY_TOKEN");
  });

  it("other branches have no such job", () => {
    const { folder } = checkOut(gitlabShop(), "refs/heads/feature/search");
    expect(jobsOf(folder, onBranch("feature/search").variables)).toEqual([]);
  });

  it("a tool that cannot be fetched fails the job, by git's own exit code: BLOCKED is 1", () => {
    const tool = { repository: "file:///nowhere/release-sentinel.git", version: "v0.1.0" };
    const repo = shop({ ".gitlab-ci.yml": gitlabGate(factsOf({ tool })) });
    const ran = run(repo, onBranch("main"));
    expect([ran.status, ran.stderr]).toEqual([128, expect.not.stringContaining("Cannot find module")]);
  });
});
