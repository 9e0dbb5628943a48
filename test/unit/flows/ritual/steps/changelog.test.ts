import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { Secrets } from "../../../../../src/core/mask.ts";
import {
  type ChangelogStepWorld,
  createChangelogStep,
} from "../../../../../src/flows/ritual/steps/changelog.ts";
import { readChangelog } from "../../../../../src/release/overlay/read.ts";
import type { RitualContext } from "../../../../../src/ritual/step.ts";
import { gitEnv, type TestRepository } from "../../../../support/repository.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { between, never, requestOf, worldOf } from "../../../release/overlay/world.ts";

function contextOf(repo: TestRepository, path = tempFolder()): RitualContext {
  const { tag, commit, taggedAt, remote } = requestOf(repo);
  const span = { from: 0, to: 0 };
  const release = {
    ...{
      tag,
      commit,
      taggedAt,
      remote,
      rehearsal: false,
      tagObject: commit,
      previous: null,
      repository: null,
      project: null,
    },
    ...{ url: null, environment: null, deployed: span, window: span },
  };
  return { release, folder: createReleaseFolder(path), emit: () => {} };
}

function stepOf(repo: TestRepository, given: Partial<ChangelogStepWorld> = {}) {
  const { git, history, github } = worldOf(repo);
  return createChangelogStep({
    git,
    history,
    github,
    secrets: new Secrets(),
    settings: {},
    env: gitEnv,
    ...given,
  });
}

describe("the step that writes the changelog", () => {
  it("shows what it would write, writes exactly that, and is done then", async () => {
    const repo = between((work) => void work.commit("feat!: a\n\nBREAKING CHANGE: b"));
    const context = contextOf(repo);
    const step = stepOf(repo);
    expect(await step.observe(context, never)).toMatchObject({ state: "needed" });
    const payloads = await step.preview(context, never);
    expect(context.folder.list()).toEqual([]);
    const report = await step.run(context, never);
    expect(report).toMatchObject({
      message: expect.stringContaining("CHANGELOG-v1.2.3.md written"),
      excerpt: "- a",
    });
    expect(context.folder.list()).toEqual(["CHANGELOG-v1.2.3.json", "CHANGELOG-v1.2.3.md"]);
    expect(payloads.map(({ to }) => to)).toEqual(["file CHANGELOG-v1.2.3.md", "file CHANGELOG-v1.2.3.json"]);
    for (const { to, body } of payloads)
      expect(readFileSync(join(context.folder.path, to.replace("file ", "")), "utf8")).toBe(body);
    expect(await step.observe(context, never)).toMatchObject({ state: "done" });
    expect(readChangelog(context.folder, "v1.2.3")?.overlay.breaking).toHaveLength(1);
  });

  it.each([
    [
      "another commit's",
      (text: string) => text.replaceAll(/"commit": "\w{40}"/g, `"commit": "${"0".repeat(40)}"`),
    ],
    ["cut off", (text: string) => text.slice(0, 100)],
    ["a rehearsal's", (text: string) => text.replace('"rehearsal": false', '"rehearsal": true')],
    [
      "of another shape",
      () => '{"schema":"release-sentinel/changelog/v1","tag":"v1.2.3","notes":{},"overlay":{}}',
    ],
    ["nothing", () => "null"],
  ])("is not done when the file that is there is %s", async (_what, spoil) => {
    const repo = between((work) => void work.commit("feat: a"));
    const context = contextOf(repo);
    const step = stepOf(repo);
    await step.run(context, never);
    const file = join(context.folder.path, "CHANGELOG-v1.2.3.json");
    writeFileSync(file, spoil(readFileSync(file, "utf8")));
    expect(await step.observe(context, never)).toMatchObject({ state: "needed" });
  });

  it("is not done when the text was changed by hand", async () => {
    const repo = between((work) => void work.commit("feat: a"));
    const context = contextOf(repo);
    await stepOf(repo).run(context, never);
    writeFileSync(join(context.folder.path, "CHANGELOG-v1.2.3.md"), "# better\n");
    expect(await stepOf(repo).observe(context, never)).toMatchObject({ state: "needed" });
  });

  it("masks what is secret in both files", async () => {
    const word = ["s3cret", "-and-long"].join("");
    const secrets = new Secrets();
    secrets.add(word);
    const repo = between((work) => void work.commit(`feat: ${word}`));
    const context = contextOf(repo);
    await stepOf(repo, { secrets }).run(context, never);
    for (const name of context.folder.list()) expect(String(context.folder.read(name))).not.toContain(word);
  });

  it("fails in a shallow clone with what mends it", async () => {
    const repo = between((work) => void work.commit("feat: a"));
    repo.git("fetch", "-q", "--depth=1", `file://${repo.origin}`, "main");
    const failure = stepOf(repo).run(contextOf(repo), never);
    await expect(failure).rejects.toMatchObject({
      name: "StepFailure",
      remedy: expect.stringContaining("--unshallow"),
    });
  });
});
