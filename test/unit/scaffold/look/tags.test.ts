import { describe, expect, it } from "vitest";
import { exampleVersion, readTags } from "../../../../src/scaffold/look/tags.ts";

describe("tags", () => {
  it.each([
    [["v1.0.0", "v1.10.0", "v1.9.0"], "v", "v1.10.0"],
    [["1.0.0", "1.2.0", "nightly", "2024-01-01"], "plain", "1.2.0"],
    [["cart@1.0.0", "search@2.0.0", "cart/v3.0.0"], "package", "cart/v3.0.0"],
    [["v1.0.0", "2.0.0", "v1.1.0"], "v", "2.0.0"],
    [["latest", "v1", "release-1"], null, undefined],
    [[], null, undefined],
  ] as const)("of %j are written as %s, the newest is %s", (names, shape, newest) => {
    const { tags, tagShape } = readTags(names);
    expect([tagShape, tags[0]]).toEqual([shape, newest]);
  });

  it("give an example of the next one, written as they are", () => {
    expect([["v1.2.3"], ["1.2.3"], ["cart@1.2.3"], ["cart/v1.2.3"], []].map(exampleVersion)).toEqual([
      "v1.2.4",
      "1.2.4",
      "cart@1.2.4",
      "cart/v1.2.4",
      "v0.1.0",
    ]);
  });

  it("give none in which a shell sees a command", () => {
    expect(exampleVersion(["$(touch${IFS}x)@1.2.4", "v1.2.3"])).toBe("v1.2.4");
    expect(exampleVersion(["`id`@1.2.4"])).toBe("v0.1.0");
  });
});
