import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMatcher } from "../../../src/app/matcher.ts";
import { createFiles } from "../../../src/clients/files.ts";
import { type AssetPattern, assetName, checksums, findAssets } from "../../../src/release/assets.ts";
import { tempFolder } from "../../support/temp.ts";

function tree(...paths: readonly string[]): string {
  const root = tempFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  return root;
}

function find(root: string, ...globs: readonly string[]) {
  return findIn(globs.map((glob) => ({ glob, root, place: "the work tree" })));
}

function findIn(patterns: readonly AssetPattern[]) {
  const matcher = createMatcher();
  const { signal } = new AbortController();
  return findAssets(patterns, { files: createFiles(), matcher: (glob) => matcher(glob), signal });
}

const hashOf = (content: string) => createHash("sha256").update(content).digest("hex");

describe("the assets that patterns name", () => {
  it("are each found once, hashed, with the name that they will have", async () => {
    const root = tree("dist/app.tgz", "dist/app.zip");
    const { assets, missing } = await find(root, "dist/*", "dist/app.tgz", "./dist/*.zip");
    expect(assets).toMatchObject([
      { name: "app.tgz", path: "dist/app.tgz", bytes: 12, sha256: hashOf("dist/app.tgz") },
      { name: "app.zip", path: "dist/app.zip", bytes: 12, sha256: hashOf("dist/app.zip") },
    ]);
    expect(missing).toEqual([]);
  });

  it.each([
    ["dist/**/*.tgz", ["a.tgz", "b.tgz"]],
    ["dist/{a,x}.tgz", ["a.tgz"]],
    ["dist/?.tgz", ["a.tgz"]],
    ["dist/deep/b.tgz", ["b.tgz"]],
    ["*.md", ["README.md"]],
    ["*/*.tgz", ["a.tgz"]],
  ])("%s names %j", async (pattern, names) => {
    const root = tree("dist/a.tgz", "dist/deep/b.tgz", "README.md", "src/index.js");
    expect((await find(root, pattern)).assets.map(({ name }) => name)).toEqual(names);
  });

  it("that are not there yet are named by their pattern", async () => {
    expect((await find(tree("README.md"), "dist/*.tgz", "README.md")).missing).toEqual(["dist/*.tgz"]);
  });

  it("may not have the same name", async () => {
    const root = tree("a/app.tgz", "b/app.tgz");
    await expect(find(root, "*/app.tgz")).rejects.toMatchObject({
      message: "two assets would both be called app.tgz: a/app.tgz and b/app.tgz",
      remedy: expect.stringContaining("different names"),
    });
  });

  it.each(["/etc/hostname", "../other/app.tgz", "dist/../../app.tgz", ".git/config", "C:\\app.tgz"])(
    "stay in the work tree: not %s",
    async (pattern) => {
      await expect(find(tree("dist/a.tgz"), pattern)).rejects.toMatchObject({
        message: expect.stringContaining("is not in the work tree"),
      });
    },
  );

  it("stay in the work tree also where a link leads out of it", async () => {
    const [root, outside] = [tree("dist/a.tgz"), tree("secret.txt")];
    symlinkSync(join(outside, "secret.txt"), join(root, "dist/b.tgz"));
    await expect(find(root, "dist/*")).rejects.toMatchObject({
      message: "asset dist/b.tgz is not in the work tree",
    });
  });

  it("are looked for in the folder that each pattern is meant from", async () => {
    const [tree1, home] = [tree("dist/a.tgz"), tree("dist/b.tgz", "dist/c.tgz")];
    const named = { root: home, place: "the folder that this was started in" };
    const { assets } = await findIn([
      { glob: "dist/*", root: tree1, place: "the work tree" },
      { glob: "dist/b.*", ...named },
    ]);
    expect(assets.map(({ file }) => file)).toEqual([join(tree1, "dist/a.tgz"), join(home, "dist/b.tgz")]);
    await expect(findIn([{ glob: "../dist/b.tgz", ...named }])).rejects.toMatchObject({
      message: "asset ../dist/b.tgz is not in the folder that this was started in",
    });
  });

  it("that cannot be read are named, with the cause", async () => {
    const root = tree("dist/a.tgz");
    symlinkSync("nowhere", join(root, "dist/b.tgz"));
    await expect(find(root, "dist/*")).rejects.toMatchObject({
      message: "asset dist/* cannot be read: ENOENT",
      remedy: expect.any(String),
    });
  });

  it("of odd names are shown on one line", async () => {
    const root = tree("a/x\ny.tgz", "b/x\ny.tgz");
    const error = await find(root, "**/*.tgz").catch((thrown: Error) => thrown);
    expect((error as Error).message).not.toContain("\n");
  });
});

it.each([
  ["dist/app.tgz", "app.tgz"],
  ["dist/My App 1.tgz", "My.App.1.tgz"],
  ["dist/ümlaut.zip", "default.mlaut.zip"],
  ["dist/.hidden", "default.hidden"],
  ["dist/a+b@1~2_3-4.tgz", "a+b@1~2_3-4.tgz"],
])("%s is called %s there", (path, name) => {
  expect(assetName(path)).toBe(name);
});

it("check sums are those of sha256sum, sorted by name", () => {
  const [a, b] = [hashOf("a"), hashOf("b")];
  expect(
    checksums([
      { name: "b", sha256: b },
      { name: "a", sha256: a },
    ]),
  ).toBe(`${a}  a\n${b}  b\n`);
});
