import { describe, expect, it } from "vitest";
import type { SecretState } from "../../../src/app/ritual-secrets.ts";
import { secretsText } from "../../../src/cli/commands/ritual-secrets.ts";

const secret = (name: string, over: Partial<SecretState> = {}): SecretState => ({
  name,
  purpose: "the release and its assets, pull requests and issues, the marks on the remote",
  scope: "contents: write, pull-requests: read, issues: read",
  rotation: "a workflow's own lives as long as its job; else an expiry of 90 days at most",
  needed: false,
  present: "set",
  age: null,
  ...over,
});

const both = [secret("GITHUB_TOKEN", { age: "expires 2027-01-01" }), secret("番号", { present: "missing" })];

describe("the table of a ritual's secrets", () => {
  it("has a line for each, whatever its width, where nobody sits before it", () => {
    const [head = "", ...lines] = secretsText(both, Number.POSITIVE_INFINITY).trimEnd().split("\n");
    expect(head).toMatch(/^NAME {10}HERE {5}AGE {17}PURPOSE {2,}SCOPE {2,}ROTATION$/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("GITHUB_TOKEN  set      expires 2027-01-01  the release and its assets");
    expect(lines[1]).toMatch(/^番号 {10}not set {2}– {19}the release/);
  });

  it.each([80, 60])("is read from the top to the bottom on a terminal of %i columns", (width) => {
    const lines = secretsText(both, width).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
    expect(lines.slice(0, 3)).toEqual([
      "GITHUB_TOKEN  set",
      "  age       expires 2027-01-01",
      expect.stringMatching(/^ {2}purpose {3}the release and its assets, /),
    ]);
    // What is not known takes no line.
    expect(lines.slice(lines.indexOf("番号  not set")).join("\n")).not.toContain("age");
    // Nothing is lost.
    const words = (text: string) => text.split(/\s+/);
    expect(words(lines.join(" "))).toEqual(expect.arrayContaining(words(both[0]?.rotation ?? "")));
  });

  it("says nothing where there is nothing to say", () => {
    expect(secretsText([], 60)).toBe("NAME  HERE  AGE  PURPOSE  SCOPE  ROTATION\n");
  });
});
