import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readHead } from "../../../src/clients/file-head.ts";
import { writeNew, writeWhole } from "../../../src/clients/whole-file.ts";
import { tempFolder } from "../../support/temp.ts";

describe("a file that is written whole", () => {
  it("takes the place of the old one, for its owner alone unless it is said", () => {
    const path = join(tempFolder(), "a/b/file");
    writeWhole(path, "one");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeWhole(path, "two", 0o644);
    expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["two", 0o644]);
    expect(readdirSync(join(path, ".."))).toEqual(["file"]);
  });

  it.each(["a file", "a folder", "a link to nothing"])("is not made new over %s", (what) => {
    const folder = tempFolder();
    const path = join(folder, "there");
    if (what === "a file") writeFileSync(path, "theirs");
    else if (what === "a folder") mkdirSync(path);
    else symlinkSync(join(folder, "nowhere"), path);
    expect(() => writeNew(path, "ours")).toThrow(/EEXIST/);
    expect(readdirSync(folder)).toEqual(["there"]);
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });

  it("is made new with its folders, once", () => {
    const path = join(tempFolder(), "a/file");
    writeNew(path, "ours", 0o644);
    expect(() => writeNew(path, "again")).toThrow(/EEXIST/);
    expect([readFileSync(path, "utf8"), readdirSync(join(path, ".."))]).toEqual(["ours", ["file"]]);
  });
});

describe("a file's beginning", () => {
  it("is text up to a limit", () => {
    const path = join(tempFolder(), "file");
    writeFileSync(path, "0123456789");
    expect([readHead(path, 4), readHead(path, 100)]).toEqual(["0123", "0123456789"]);
  });

  it("is nothing for links, folders, pipes, and what is not there", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "file"), "text");
    symlinkSync(join(folder, "file"), join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const names = ["link", "pipe", ".", "nowhere"];
    expect(names.map((name) => readHead(join(folder, name), 10))).toEqual([null, null, null, null]);
  });
});
