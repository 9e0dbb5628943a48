import { describe, expect, it } from "vitest";
import { findVersion, versionArguments } from "../../../../src/checks/host/tool-version.ts";

const printed: [string, string, string][] = [
  ["Client Version: v1.29.2\nKustomize Version: v5.0.4", "1.29.2", "1.29.2"],
  ["Client Version: v1.29.2-gke.100", "1.29.2", "1.29.2"],
  ["Docker version 24.0.7, build afdd53b", "24.0.7", "24.0.7"],
  ["git version 2.39.5 (Apple Git-154)", "2.39.5", "2.39.5"],
  ["v24.21.0", "24.21.0", "24.21.0"],
  ["v3.14.0+g3fc9f4b", "3.14.0", "3.14.0"],
  ["go version go1.21.5 linux/amd64", "1.21.5", "1.21.5"],
  ['openjdk version "17.0.9" 2023-10-17', "17.0.9", "17.0.9"],
  ['java version "1.8.0_392"', "1.8.0", "1.8.0"],
  ["psql (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", "15.14", "15.14.0"],
  ["jq-1.6", "1.6", "1.6.0"],
  ["OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15", "9.2", "9.2.0"],
  ["This is perl 5, version 36, subversion 0 (v5.36.0)", "5.36.0", "5.36.0"],
  ["tool 2026.01.07.4", "2026.01.07", "2026.1.7"],
];

describe("findVersion", () => {
  it.each(printed)("reads %j", (stdout, text, semver) => {
    expect(findVersion({ stdout, stderr: "" })).toEqual({ text, semver });
  });

  it("looks at stderr when stdout has none", () => {
    expect(findVersion({ stdout: "hello\n", stderr: "nginx version: nginx/1.22.1\n" })?.text).toBe("1.22.1");
  });

  it("finds none where there is none", () => {
    expect(findVersion({ stdout: "less 590", stderr: "built 2024-01-01" })).toBeUndefined();
  });

  it("finds what the pattern says, a plain number too", () => {
    expect(findVersion({ stdout: "less 590 (GNU)", stderr: "" }, "^less (\\d+)")).toEqual({
      text: "590",
      semver: "590.0.0",
    });
    expect(findVersion({ stdout: "lib 9.9\ntool 1.2", stderr: "" }, "^tool .*$")?.text).toBe("1.2");
    expect(findVersion({ stdout: "lib 9.9", stderr: "tool 1.2" }, "tool (.*)")?.text).toBe("1.2");
    expect(findVersion({ stdout: "lib 9.9", stderr: "" }, "tool (.*)")).toBeUndefined();
  });

  it("says that a pattern is none", () => {
    expect(() => findVersion({ stdout: "1.2", stderr: "" }, "(")).toThrow(
      "`pattern` is not a regular expression",
    );
  });
});

describe("versionArguments", () => {
  it("knows what well-known tools want", () => {
    expect(versionArguments({ name: "kubectl" })).toEqual(["version", "--client"]);
    expect(versionArguments({ name: "/usr/bin/java" })).toEqual(["-version"]);
    expect(versionArguments({ name: "C:\\Tools\\KubeCtl.exe" })).toEqual(["version", "--client"]);
    expect(versionArguments({ name: "git" })).toEqual(["--version"]);
  });

  it("takes what the configuration says first", () => {
    expect(versionArguments({ name: "kubectl", args: ["--v"] })).toEqual(["--v"]);
    expect(versionArguments({ name: "kubectl", args: [] })).toEqual([]);
  });

  it("runs an unknown program only when its version is asked for", () => {
    expect(versionArguments({ name: "deploy.sh" })).toBeUndefined();
    expect(versionArguments({ name: "constructor" })).toBeUndefined();
    expect(versionArguments({ name: "deploy.sh", version: ">=1" })).toEqual(["--version"]);
    expect(versionArguments({ name: "deploy.sh", pattern: "." })).toEqual(["--version"]);
  });
});
