import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder } from "../../../src/clients/make-folder.ts";
import { tempFolder } from "../../support/temp.ts";

/** Runs a program where a folder cannot be written, root or not. */
const readOnly = (folder: string) => [
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  ...["--mount", "sh", "-c"],
  'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"',
  folder,
];
const cannot =
  process.platform !== "linux" || spawnSync("unshare", [...readOnly(tmpdir()), "true"]).status !== 0;

describe("a folder", () => {
  it("is made with those above it, and may be there already", () => {
    const path = join(tempFolder(), "a", "b");
    makeFolder(path);
    makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it.runIf(process.platform === "linux")("is not tried for ever where nobody can make one", () => {
    expect(() => makeFolder("/proc/nowhere/a")).toThrow("ENOENT");
  });

  it("that cannot be made says why", () => {
    const file = join(tempFolder(), "file");
    writeFileSync(file, "");
    expect(() => makeFolder(join(file, "a", "b"))).toThrow("ENOTDIR");
  });

  it.skipIf(cannot)("on a read-only file system says that it is one", () => {
    const root = tempFolder();
    mkdirSync(join(root, "there"));
    const module = new URL("../../../src/clients/make-folder.ts", import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(({ makeFolder }) => makeFolder(process.argv[1])).catch((error) => console.log(error.code))`;
    const said = execFileSync(
      "unshare",
      [...readOnly(root), process.execPath, "-e", code, join(root, "there/a/b/c")],
      { encoding: "utf8" },
    );
    expect(said.trim()).toBe("EROFS");
  });
});
