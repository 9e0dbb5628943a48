import { createHash } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createFiles } from "../../../src/clients/files.ts";
import { tempFolder } from "../../support/temp.ts";

function tree(...paths: readonly string[]): string {
  const root = tempFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  return root;
}

function never(): AbortSignal {
  return new AbortController().signal;
}

const hashOf = (content: string) => createHash("sha256").update(content).digest("hex");
const paths = (found: readonly { path: string }[]) => found.map(({ path }) => path);

describe("finding files", () => {
  it("names those that match, below the base alone, sorted, with their sizes", async () => {
    const root = tree("dist/b.tgz", "dist/a.tgz", "dist/deep/c.tgz", "dist/d.txt", "other/e.tgz");
    const found = await createFiles().find(root, "dist", (path) => path.endsWith(".tgz"), never());
    expect(found).toEqual([
      { path: "dist/a.tgz", bytes: 10 },
      { path: "dist/b.tgz", bytes: 10 },
      { path: "dist/deep/c.tgz", bytes: 15 },
    ]);
  });

  it("takes a base that is a file itself, if it matches", async () => {
    const root = tree("dist/a.tgz");
    const { find } = createFiles();
    expect(paths(await find(root, "dist/a.tgz", () => true, never()))).toEqual(["dist/a.tgz"]);
    expect(await find(root, "dist/a.tgz", () => false, never())).toEqual([]);
  });

  it("finds nothing where there is nothing, and nothing in git's own folder", async () => {
    const root = tree(".git/config", "sub/.git/config", "README.md");
    const { find } = createFiles();
    expect(await find(root, "dist", () => true, never())).toEqual([]);
    expect(paths(await find(root, "", () => true, never()))).toEqual(["README.md"]);
  });

  it("follows a link to a file, but none to a folder", async () => {
    const root = tree("real/a.txt");
    symlinkSync("real/a.txt", join(root, "link.txt"));
    symlinkSync("real", join(root, "folder"));
    expect(paths(await createFiles().find(root, "", () => true, never()))).toEqual([
      "link.txt",
      "real/a.txt",
    ]);
  });

  it("knows a link that leads out of the folder", async () => {
    const [root, outside] = [tree("a.txt"), tree("b.txt")];
    symlinkSync(join(outside, "b.txt"), join(root, "out.txt"));
    symlinkSync("a.txt", join(root, "in.txt"));
    const { isInside } = createFiles();
    expect(await isInside(root, join(root, "a.txt"))).toBe(true);
    expect(await isInside(root, join(root, "in.txt"))).toBe(true);
    expect(await isInside(root, join(root, "out.txt"))).toBe(false);
  });

  it("stops when it is interrupted", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(createFiles().find(tree("dist/a"), "dist", () => true, signal)).rejects.toThrow("enough");
  });
});

describe("hashing a file", () => {
  it("is that of its content, also of an empty one", async () => {
    const root = tree("a.txt");
    writeFileSync(join(root, "empty"), "");
    const { sha256 } = createFiles();
    expect(await sha256(join(root, "a.txt"), never())).toBe(hashOf("a.txt"));
    expect(await sha256(join(root, "empty"), never())).toBe(hashOf(""));
  });

  it("is done anew when the file was built anew, be it as long as before", async () => {
    const file = join(tree("a.txt"), "a.txt");
    const { sha256 } = createFiles();
    utimesSync(file, 1, 1);
    expect(await sha256(file, never())).toBe(hashOf("a.txt"));
    writeFileSync(file, "b.txt");
    expect(await sha256(file, never())).toBe(hashOf("b.txt"));
  });

  it("that failed is tried again", async () => {
    const file = join(tree("a.txt"), "a.txt");
    const { sha256 } = createFiles();
    const reason = new Error("time is up");
    await expect(sha256(file, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await sha256(file, never())).toBe(hashOf("a.txt"));
    rmSync(file);
    await expect(sha256(file, never())).rejects.toMatchObject({ code: "ENOENT" });
  });
});
