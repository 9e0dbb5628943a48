import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFolderStore } from "../../../../src/clients/stores/folder.ts";
import { fileWith, storeContract } from "../../../contract/store.ts";
import { tempFolder } from "../../../support/temp.ts";

const never = new AbortController().signal;

storeContract("a folder", async () => {
  const path = join(tempFolder(), "not", "there", "yet");
  return { open: () => createFolderStore(path) };
});

describe("a folder as a store", () => {
  it("has nothing half in it when a file cannot be read", async () => {
    const path = tempFolder();
    const store = createFolderStore(path);
    const file = { ...fileWith("content"), path: join(tempFolder(), "gone") };
    await expect(store.put(file, never)).rejects.toThrow(/cannot be stored in folder .*: it is not there/);
    expect(readdirSync(path)).toEqual([]);
  });

  it("removes what killed runs have left, after a day", async () => {
    const path = tempFolder();
    const left = (i: number) => join(path, `.a.json.00000000-0000-0000-0000-00000000000${i}.draft`);
    for (const i of [1, 2]) writeFileSync(left(i), "half");
    utimesSync(left(1), 1, 1);
    await createFolderStore(path).put(fileWith("x", "b.json"), never);
    expect(readdirSync(path)).toEqual([left(2).slice(path.length + 1), "b.json"]);
  });

  it("lists ordinary files alone", async () => {
    const path = tempFolder();
    mkdirSync(join(path, "folder.json"));
    symlinkSync("/etc/hostname", join(path, "link.json"));
    writeFileSync(join(path, "a.json"), "x");
    expect(await createFolderStore(path).list(never)).toEqual(["a.json"]);
  });

  it("says so when something else stands in its place", async () => {
    const path = join(tempFolder(), "file");
    writeFileSync(path, "x");
    const store = createFolderStore(path);
    expect(await store.prove(never)).toMatchObject([
      { state: "conflict", message: expect.stringMatching(/is no folder$/) },
    ]);
    await expect(store.put(fileWith("x"), never)).rejects.toThrow(/a part of its path is no folder/);
  });
});
