import { describe, expect, it } from "vitest";
import {
  highestOf,
  levelOf,
  nextVersion,
  parseVersionTag,
  parseVersionTags,
  releasesBefore,
  type VersionTag,
} from "../../../src/release/version.ts";

function tag(name: string): VersionTag {
  const parsed = parseVersionTag(name);
  if (!parsed) throw new Error(name);
  return parsed;
}

const precedes = (names: readonly string[], version: string | null, prefix?: string) =>
  highestOf(releasesBefore(parseVersionTags(names), version === null ? null : tag(version), prefix))?.name;

describe("a version tag", () => {
  it.each([
    ["v1.4.2", "v"],
    ["1.4.2", ""],
    ["pkg@1.4.2", "pkg@"],
    ["@scope/pkg@1.4.2", "@scope/pkg@"],
    ["pkg/v1.4.2-rc.1", "pkg/v"],
    ["pkg-v1.4.2", "pkg-v"],
    ["release-10.20.30", "release-"],
  ])("%s begins with '%s'", (name, prefix) => {
    expect(parseVersionTag(name)?.prefix).toBe(prefix);
  });

  it.each([
    "v1.4",
    "v01.4.2",
    "latest",
    "v1.4.2.3",
    "2024-1.2.3",
    "v1.4.2+build",
    "x".repeat(300),
    "v1.2.3\n",
  ])("is not %j", (name) => {
    expect(parseVersionTag(name)).toBeUndefined();
  });
});

describe("the release before", () => {
  it("is the highest one below, not the last one made", () => {
    expect(precedes(["v1.9.0", "v1.10.0", "v2.0.0", "v1.2.0"], "v1.11.0")).toBe("v1.10.0");
  });

  it("of a final release is a final one", () => {
    expect(precedes(["v1.3.0", "v1.4.0-rc.1", "v1.4.0-rc.2"], "v1.4.0")).toBe("v1.3.0");
    expect(precedes(["v1.4.0-rc.1"], "v1.4.0")).toBeUndefined();
  });

  it("of a pre-release may be an earlier one of the same version", () => {
    expect(precedes(["v1.3.0", "v1.4.0-rc.1", "v1.4.0-rc.10", "v1.4.0-rc.2"], "v1.4.0-rc.11")).toBe(
      "v1.4.0-rc.10",
    );
    expect(precedes(["v1.3.0", "v1.3.5-rc.1"], "v1.4.0-rc.1")).toBe("v1.3.0");
  });

  it("is never the version itself", () => {
    expect(precedes(["v1.4.2", "v1.4.1"], "v1.4.2")).toBe("v1.4.1");
  });

  it("has the same prefix: packages of a monorepo do not follow each other", () => {
    const names = ["pkg@1.0.0", "pkg@1.1.0", "other@1.1.5", "v1.1.9", "1.1.8"];
    expect(precedes(names, "pkg@1.2.0")).toBe("pkg@1.1.0");
    expect(precedes(names, "v1.2.0")).toBe("v1.1.9");
    expect(precedes(names, "1.2.0")).toBe("1.1.8");
    expect(precedes(names, "new@0.1.0")).toBeUndefined();
  });

  it("may lack the v where no other tag has it", () => {
    expect(precedes(["1.1.8", "1.1.9"], "v1.2.0")).toBe("1.1.9");
  });

  it("without a version is the highest final release, or else the highest pre-release", () => {
    expect(precedes(["v1.3.0", "1.4.0", "v2.0.0-rc.1", "pkg@9.0.0"], null)).toBe("1.4.0");
    expect(precedes(["v1.0.0-rc.1", "v1.0.0-rc.2"], null)).toBe("v1.0.0-rc.2");
    expect(precedes(["pkg@9.0.0", "v1.0.0"], null, "pkg@")).toBe("pkg@9.0.0");
  });
});

describe("the next version", () => {
  const next = (previous: string | null, level: "major" | "minor" | "patch", more = {}) =>
    nextVersion(previous === null ? null : tag(previous), level, {
      prefix: "v",
      taken: [],
      here: [],
      ...more,
    });

  it.each([
    ["v1.4.2", "major", "v2.0.0"],
    ["v1.4.2", "minor", "v1.5.0"],
    ["v1.4.2", "patch", "v1.4.3"],
    ["v0.4.2", "minor", "v0.5.0"],
    ["v1.0.0-rc.2", "patch", "v1.0.0"],
    [null, "major", "v0.1.0"],
  ] as const)("after %s, for a %s change, is %s", (previous, level, expected) => {
    expect(next(previous, level)).toBe(expected);
  });

  it("as a pre-release has the next free number, and none where it is here already", () => {
    const taken = ["v1.5.0-rc.1", "v1.5.0-rc.9", "v1.5.0-rc.10", "v1.5.0-beta.30", "v1.5.0-rc.x"];
    expect(next("v1.4.2", "minor", { pre: "rc", taken })).toBe("v1.5.0-rc.11");
    expect(next("v1.4.2", "patch", { pre: "rc", taken })).toBe("v1.4.3-rc.1");
    expect(next("v1.4.2", "minor", { pre: "rc", taken, here: ["v1.5.0-rc.10"] })).toBeNull();
  });

  it("breaks nothing by more than a minor version while it is 0.x", () => {
    const breaking = { breaking: true, kind: "fix" };
    expect(levelOf(breaking, tag("v0.9.0").version)).toBe("minor");
    expect(levelOf(breaking, tag("v1.0.0").version)).toBe("major");
    expect(levelOf({ breaking: false, kind: "feature" }, tag("v0.9.0").version)).toBe("minor");
    expect(levelOf({ breaking: false, kind: "internal" }, tag("v1.0.0").version)).toBe("patch");
  });
});
