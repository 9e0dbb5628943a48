import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { emptyTar, filesOf, tarOf } from "../../../../src/deploy/compose/tar.ts";
import fc from "../../../support/property.ts";
import { tempFolder } from "../../../support/temp.ts";

describe("an archive of one file", () => {
  it("is one that tar reads, for its owner only", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "a.tar"), tarOf("record.1", "hello"));
    const listed = execFileSync("tar", ["-tvf", join(folder, "a.tar")], { encoding: "utf8" });
    expect(listed).toMatch(/^-rw------- .* 5 .* record\.1\n$/);
    execFileSync("tar", ["-xf", join(folder, "a.tar"), "-C", folder]);
    expect(readFileSync(join(folder, "record.1"), "utf8")).toBe("hello");
  });

  it("comes back as it was, whatever its length", () => {
    fc.assert(
      fc.property(fc.nat(3000), (length) => {
        const text = "x".repeat(length);
        expect(filesOf(tarOf("a", text)).get("a")).toBe(text);
      }),
    );
  });

  it("is read as tar writes it, folders and all", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "record.0"), "zero");
    writeFileSync(join(folder, "record.1"), "one");
    const tar = execFileSync("tar", [
      "-C",
      join(folder, ".."),
      "-c",
      folder.split("/").at(-1) ?? "",
    ]).toString("utf8");
    expect(Object.fromEntries(filesOf(tar))).toEqual({ "record.0": "zero", "record.1": "one" });
  });

  it("may be empty, or no archive at all", () => {
    expect(filesOf(emptyTar).size).toBe(0);
    expect(filesOf("").size).toBe(0);
    expect(filesOf("no archive".repeat(100)).size).toBeLessThan(2);
  });
});
