import { describe, expect, it } from "vitest";
import { isPlainName, readSums } from "../../../../src/ritual/integrity/sums.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)];

describe("SHA256SUMS", () => {
  it("is read as sha256sum writes it: text and binary, upper case, Windows' line ends, files of this folder", () => {
    const { byName, wrong } = readSums(
      `${a}  app.tgz\n${b.toUpperCase()} *app.zip\r\n${b}  ./notes with spaces.md\n`,
    );
    expect(Object.fromEntries(byName)).toEqual({ "app.tgz": a, "app.zip": b, "notes with spaces.md": b });
    expect(wrong).toEqual([]);
  });

  it.each([
    `${a}  ../x`,
    `${a}  ./../x`,
    `${a}  dir/x`,
    `${a}  /etc/passwd`,
    `${a}  C:\\x`,
    `${a}  ..`,
    `${a} x`,
    `${a.slice(1)}  x`,
    "x",
    `\\${a}  a\\nb`,
  ])("has no asset in %j", (line) => {
    expect(readSums(`${line}\n`)).toEqual({ byName: new Map(), wrong: [expect.any(String)] });
  });

  it("does not say two things of one name", () => {
    expect(readSums(`${a}  x\n${a}  x\n`).wrong).toEqual([]);
    expect(readSums(`${a}  x\n${b}  x\n`).wrong).toHaveLength(1);
  });

  it("is not read at all when nobody could have written it", () => {
    expect(readSums(`${a}  x\n`.repeat(10_001)).wrong).toEqual(["more than 10000 lines"]);
  });
});

describe("a name", () => {
  it("is that of a file in a folder, and of nothing else", () => {
    for (const name of ["a", "a.b", ".hidden", "a b", "ä"]) expect(isPlainName(name)).toBe(true);
    for (const name of ["", ".", "..", "a/b", "a\\b", "a\0", "a\n", "C:", "x".repeat(256)])
      expect(isPlainName(name)).toBe(false);
  });
});
