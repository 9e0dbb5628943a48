import { describe, expect, it } from "vitest";
import { bodyLimit, markerOf, releaseBody } from "../../../src/release/publish-body.ts";
import { matches } from "../../../src/release/publish-rules.ts";
import fc from "../../support/property.ts";

const mark = { tag: "v1.4.2", commit: "a1".repeat(20), build: "c3".repeat(32) };

describe("the text of a release", () => {
  it("is the notes and a mark that is found again", () => {
    const body = releaseBody("## Changes\n\n- one\n\n", mark);
    expect(body).toBe(
      `## Changes\n\n- one\n\n<!-- release-sentinel: v1.4.2 ${mark.commit} ${mark.build} -->`,
    );
    expect(markerOf(`${body}\r\n`)).toEqual(mark);
    expect(markerOf(body.replace(` ${mark.build}`, ""))).toEqual({ ...mark, build: null });
  });

  it("has no mark when somebody only quotes one", () => {
    expect(markerOf(`${releaseBody("x", mark)}\n\nby hand`)).toBeNull();
    expect(markerOf("<!-- release-sentinel: v1.4.2 not-a-commit -->")).toBeNull();
    expect(markerOf("")).toBeNull();
  });

  it("is cut before a section, and says where the rest is", () => {
    const section = (n: number) => `## Part ${n}\n\n${"- change\n".repeat(5000)}\n`;
    const body = releaseBody([1, 2, 3, 4].map(section).join(""), mark);
    expect(body.length).toBeLessThanOrEqual(bodyLimit);
    expect(body).toContain("## Part 2");
    expect(body).not.toContain("## Part 3");
    expect(body).toMatch(
      /- change\n\n\*These notes were cut: all \d+ characters are in the asset RELEASE_NOTES\.md\.\*\n\n<!--/,
    );
    expect(markerOf(body)).toEqual(mark);
  });

  it("is cut at a line, or at a whole character where there is none", () => {
    expect(releaseBody("- change\n".repeat(20_000), mark)).toContain("- change\n\n*These");
    const body = releaseBody("😀".repeat(100_000), mark);
    expect(body.isWellFormed()).toBe(true);
    expect(body.length).toBeGreaterThan(bodyLimit - 10);
  });

  it("fits and keeps its mark, whatever the notes are", () => {
    const notes = fc.tuple(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 300_000 }));
    fc.assert(
      fc.property(notes, ([text, length]) => {
        const long = (text || "x").repeat(Math.ceil(length / (text.length || 1)));
        const body = releaseBody(long, mark);
        expect(body.length).toBeLessThanOrEqual(bodyLimit);
        expect(body.isWellFormed()).toBe(long.trimEnd().isWellFormed());
        expect(markerOf(body)).toEqual(mark);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a pattern of refs", () => {
  it.each([
    ["refs/tags/v1.0.0", "refs/tags/v*", true],
    ["refs/tags/v1/0", "refs/tags/v*", false],
    ["refs/tags/v1/0", "refs/tags/**", true],
    ["refs/tags/v1/0", "refs/tags/**/*", true],
    ["refs/tags/v1.0.0", "refs/tags/v?.0.0", true],
    ["refs/tags/v1.0.0", "refs/tags/v[0-9].0.0", true],
    ["refs/tags/v1.0.0", "refs/tags/v[!0-9].0.0", false],
    ["refs/tags/v1.0.0", "refs/tags/v1.0", false],
    ["refs/tags/v1x0x0", "refs/tags/v1.0.0", false],
    ["refs/tags/v1+(a)", "refs/tags/v1+(a)", true],
  ])("%s by %s: %s", (ref, pattern, answer) => {
    expect(matches(ref, pattern)).toBe(answer);
  });
});
