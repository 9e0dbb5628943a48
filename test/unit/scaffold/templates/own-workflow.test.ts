import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../support/cli.ts";
import { readWorkflow, reviewWorkflow, workflowProblems } from "../../../support/workflow.ts";

const folder = join(root, ".github", "workflows");

describe("this project's own workflows", () => {
  it.each(readdirSync(folder))("%s: GitHub's parser takes it, and a reviewer too", async (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    expect(await workflowProblems(text)).toEqual([]);
    expect(reviewWorkflow(text)).toEqual([]);
  });

  it("one asks the gate through the action that this project is", () => {
    const { jobs } = readWorkflow(readFileSync(join(folder, "release-sentinel.yml"), "utf8"));
    expect(jobs["gate"]?.steps.map(({ uses }) => uses)).toContain("./");
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
