import { describe, expect, it } from "vitest";
import { concernOf } from "../../../../src/release/overlay/labels.ts";

describe("a label", () => {
  it.each([
    ["breaking", "breaking"],
    ["Breaking-Change", "breaking"],
    ["breaking changes", "breaking"],
    ["semver:major", "breaking"],
    ["kind/breaking", "breaking"],
    ["security", "security"],
    ["type: Security", "security"],
    ["db-migration", "migration"],
    ["Schema change", "migration"],
    ["migrations", "migration"],
    ["not-breaking", null],
    ["security-theatre", null],
    ["bug", null],
    ["", null],
  ])("%j is about %s", (label, concern) => {
    expect(concernOf(label)).toBe(concern);
  });
});
