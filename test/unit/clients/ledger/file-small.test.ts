import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { tempFolder } from "../../../support/temp.ts";

/** Runs a program with a file system of so many MiB in its folder, root or not. */
const small = (folder: string, size: number) => [
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  ...["--mount", "sh", "-c"],
  `mount -t tmpfs -o size=${size}m tmpfs "$0" && exec "$@"`,
  folder,
];
const cannot = () =>
  process.platform !== "linux" || spawnSync("unshare", [...small(tempFolder(), 1), "true"]).status !== 0;

it("says how much must be free for a ledger, not that nothing is", ({ skip }) => {
  skip(cannot(), "no file system can be mounted here");
  const module = new URL("../../../../src/clients/ledger/file.ts", import.meta.url).href;
  const probed = (size: number) => {
    const folder = tempFolder();
    const code = `import(${JSON.stringify(module)}).then(async ({ createFileStore }) => {
      const path = process.argv[1] + "/ledger.jsonl";
      await createFileStore({ path, lock: path + ".lock" }).probe(new AbortController().signal);
      console.log("fits");
    }).catch((error) => console.log(error.message))`;
    const argv = [...small(folder, size), process.execPath, "-e", code, folder];
    return execFileSync("unshare", argv, { encoding: "utf8" }).trim();
  };
  expect(probed(4)).toMatch(
    /^cannot write the ledger .+: less than 8 MiB are free, and its next entries may need them$/,
  );
  expect(probed(16)).toBe("fits");
});
