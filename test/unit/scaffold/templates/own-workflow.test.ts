import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../support/cli.ts";
import { interpolate } from "../../../support/expressions.ts";
import { repository } from "../../../support/repository.ts";
import { startJob, type Trigger } from "../../../support/runner-events.ts";
import { readWorkflow, reviewWorkflow, workflowProblems } from "../../../support/workflow.ts";

const folder = join(root, ".github", "workflows");

describe("this project's own workflows", () => {
  it.each(readdirSync(folder))("%s: GitHub's parser takes it, and a reviewer too", async (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    expect(await workflowProblems(text)).toEqual([]);
    expect(reviewWorkflow(text)).toEqual([]);
  });

  it.each<[Trigger, "base" | "own"]>([
    [{ event: "pull_request", head: "feature/x" }, "base"],
    [{ event: "pull_request", head: "feature/x", from: "fork" }, "base"],
    [{ event: "merge_group", head: "feature/x" }, "base"],
    [{ event: "push" }, "own"],
  ])("%j is judged through the action that this project is at its %s commit", (trigger, whose) => {
    const repo = repository({ origin: true });
    const base = repo.commit("feat: base");
    repo.git("push", "-q", "origin", "main");
    repo.git("switch", "-q", "-c", "feature/x");
    repo.commit("feat: x");
    repo.git("push", "-q", "origin", "feature/x");
    const { payload, sha } = startJob(repo, trigger);
    const { jobs } = readWorkflow(readFileSync(join(folder, "release-sentinel.yml"), "utf8"));
    const [change, judge, gate] = jobs["gate"]?.steps ?? [];
    const ref = interpolate(String(judge?.with?.["ref"]), { github: { event: payload, sha } });
    expect(ref).toBe(whose === "base" ? base : sha);
    expect(change?.with).not.toHaveProperty("ref");
    expect(gate).toMatchObject({
      uses: `./${judge?.with?.["path"]}`,
      with: { "working-directory": change?.with?.["path"] },
    });
  });
});

describe("the reviewer of these tests", () => {
  it.each([
    ["on: push\njobs: { a: { runs-on: x, steps: [{ run: 'x' }] } }", "no permissions"],
    ["on: push\njobs: { a: { runs-on: x, steps: [{ run: 'x' }] } }", "no concurrency"],
    ["on: push\njobs: { a: { runs-on: x, steps: [{ run: 'echo ${{ github.head_ref }}' }] } }", "is code"],
    ["on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6", "not pinned"],
    ["on: push\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v6", "leaves the token"],
  ])("%j: %s", (text, said) => {
    expect(reviewWorkflow(text).join("\n")).toContain(said);
  });

  it("knows what the parser does not take", async () => {
    expect(await workflowProblems("on: push\njobs: { a: { runs-on: x, stepz: [] } }")).not.toEqual([]);
    expect(await workflowProblems("on: pull_reqest\njobs: { a: { runs-on: x, steps: [] } }")).not.toEqual([]);
  });
});
