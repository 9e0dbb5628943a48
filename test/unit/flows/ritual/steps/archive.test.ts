import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { createFolderStore } from "../../../../../src/clients/stores/folder.ts";
import type { Store } from "../../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { makeArchive } from "../../../../../src/ritual/archive/make.ts";
import { restoreFolder } from "../../../../../src/ritual/archive/restore.ts";
import type { Mark } from "../../../../../src/ritual/marks.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { fill, never, nothing, release, releaseFolder } from "../../../ritual/archive/world.ts";
import { card, down, failureOf, machine, tar } from "./archive-world.ts";

describe("the archive step", () => {
  it("puts one archive and its card into every store, and has nothing to do then", async () => {
    const [one, other] = [tempFolder(), tempFolder()];
    const { step, context } = machine([createFolderStore(one), createFolderStore(other)]);
    expect(await step.observe(context, never)).toMatchObject({ state: "needed" });
    const { message, excerpt, warnings } = await step.run(context, never);
    expect(message).toMatch(/^3 files archived \(\d+ bytes\) in folder .*, folder .*$/);
    expect(excerpt).toMatch(/^release-v1\.2\.3\.tar\.gz sha256 [0-9a-f]{64}\ntar sha256 [0-9a-f]{64}$/);
    expect(warnings).toEqual([]);
    for (const path of [one, other]) expect(readdirSync(path)).toEqual([card, tar]);
    expect(await step.observe(context, never)).toMatchObject({ state: "done" });
  });

  it("stays in the folder without any store, and says that it is nowhere else", async () => {
    const { step, context } = machine([]);
    const { warnings } = await step.run(context, never);
    expect(warnings).toEqual([
      "no store is configured (ritual.archive.stores): the archive is on this machine only",
    ]);
    expect(context.folder.list()).toContain(`archive/${tar}`);
    expect(await step.observe(context, never)).toMatchObject({ state: "done" });
  });

  it("says of a rehearsal that the stores take none", async () => {
    const { step, context } = machine([], { stores: [{ github: true }] });
    const { warnings } = await step.run(context, never);
    expect(warnings).toEqual([
      "no store of ritual.archive.stores takes a rehearsal: the archive is on this machine only",
    ]);
  });

  it("is not done by a card alone: the archive must be there", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    const first = machine([store]);
    await first.step.run(first.context, never);
    rmSync(join(path, tar));
    const folder = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
    const other = machine([store], {}, { folder });
    expect(await other.step.observe(other.context, never)).toMatchObject({
      state: "conflict",
      message: `folder ${path} has ${card}, and not the archive that it is about`,
    });
    // Who has made it puts it there again.
    const again = machine([store], {}, { folder: first.context.folder });
    expect(await again.step.observe(again.context, never)).toMatchObject({ state: "needed" });
    await again.step.run(again.context, never);
    expect(readdirSync(path)).toEqual([card, tar]);
    writeFileSync(join(path, tar), "damaged");
    const later = machine([store], {}, { folder: first.context.folder });
    expect(await later.step.observe(later.context, never)).toMatchObject({ state: "conflict" });
    rmSync(join(path, tar));
    rmSync(join(path, card));
    expect(await other.step.observe(other.context, never)).toMatchObject({ state: "needed" });
  });

  it("names a store that is down, has done the others, and goes on from there", async () => {
    const path = tempFolder();
    const folder = releaseFolder();
    const { step, context } = machine([down(), createFolderStore(path)], {}, { folder });
    const { message, remedy } = await failureOf(step.run(context, never));
    expect(message).toBe(
      `the archive is not in every store: server https://down.example: connection refused; it is in folder ${path}`,
    );
    expect(remedy).toBe("see that it can be reached");
    expect(await step.observe(context, never)).toMatchObject({
      state: "unknown",
      message: expect.stringContaining("connection refused"),
    });
    const later = machine([createFolderStore(tempFolder()), createFolderStore(path)], {}, { folder });
    expect(await later.step.observe(later.context, never)).toMatchObject({
      state: "needed",
      message: expect.stringContaining("will be stored"),
    });
    await later.step.run(later.context, never);
  });

  it("meets a conflict where another commit of the tag is archived, and writes over nothing", async () => {
    const path = tempFolder();
    const first = machine([createFolderStore(path)]);
    await first.step.run(first.context, never);
    const before = readFileSync(join(path, tar));
    const other = machine([createFolderStore(path)], {}, { of: { ...release, commit: "f".repeat(40) } });
    expect(await other.step.observe(other.context, never)).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("has another archive of v1.2.3"),
    });
    expect((await failureOf(other.step.run(other.context, never))).final).toBe(true);
    expect(readFileSync(join(path, tar)).equals(before)).toBe(true);
  });

  it("is done where another machine has stored it, whether or not that knew the repository's name", async () => {
    const store = createFolderStore(tempFolder());
    const { step, context } = machine([store]);
    await step.run(context, never);
    const of = { ...release, repository: null };
    const other = machine([store], {}, { folder: context.folder, of });
    expect(await other.step.observe(other.context, never)).toMatchObject({ state: "done" });
  });

  it("is final once it is in a store: what is changed afterwards stays as it was, also for a store that comes later", async () => {
    const folder = releaseFolder();
    const [first, second] = [tempFolder(), tempFolder()];
    const one = machine([createFolderStore(first)], {}, { folder });
    await one.step.run(one.context, never);
    folder.write("release.json", "another");
    expect(await one.step.observe(one.context, never)).toMatchObject({
      state: "done",
      message: expect.stringMatching(
        / archived in folder .*; release\.json changed since: what is in a store is final, and stays as it was$/,
      ),
    });
    const both = machine([createFolderStore(first), createFolderStore(second)], {}, { folder });
    expect(await both.step.observe(both.context, never)).toMatchObject({
      state: "needed",
      message: expect.stringContaining(`will be stored in folder ${second}; release.json changed since`),
    });
    await both.step.run(both.context, never);
    expect(readFileSync(join(second, tar)).equals(readFileSync(join(first, tar)))).toBe(true);
    expect(await both.step.observe(both.context, never)).toMatchObject({ state: "done" });
  });

  it("meets a conflict where it would be without what came afterwards, and says what to remove", async () => {
    const { step, context } = machine([createFolderStore(tempFolder())]);
    await step.run(context, never);
    context.folder.write("metrics.json", "{}");
    expect(await step.observe(context, never)).toMatchObject({
      state: "conflict",
      message: expect.stringMatching(/^metrics\.json came after v1\.2\.3 was archived in folder /),
      remedy: expect.stringContaining(`remove ${card} and ${tar} there by hand`),
    });
  });

  it("makes the archive anew as long as no store has it", async () => {
    const folder = releaseFolder();
    const first = await makeArchive(folder, release, nothing, never);
    folder.write("metrics.json", "{}");
    const path = tempFolder();
    const { step, context } = machine([createFolderStore(path)], {}, { folder });
    await step.run(context, never);
    expect(JSON.parse(readFileSync(join(path, card), "utf8")).tar.sha256).not.toBe(first.card.tar.sha256);
  });

  it("goes on after a run that was killed before the card, on a Node that packs otherwise", async () => {
    const path = tempFolder();
    const folder = releaseFolder();
    await makeArchive(folder, release, nothing, never);
    const mine = folder.read(`archive/${tar}`) ?? Buffer.alloc(0);
    const theirs = gzipSync(gunzipSync(mine), { level: 1 });
    expect(theirs.equals(mine)).toBe(false);
    writeFileSync(join(path, tar), theirs);
    const { step, context } = machine([createFolderStore(path)], {}, { folder });
    await step.run(context, never);
    expect(readFileSync(join(path, tar)).equals(theirs)).toBe(true);
    const fresh = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
    expect((await restoreFolder([createFolderStore(path)], fresh, release, never)).from).not.toBeNull();
  });

  it("makes no second archive where the first could not be fetched when the run began", async () => {
    const [path, later] = [tempFolder(), tempFolder()];
    const store = createFolderStore(path);
    const first = machine([store]);
    await first.step.run(first.context, never);
    let refusals = 2;
    const flaky: Store = {
      ...store,
      get: async (name, ...rest) => {
        if (name === tar && refusals-- > 0) throw new StepFailure("it answered 503");
        return store.get(name, ...rest);
      },
    };
    const folder = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
    const { step, context } = machine([flaky, createFolderStore(later)], {}, { folder });
    expect((await restoreFolder([flaky], folder, release, never)).from).toBeNull();
    expect(await step.observe(context, never)).toMatchObject({ state: "needed" });
    expect((await failureOf(step.run(context, never))).message).toBe(
      `v1.2.3 is archived, and that archive cannot be fetched: nothing restored from ${store.name}: it answered 503`,
    );
    expect(readdirSync(later)).toEqual([]);
    await step.run(context, never);
    expect(readFileSync(join(later, tar)).equals(readFileSync(join(path, tar)))).toBe(true);
    expect(await step.observe(context, never)).toMatchObject({ state: "done" });
  });

  it("is made no second time by a machine that cannot ask the store that has the first", async () => {
    const [path, later] = [tempFolder(), tempFolder()];
    const told: Mark[] = [];
    const first = machine([createFolderStore(path), down()], {}, { told });
    await failureOf(first.step.run(first.context, never));
    const { sha256 } = JSON.parse(readFileSync(join(path, card), "utf8")).tar;
    expect(told).toMatchObject([{ kind: "claim", key: "archive", detail: `sha256 ${sha256}` }]);

    // A fresh one, for which the one is down that was not, and the other way round.
    const folder = releaseFolder({ "metrics.json": "{}" });
    const fresh = machine([down(), createFolderStore(later)], {}, { told, folder });
    const why = /^v1\.2\.3 was archived at \S+Z, and that archive may be in server https:\/\/down\.example, /;
    const seen = { state: "unknown", message: expect.stringMatching(why) };
    expect(await fresh.step.observe(fresh.context, never)).toMatchObject(seen);
    expect((await failureOf(fresh.step.run(fresh.context, never))).message).toMatch(why);
    expect([readdirSync(later), told]).toEqual([[], [expect.anything()]]);

    // Once it is there again, or is not asked any more.
    const empty = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
    const back = machine([createFolderStore(path), createFolderStore(later)], {}, { told, folder: empty });
    await back.step.run(back.context, never);
    expect(readFileSync(join(later, tar)).equals(readFileSync(join(path, tar)))).toBe(true);
    const without = machine([createFolderStore(tempFolder())], {}, { told, folder });
    expect(await without.step.observe(without.context, never)).toMatchObject({ state: "needed" });
  });

  it("packs again what the manifest names, where the archive here is damaged and a store has it", async () => {
    const [path, later] = [tempFolder(), tempFolder()];
    const root = tempFolder();
    fill(root, { "dist/app.tgz": "app" });
    const settings = { include: ["dist/*.tgz"] };
    const first = machine([createFolderStore(path)], settings, { root });
    await first.step.run(first.context, never);
    const { folder } = first.context;
    writeFileSync(join(folder.path, "archive", tar), "damaged");
    // What was built since is no part of it.
    fill(root, { "dist/app.tgz": "another app" });
    const stores = [createFolderStore(path), createFolderStore(later)];
    const { step, context } = machine(stores, settings, { folder, root });
    await step.run(context, never);
    expect(readFileSync(join(later, tar)).equals(readFileSync(join(path, tar)))).toBe(true);
  });

  it("takes somebody else's file under its name for a conflict", async () => {
    const path = tempFolder();
    writeFileSync(join(path, tar), "something else");
    const { step, context } = machine([createFolderStore(path)]);
    expect((await failureOf(step.run(context, never))).message).toContain("with other content");
    expect(readFileSync(join(path, tar), "utf8")).toBe("something else");
  });

  it("is done on a fresh machine, whose work tree has built nothing yet", async () => {
    const path = tempFolder();
    const root = tempFolder();
    fill(root, { "dist/app.tgz": "app" });
    const settings = { include: ["dist/*.tgz"] };
    const first = machine([createFolderStore(path)], settings, { root });
    await first.step.run(first.context, never);
    const folder = createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
    const store = createFolderStore(path);
    await restoreFolder([store], folder, release, never);
    const other = machine([store], settings, { folder });
    expect(await other.step.observe(other.context, never)).toMatchObject({ state: "done" });
  });

  it("says before anything is done which pattern names nothing, and which store takes nothing", async () => {
    const file = join(tempFolder(), "file");
    writeFileSync(file, "x");
    const { step, context } = machine([createFolderStore(file), down()], { include: ["sbom.json"] });
    const proofs = (await step.prove?.(context, never)) ?? [];
    expect(proofs.map(({ state }) => state)).toEqual(["conflict", "notice", "conflict"]);
    expect(proofs[2]?.message).toBe("ritual.archive.include: sbom.json names no file");
  });

  it("shows beforehand what would be archived where, without any of it", async () => {
    const path = join(tempFolder(), "not-there");
    const folder = releaseFolder({ "CHANGELOG-v1.2.3.md": "# v1.2.3\n" });
    const { step, context } = machine([createFolderStore(path)], { include: ["sbom.json"] }, { folder });
    const [shown] = await step.preview(context, never);
    expect(shown?.to).toBe(`${tar} in folder ${path}`);
    expect(shown?.body).toContain("CHANGELOG-v1.2.3.md: changelog\n");
    expect(shown?.body).toContain("release.json: the release, and what was found of its integrity\n");
    expect(shown?.body).toContain("<ritual.archive.include: sbom.json names no file>");
    expect(existsSync(path)).toBe(false);
  });
});
