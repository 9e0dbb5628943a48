import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { createFolderStore } from "../../../../../src/clients/stores/folder.ts";
import type { Store } from "../../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { makeArchive } from "../../../../../src/ritual/archive/make.ts";
import { storeArchive } from "../../../../../src/ritual/archive/store-all.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { fill, never, nothing, release } from "../../../ritual/archive/world.ts";
import { card, machine, tar } from "./archive-world.ts";

const day = 86_400_000;

/** Archives some releases into a store, each so many days old. */
async function history(
  store: Store,
  ages: Readonly<Record<string, number>>,
  { folders = tempFolder(), project = release.project, now = Date.now() } = {},
): Promise<string> {
  for (const [tag, days] of Object.entries(ages)) {
    const path = join(folders, `release-${tag}`);
    mkdirSync(path);
    const folder = createReleaseFolder(path);
    folder.write("release.json", tag);
    const about = {
      tag,
      commit: "c".repeat(40),
      rehearsal: tag.endsWith("-test"),
      ...{ repository: null, project },
      taggedAt: new Date(now - days * day).toISOString(),
    };
    await storeArchive(store, await makeArchive(folder, about, nothing, never), folder, never);
  }
  return folders;
}

const young = { ...release, taggedAt: new Date().toISOString() };

describe("what is kept", () => {
  it.each([
    ["so many of the newest", { releases: 3 }, ["v1.0.0", "v1.1.0"]],
    ["what is young", { age: "150d" }, ["v1.0.0", "v1.1.0"]],
    ["what either rule keeps", { releases: 2, age: "250d" }, ["v1.0.0"]],
    ["everything where there is no rule", {}, []],
    ["the newest, whatever the rules say", { age: "1ms" }, ["v1.0.0", "v1.1.0", "v1.2.0", "v1.2.2"]],
  ])("%s", async (_what, keep, gone) => {
    const path = tempFolder();
    const store = createFolderStore(path);
    await history(store, { "v1.0.0": 300, "v1.1.0": 200, "v1.2.0": 100, "v1.2.2": 10, "v1.0.0-test": 290 });
    writeFileSync(join(path, "release-v0.1.0.json"), "somebody else's");
    writeFileSync(join(path, "VERIFICATION-v1.0.0.md"), "x");
    const { step, context } = machine([store], { keep }, { of: young });
    const previews = await step.preview(context, never);
    const { excerpt } = await step.run(context, never);
    const lines = excerpt?.split("\n").filter((line) => line.startsWith("removed ")) ?? [];
    expect(lines.map((line) => line.split(" ")[1]).toSorted()).toEqual(gone);
    const told = previews.find(({ to }) => to === "removed by ritual.archive.keep")?.body ?? "";
    // The new release was not there yet when it was shown.
    for (const tag of told.split("\n").flatMap((line) => line.split(" ")[0] || []))
      expect(gone).toContain(tag);
    const left = readdirSync(path);
    expect(left).toContain("release-v0.1.0.json");
    expect(left).toContain("release-v1.0.0-test.json");
    for (const tag of gone) expect(left.filter((name) => name.includes(`-${tag}.`))).toEqual([]);
    expect(left).toContain(card);
  });

  it("is no other project's, though it keeps its releases in the same place", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    await history(store, { "v9.0.0": 300 }, { project: "gitlab.com/octo/demo" });
    await history(store, { "v8.0.0": 300 }, { project: null });
    await history(store, { "v1.0.0": 200 });
    const { step, context } = machine([store], { keep: { releases: 1 } }, { of: young });
    await step.run(context, never);
    const left = readdirSync(path);
    expect(left).toContain("release-v9.0.0.json");
    expect(left).toContain("release-v8.0.0.json");
    expect(left).not.toContain("release-v1.0.0.json");
  });

  it("is everything where it is not known whose releases there are", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    await history(store, { "v9.0.0": 300 }, { project: null });
    const of = { ...young, repository: null, project: null };
    const { step, context } = machine([store], { keep: { releases: 1 } }, { of });
    expect((await step.preview(context, never)).map(({ to }) => to)).toEqual([`${tar} in folder ${path}`]);
    expect((await step.run(context, never)).warnings).toEqual([
      "nothing was removed by ritual.archive.keep: the remote's URL names no host, so it is not known which releases are this project's",
    ]);
    expect(readdirSync(path)).toContain("release-v9.0.0.json");
  });

  it("is the newest by its version where tags are of the same second", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    await history(store, { "v1.9.0": 1, "v1.10.0": 1, "v1.2.0": 1 }, { now: Date.now() });
    const old = { ...release, taggedAt: new Date(Date.now() - 9 * day).toISOString() };
    const { step, context } = machine([store], { keep: { releases: 1 } }, { of: old });
    await step.run(context, never);
    expect(
      readdirSync(path)
        .filter((name) => name.endsWith(".json"))
        .sort(),
    ).toEqual(["release-v1.10.0.json", card]);
  });

  it("of rehearsals follows rules of their own", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    await history(store, { "v1.0.0": 300, "v1.0.0-test": 300, "v1.1.0-test": 200 });
    const keep = { rehearsals: { releases: 1 } };
    const { step, context } = machine([store], { keep }, { of: young });
    await step.run(context, never);
    expect(readdirSync(path).filter((name) => name.endsWith(".json"))).toEqual([
      "release-v1.0.0.json",
      "release-v1.1.0-test.json",
      card,
    ]);
  });

  it("goes for this machine's release folders too, but for one that is still being worked in", async () => {
    const folders = await history(createFolderStore(tempFolder()), { "v1.0.0": 300, "v1.1.0": 200 });
    fill(folders, { "release-v1.0.1/release.json": "{}", "notes.txt": "x" });
    const folder = createReleaseFolder(join(folders, "release-v1.2.3"));
    folder.write("release.json", "{}");
    const { step, context } = machine([], { keep: { releases: 2 } }, { of: young, folder });
    const { excerpt } = await step.run(context, never);
    expect(excerpt).toMatch(
      /removed v1\.0\.0 from release folders in .* \(300 days old; 2 newer ones there\)/,
    );
    expect(readdirSync(folders)).toEqual(["notes.txt", "release-v1.0.1", "release-v1.1.0", "release-v1.2.3"]);
  });

  it("is shown beforehand, though a dry run's own folder is elsewhere", async () => {
    const folders = await history(createFolderStore(tempFolder()), { "v1.0.0": 300, "v1.1.0": 200 });
    const { step, context } = machine([], { keep: { releases: 1 } }, { of: young, folders });
    const shown = (await step.preview(context, never)).find(({ to }) => to.startsWith("removed by"));
    expect(shown?.body).toBe(`v1.0.0 from release folders in ${folders} (300 days old; 1 newer one there)\n`);
    expect(readdirSync(folders)).toContain("release-v1.0.0");
  });

  it("is left as it is in a store that cannot remove, and that is said", async () => {
    const store = createFolderStore(tempFolder());
    await history(store, { "v1.0.0": 300, "v1.1.0": 200 });
    const stuck: Store = { ...store, remove: () => Promise.reject(new StepFailure("permission denied")) };
    const { step, context } = machine([stuck], { keep: { releases: 2 } }, { of: young });
    const { warnings } = await step.run(context, never);
    expect(warnings).toEqual([`v1.0.0 could not be removed from ${store.name}: permission denied`]);
  });
});
