import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { createReleaseFolder, type ReleaseFolder } from "../../../../src/clients/release-folder.ts";
import { createFolderStore } from "../../../../src/clients/stores/folder.ts";
import type { Store } from "../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../src/core/step.ts";
import { type Card, cardText } from "../../../../src/ritual/archive/card.ts";
import { makeArchive, readMade } from "../../../../src/ritual/archive/make.ts";
import type { ArchiveSubject } from "../../../../src/ritual/archive/manifest.ts";
import { restoreFolder } from "../../../../src/ritual/archive/restore.ts";
import { storeArchive } from "../../../../src/ritual/archive/store-all.ts";
import { tempFolder } from "../../../support/temp.ts";
import { fill, made, never, nothing, releaseFolder, subject } from "./world.ts";

async function archived(): Promise<{ path: string; store: Store; from: ReleaseFolder }> {
  const path = tempFolder();
  const store = createFolderStore(path);
  const from = releaseFolder();
  await storeArchive(store, await makeArchive(from, subject, nothing, never), from, never);
  return { path, store, from };
}

function fresh(): ReleaseFolder {
  return createReleaseFolder(join(tempFolder(), "release-v1.2.3"));
}

describe("a folder on a fresh machine", () => {
  it("gets everything from the archive, and goes on as if it had made it", async () => {
    const { store, from } = await archived();
    const folder = fresh();
    const { from: where, message, warnings } = await restoreFolder([store], folder, subject, never);
    expect([where, message, warnings]).toEqual([
      store.name,
      `3 files of v1.2.3 restored from ${store.name}`,
      [],
    ]);
    expect(folder.list()).toEqual(from.list());
    for (const name of from.list()) expect(folder.read(name)).toEqual(from.read(name));
    expect(readMade(folder, subject)).toEqual(readMade(from, subject));
  });

  it("keeps the files that it has", async () => {
    const { store } = await archived();
    const folder = fresh();
    fill(folder.path, { "release.json": "mine" });
    await restoreFolder([store], folder, subject, never);
    expect(folder.read("release.json")?.toString()).toBe("mine");
  });

  it("gets what a machine has archived that knew another spelling of the repository, or none", async () => {
    const { store } = await archived();
    for (const repository of [null, "Octo/Demo"]) {
      const folder = fresh();
      const { from } = await restoreFolder([store], folder, { ...subject, repository, project: null }, never);
      expect(from).toBe(store.name);
    }
  });

  it("gets what was archived before archives named their project", async () => {
    const { project: _, ...before } = subject;
    const path = tempFolder();
    const store = createFolderStore(path);
    const folder = releaseFolder();
    await storeArchive(
      store,
      await makeArchive(folder, before as ArchiveSubject, nothing, never),
      folder,
      never,
    );
    expect(readFileSync(join(path, "release-v1.2.3.json"), "utf8")).not.toContain("project");
    expect((await restoreFolder([store], fresh(), subject, never)).from).toBe(store.name);
  });

  it("is rid of what a restore of another day has left that was killed", async () => {
    const { store } = await archived();
    const folder = fresh();
    fill(folder.path, { ".restore-old/archive.tar.gz": "half", ".restore-new/archive.tar.gz": "half" });
    const dayBefore = new Date(Date.now() - 25 * 3_600_000);
    utimesSync(join(folder.path, ".restore-old"), dayBefore, dayBefore);
    await restoreFolder([store], folder, subject, never);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("."))).toEqual([".restore-new"]);
  });

  it("gets nothing of another commit, nor of a rehearsal, and says so", async () => {
    const { store } = await archived();
    for (const other of [
      { ...subject, commit: "f".repeat(40) },
      { ...subject, rehearsal: true },
      { ...subject, repository: "octo/other" },
    ]) {
      const folder = fresh();
      const { from, warnings } = await restoreFolder([store], folder, other, never);
      expect([from, folder.list()]).toEqual([null, []]);
      expect(warnings).toEqual([`${store.name} has something else under the name of v1.2.3`]);
    }
  });

  it("asks the next store when one is down, or has a damaged archive", async () => {
    const { store } = await archived();
    const down: Store = {
      ...store,
      name: "down",
      get: async () => Promise.reject(new StepFailure("down: connection refused")),
    };
    const damaged = await archived();
    const tar = join(damaged.path, "release-v1.2.3.tar.gz");
    writeFileSync(tar, Buffer.concat([readFileSync(tar).subarray(0, 200), Buffer.alloc(50)]));
    const folder = fresh();
    const { from, warnings } = await restoreFolder([down, damaged.store, store], folder, subject, never);
    expect(from).toBe(store.name);
    expect(warnings).toEqual([
      "nothing restored from down: down: connection refused",
      `nothing restored from ${damaged.store.name}: the archive there is not the one that its card is about`,
    ]);
  });

  it("gets it from an archive whose run was killed before its card, and puts no second one there", async () => {
    const { path, store, from } = await archived();
    rmSync(join(path, "release-v1.2.3.json"));
    const folder = fresh();
    expect((await restoreFolder([store], folder, subject, never)).from).toBe(store.name);
    expect(readMade(folder, subject)).toEqual(readMade(from, subject));
    const made = readMade(folder, subject);
    if (!made) throw new Error("was to be there");
    expect(await storeArchive(store, made, folder, never)).toBe("stored");
    expect(readdirSync(path).sort()).toEqual(["release-v1.2.3.json", "release-v1.2.3.tar.gz"]);
  });

  it("gets nothing from such an archive of another commit, nor from half of one", async () => {
    const { path, store } = await archived();
    rmSync(join(path, "release-v1.2.3.json"));
    const other = { ...subject, commit: "f".repeat(40) };
    const { warnings } = await restoreFolder([store], fresh(), other, never);
    expect(warnings.join()).toContain("its manifest is of another release");
    const tar = join(path, "release-v1.2.3.tar.gz");
    writeFileSync(tar, readFileSync(tar).subarray(0, 300));
    const half = await restoreFolder([store], fresh(), subject, never);
    expect([half.from, half.warnings.length]).toEqual([null, 1]);
  });

  it("says nothing when there is nothing", async () => {
    const { from, warnings } = await restoreFolder(
      [createFolderStore(tempFolder())],
      fresh(),
      subject,
      never,
    );
    expect([from, warnings]).toEqual([null, []]);
  });
});

type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0] & { readonly content?: string };
const root = "release-v1.2.3";

/** An archive with these entries, in a store, with a card that says of it what is so. */
async function hostile(entries: readonly Entry[], changes: Partial<Card> = {}): Promise<Store> {
  const tar = pack();
  for (const { content = "", ...header } of entries) {
    if (header.type && header.type !== "file") tar.entry(header);
    else tar.entry(header, content);
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return storeWith(gzipSync(Buffer.concat(parts)), changes);
}

function storeWith(gzip: Buffer, changes: Partial<Card> = {}): Store {
  const digest = (bytes: Buffer) => ({
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  const card: Card = {
    schema: "release-sentinel/archive/v1",
    ...subject,
    files: 1,
    tar: digest(gunzipSync(gzip)),
    gzip: digest(gzip),
    ...changes,
  };
  const path = tempFolder();
  writeFileSync(join(path, `${root}.tar.gz`), gzip);
  writeFileSync(join(path, `${root}.json`), cardText(card));
  return createFolderStore(path);
}

function manifestOf(files: readonly object[], changes: object = {}): Entry {
  const content = JSON.stringify({
    schema: "release-sentinel/archive-manifest/v1",
    ...subject,
    files,
    ...changes,
  });
  return { name: `${root}/MANIFEST.json`, content };
}

describe("a hostile archive is not used", () => {
  const bad: readonly (readonly [string, readonly Entry[], RegExp])[] = [
    ["a path out of the folder", [{ name: `${root}/../../evil`, content: "x" }], /no name of a file/],
    ["an absolute path", [{ name: "/tmp/evil", content: "x" }], /not below release-v1\.2\.3/],
    ["another folder", [{ name: "release-v1.2.4/a", content: "x" }], /not below release-v1\.2\.3/],
    ["a path with backslashes", [{ name: `${root}/..\\evil`, content: "x" }], /no name of a file/],
    ["a link", [{ name: `${root}/link`, type: "symlink", linkname: "/etc/passwd" }], /no ordinary file/],
    ["a hard link", [{ name: `${root}/link`, type: "link", linkname: `${root}/a` }], /no ordinary file/],
    [
      "a device",
      [{ name: `${root}/device`, type: "character-device", devmajor: 1, devminor: 5 }],
      /no ordinary file/,
    ],
    ["a pipe", [{ name: `${root}/pipe`, type: "fifo" }], /no ordinary file/],
    ["a folder", [{ name: `${root}/folder`, type: "directory" }], /no ordinary file/],
    [
      "a file twice",
      [
        { name: `${root}/a`, content: "x" },
        { name: `${root}/a`, content: "y" },
      ],
      /is in it twice/,
    ],
    ["no manifest", [{ name: `${root}/a`, content: "x" }], /has no MANIFEST\.json/],
    [
      "a file that its manifest does not name",
      [manifestOf([]), { name: `${root}/a`, content: "x" }],
      /a is not what its manifest says/,
    ],
    [
      "a manifest of a file that is not there",
      [manifestOf([{ name: "a", bytes: 1, sha256: "0".repeat(64), what: "x" }])],
      /a is missing/,
    ],
    [
      "a manifest that names a file elsewhere",
      [manifestOf([{ name: "../a", bytes: 1, sha256: "0".repeat(64), what: "x" }])],
      /has no MANIFEST\.json that can be read/,
    ],
    ["a manifest of another commit", [manifestOf([], { commit: "f".repeat(40) })], /of another release/],
    ["no sums", [manifestOf([])], /its SHA256SUMS is not what/],
  ];

  it.each(bad)("with %s", async (_what, entries, words) => {
    const store = await hostile(entries);
    const outside = tempFolder();
    const folder = createReleaseFolder(join(outside, "in", root));
    const { from, warnings } = await restoreFolder([store], folder, subject, never);
    expect(from).toBeNull();
    expect(warnings.join()).toMatch(words);
    expect(folder.list()).toEqual([]);
    expect(readdirSync(outside)).toEqual(["in"]);
    expect(readdirSync(join(outside, "in"))).toEqual([root]);
    expect(existsSync("/tmp/evil")).toBe(false);
  });

  it("that unpacks to more than its card says", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const store = storeWith(bomb, { tar: { bytes: 10_000, sha256: "0".repeat(64) } });
    const folder = fresh();
    const { warnings } = await restoreFolder([store], folder, subject, never);
    expect(warnings.join()).toContain("it unpacks to more than its card says");
    expect(folder.list()).toEqual([]);
  });

  it("whose card promises more than is ever fetched", async () => {
    const store = storeWith(gzipSync("x"), { tar: { bytes: 1e12, sha256: "0".repeat(64) } });
    expect((await restoreFolder([store], fresh(), subject, never)).warnings.join()).toContain(
      "unpacks to 1000000000000 bytes",
    );
  });

  it("that is no gzip, or no tar", async () => {
    const random = Buffer.from("no gzip at all");
    const digest = { bytes: random.length, sha256: createHash("sha256").update(random).digest("hex") };
    const path = tempFolder();
    mkdirSync(path, { recursive: true });
    const noTar = storeWith(gzipSync(Buffer.alloc(2048, "x")));
    const { warnings } = await restoreFolder([noTar], fresh(), subject, never);
    expect(warnings.join()).toContain("it is damaged");
    writeFileSync(join(path, `${root}.tar.gz`), random);
    const card: Card = {
      schema: "release-sentinel/archive/v1",
      ...subject,
      files: 0,
      tar: digest,
      gzip: digest,
    };
    writeFileSync(join(path, `${root}.json`), cardText(card));
    expect(
      (await restoreFolder([createFolderStore(path)], fresh(), subject, never)).warnings.join(),
    ).toContain("it is damaged");
  });

  it("while one that tar itself has packed again is only another archive", async () => {
    const { from } = await archived();
    const to = tempFolder();
    execFileSync("tar", ["xzf", join(from.path, `archive/${root}.tar.gz`), "-C", to]);
    execFileSync("tar", ["czf", "again.tar.gz", root], { cwd: to });
    const { warnings } = await restoreFolder(
      [storeWith(readFileSync(join(to, "again.tar.gz")))],
      fresh(),
      subject,
      never,
    );
    expect(warnings.join()).toContain("no ordinary file");
    expect(Object.keys(made)).toHaveLength(3);
  });
});
