import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createReleaseFolder, type ReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import { createFolderStore } from "../../../../../src/clients/stores/folder.ts";
import type { Store } from "../../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { createArchiveStep } from "../../../../../src/flows/ritual/steps/archive.ts";
import { makeArchive } from "../../../../../src/ritual/archive/make.ts";
import { restoreFolder } from "../../../../../src/ritual/archive/restore.ts";
import type { ArchiveSettings } from "../../../../../src/ritual/archive/settings.ts";
import { storeArchive } from "../../../../../src/ritual/archive/store-all.ts";
import type { RitualRelease } from "../../../../../src/ritual/release.ts";
import type { RitualContext, RitualStep } from "../../../../../src/ritual/step.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { fill, including, never, nothing, release, releaseFolder } from "../../../ritual/archive/world.ts";

interface Machine {
  readonly step: RitualStep;
  readonly context: RitualContext;
}

function machine(
  stores: readonly Store[],
  settings: ArchiveSettings = {},
  {
    folder = releaseFolder(),
    root = tempFolder(),
    of = release,
    folders = dirname(folder.path),
  }: { folder?: ReleaseFolder; root?: string; of?: RitualRelease; folders?: string } = {},
): Machine {
  const { matcher, holdsSecret } = including(root, []);
  const step = createArchiveStep({ settings, stores, root, folders, matcher, holdsSecret });
  return { step, context: { release: of, folder, emit: () => {} } };
}

function down(name = "server https://down.example"): Store {
  const refuse = () =>
    Promise.reject(new StepFailure(`${name}: connection refused`, "see that it can be reached"));
  return { name, stat: refuse, put: refuse, get: refuse, list: refuse, remove: refuse, prove: refuse };
}

async function failureOf(work: Promise<unknown>): Promise<StepFailure> {
  return work.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as StepFailure,
  );
}

const tar = "release-v1.2.3.tar.gz";
const card = "release-v1.2.3.json";

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
