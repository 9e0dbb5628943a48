import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../../../../src/clients/program/find.ts";

describe.skipIf(process.platform === "win32")("findProgram on POSIX", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "find-"));
    for (const name of ["a", "b", "a/folder"]) mkdirSync(join(folder, name));
    for (const [path, mode] of [
      ["a/plain", 0o644],
      ["b/plain", 0o755],
      ["b/both", 0o755],
      ["a/both", 0o755],
      ["here", 0o755],
    ] as const) {
      writeFileSync(join(folder, path), "#!/bin/sh\n");
      chmodSync(join(folder, path), mode);
    }
    symlinkSync(join(folder, "b/plain"), join(folder, "a/link"));
    symlinkSync(join(folder, "nowhere"), join(folder, "a/dangling"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const find = (name: string, path?: string) =>
    findProgram(name, {
      env: { PATH: path ?? `${folder}/a:${folder}/b` },
      cwd: folder,
      platform: "linux",
    });

  it("takes the first on PATH", () => expect(find("both")).toBe(join(folder, "a/both")));
  it("passes over files that may not be run", () => expect(find("plain")).toBe(join(folder, "b/plain")));
  it("passes over folders", () => expect(find("folder")).toBeUndefined());
  it("follows links that lead somewhere", () => {
    expect(find("link")).toBe(join(folder, "a/link"));
    expect(find("dangling")).toBeUndefined();
  });
  it("takes a name with a slash for a path, from the folder it runs in", () => {
    expect(find("./here")).toBe(join(folder, "here"));
    expect(find("b/both")).toBe(join(folder, "b/both"));
    expect(find(join(folder, "here"))).toBe(join(folder, "here"));
    expect(find("a/none")).toBeUndefined();
  });
  it("does not look into the current folder unless PATH says so", () => {
    expect(find("here")).toBeUndefined();
    expect(find("here", "/nowhere:")).toBe(join(folder, "here"));
    expect(find("both", "b:a")).toBe(join(folder, "b/both"));
  });
  it("finds the system's programs without a PATH", () => {
    expect(findProgram("sh", { env: {}, cwd: "/", platform: "linux" })).toMatch(/^\/(usr\/)?bin\/sh$/);
  });
  it("finds no program without a name, or with a NUL in it", () => {
    expect(find("")).toBeUndefined();
    expect(find("bo\0th")).toBeUndefined();
  });
});

describe("findProgram on Windows", () => {
  const files = new Set([
    "C:\\one\\tool.exe",
    "C:\\two\\tool.cmd",
    "C:\\two\\other.bat",
    "D:\\work\\x\\own.exe",
  ]);
  const find = (name: string, env: NodeJS.ProcessEnv = {}) =>
    findProgram(name, {
      env: { Path: 'C:\\two;"C:\\one"', ...env },
      cwd: "D:\\work",
      platform: "win32",
      runnable: (path) => files.has(path),
    });

  it("tries the extensions of PATHEXT in each folder", () => {
    expect(find("tool")).toBe("C:\\two\\tool.cmd");
    expect(find("tool", { PATHEXT: ".EXE" })).toBe("C:\\one\\tool.exe");
    expect(find("other")).toBe("C:\\two\\other.bat");
  });
  it("takes a name that has its extension as it is", () =>
    expect(find("tool.exe")).toBe("C:\\one\\tool.exe"));
  it("takes a name with a slash of either sort for a path", () => {
    expect(find("x\\own")).toBe("D:\\work\\x\\own.exe");
    expect(find("./x/own.exe")).toBe("D:\\work\\x\\own.exe");
  });
  it("finds nothing that is not there", () => expect(find("none")).toBeUndefined());
});
