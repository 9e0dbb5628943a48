import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  gateWorkflow,
  gitlabGate,
  jenkinsfile,
  previewCleanupWorkflow,
  releaseWorkflow,
} from "../../../src/scaffold/templates/index.ts";
import { deployToken, shop, tagged } from "../../support/action-shop.ts";
import { cleanEnv, root } from "../../support/cli.ts";
import { factsOf } from "../../support/facts.ts";
import { actionFile, runAction } from "../../support/runner.ts";
import { checkOut, startJob } from "../../support/runner-events.ts";
import { tempFolder } from "../../support/temp.ts";
import { toolRepository } from "../../support/tool-repository.ts";
import { runWorkflow } from "../../support/workflow.ts";

const page = (name: string) => readFileSync(join(root, "docs", "how-to", `${name}.md`), "utf8");

/** The block that a page says is this file. */
function block(name: string, file: string): string {
  const marked = `<!-- file: ${file} -->\n`;
  const [, text = ""] = page(name).split(marked);
  return /^```\w*\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
}

const tool = { repository: "your-org/release-sentinel", version: "v0.1.0" };
const address = { ...tool, repository: "https://git.example.com/your-org/release-sentinel.git" };

describe("the pages of the ways in", () => {
  it.each([
    ["github-actions", ".github/workflows/release-sentinel.yml", gateWorkflow(factsOf({ tool }))],
    ["github-actions", ".github/workflows/release.yml", releaseWorkflow(factsOf({ tool }))],
    ["github-actions", ".github/workflows/preview-cleanup.yml", previewCleanupWorkflow(factsOf({ tool }))],
    ["gitlab", ".gitlab-ci.yml", gitlabGate(factsOf({ tool: address }))],
    ["jenkins", "Jenkinsfile", jenkinsfile(factsOf({ tool: address }))],
  ])("%s shows %s as init writes it", (name, file, text) => {
    expect(block(name, file)).toBe(text);
  });

  it("GitHub's names every input and every output, and no other", () => {
    const table = /## Inputs\n([\s\S]*?)\n## /.exec(page("github-actions"))?.[1] ?? "";
    const rows = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = ""]) =>
      [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name),
    );
    expect(rows.sort()).toEqual(Object.keys(actionFile.inputs).sort());
    const outputs = Object.keys(
      (parse(readFileSync(join(root, "action.yml"), "utf8")) as { outputs: object }).outputs,
    );
    for (const output of outputs) expect(page("github-actions")).toContain(`\`${output}\``);
  });

  it("GitHub's two lines are a gate", async () => {
    const [step] = parse(block("github-actions", "step.yaml")) as [{ with: Record<string, string> }];
    const repo = shop();
    tagged(repo, "v1.0.0");
    const job = startJob(repo, { event: "push", tag: "v1.0.0" });
    const workspace = checkOut(repo, job, { depth: 0 });
    const env = { RS_DEPLOY_TOKEN: deployToken };
    const ran = await runAction({ job, workspace, inputs: step.with, env });
    expect(ran.outputs["verdict"], ran.log).toBe("SAFE");
  });

  it("GitHub's whole workflow, pasted as it is, is one", async () => {
    const text = block("github-actions", ".github/workflows/release-sentinel.yml");
    const run = await runWorkflow(text, {
      repo: shop({ ".github/workflows/release-sentinel.yml": text }),
      trigger: { event: "pull_request", head: "feature/search" },
      tool: "your-org/release-sentinel@",
      secrets: { RS_DEPLOY_TOKEN: deployToken },
    });
    expect(run.conclusion, run.steps.at(-1)?.log).toBe("success");
  });

  it.each([
    ["gitlab", "two-lines.sh", { CI_COMMIT_TAG: "v1.0.0" }],
    ["jenkins", "two-lines.sh", { TAG_NAME: "v1.0.0" }],
    ["ci", "gate.sh", { VERSION: "v1.0.0" }],
  ])("%s's lines are a gate", (name, file, variables) => {
    const repo = shop();
    const folder = tempFolder();
    symlinkSync(process.env["RS_TEST_NODE"] ?? process.execPath, join(folder, "node"));
    const env = cleanEnv({
      RS_DEPLOY_TOKEN: deployToken,
      SENTINEL_REPOSITORY: toolRepository().address,
      PATH: [folder, process.env["PATH"]].join(delimiter),
      TMPDIR: folder,
      tool: join(folder, "tool"),
      ...variables,
    });
    const ran = spawnSync("sh", ["-ec", block(name, file)], { cwd: repo.path, env, encoding: "utf8" });
    expect(ran.status, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("Release validation PASSED");
  });
});
