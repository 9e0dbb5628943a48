import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { previewCleanupWorkflow } from "../../../src/scaffold/templates/index.ts";
import { shop } from "../../support/action-shop.ts";
import { factsOf } from "../../support/facts.ts";
import { kubeconfig, kubectl } from "../../support/real/cluster.ts";
import type { Trigger } from "../../support/runner-events.ts";
import { runWorkflow } from "../../support/workflow.ts";
import { removeNamespace } from "../preview/world.ts";

const tool = "example/release-sentinel@";
const closed = { event: "pull_request", head: "feature/search", action: "closed" } as const;

/** A preview of pull request 1, with a prefix of this test's own. */
async function preview() {
  const prefix = `g-${randomBytes(4).toString("hex")}-`;
  const name = `${prefix}1`;
  const marks = 'labels: { app.kubernetes.io/managed-by: release-sentinel, release-sentinel/preview: "1" }';
  const until = 'annotations: { release-sentinel/expires: "2099-01-01T00:00:00Z" }';
  const space = `{ name: ${name}, ${marks}, ${until} }`;
  await kubectl(["create", "-f", "-"], `apiVersion: v1\nkind: Namespace\nmetadata: ${space}\n`);
  onTestFinished(() => removeNamespace(name));
  const repo = shop({
    "release-sentinel.yaml": `extends: default\ndeploy: { preview: { prefix: ${prefix} } }\n`,
  });
  const secrets = { PREVIEW_KUBECONFIG: readFileSync(kubeconfig.found ?? "", "utf8") };
  const run = (trigger: Trigger, text = previewCleanupWorkflow(factsOf())) =>
    runWorkflow(text, { repo, trigger, tool, secrets });
  const there = () => kubectl(["get", "namespace", name, "--ignore-not-found", "-o", "name"]);
  return { run, there, secrets };
}

describe.skipIf(kubeconfig.skip)("the workflow that removes previews, run as GitHub would", () => {
  it("removes the preview of a pull request that is closed, and nothing of the kubeconfig is seen", async () => {
    const { run, there, secrets } = await preview();
    const { conclusion, steps } = await run(closed);
    expect(conclusion, steps.at(-1)?.log).toBe("success");
    expect(steps.map(({ name }) => name)).toEqual(["kubeconfig", "preview cleanup"]);
    expect(await there()).toBe("");
    const lines = secrets.PREVIEW_KUBECONFIG.split("\n").filter((line) => line.length > 60);
    for (const line of lines) for (const { raw } of steps) expect(raw).not.toContain(line.trim());
  });

  it("does nothing for a fork's, which had no secrets and so no preview", async () => {
    const { run, there } = await preview();
    expect((await run({ ...closed, from: "fork" })).conclusion).toBe("skipped");
    expect(await there()).not.toBe("");
  });

  it("sweeps at night", async () => {
    const { run } = await preview();
    // Without the last step: other tests' previews are in this cluster.
    const text = previewCleanupWorkflow(factsOf()).replace(
      /(command: preview sweep\n)/,
      "$1          dry-run: true\n",
    );
    const { conclusion, steps } = await run({ event: "schedule" }, text);
    expect(conclusion, steps.at(-1)?.log).toBe("success");
    expect(steps.map((step) => step.name)).toEqual(["kubeconfig", "preview sweep"]);
  });
});
