import { describe, expect, it } from "vitest";
import { parseStream, YamlProblem } from "../../../../src/deploy/kubernetes/yaml.ts";

const values = (text: string) => parseStream(text).map(({ value }) => value);

function problem(text: string): YamlProblem {
  try {
    parseStream(text);
  } catch (error) {
    if (error instanceof YamlProblem) return error;
    throw error;
  }
  throw new Error("it was read");
}

describe("YAML as kubectl reads it", () => {
  // What kubectl 1.27 and 1.33 make of the same text.
  it.each<[string, unknown]>([
    ["yes", true],
    ["y", true],
    ["on", true],
    ["NO", false],
    ["0644", 420],
    ["0o14", 12],
    ["089", 89],
    ["0x1F", 31],
    ["0b11", 3],
    ["1_000", 1000],
    ["+1", 1],
    ["1e3", 1000],
    [".5", 0.5],
    ["12:30:45", "12:30:45"],
    ["190:20:30.15", "190:20:30.15"],
    ["2001-01-01", "2001-01-01"],
    ["2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"],
    ["~", null],
    ["Null", null],
    ["!!str 12", "12"],
    ["!!binary aGVsbG8=", "hello"],
    ["!foo bar", "bar"],
    ["=", "="],
  ])("takes %s for %j", (text, value) => {
    expect(values(`a: ${text}`)).toEqual([{ a: value }]);
  });

  it("makes text of keys, whatever they look like", () => {
    expect(values("n: 1\n8080: 2")).toEqual([{ false: 1, "8080": 2 }]);
  });

  it("merges what is merged in", () => {
    expect(values("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3")).toEqual([
      { a: { x: 1, true: 2 }, b: { x: 1, true: 3 } },
    ]);
  });

  it("knows the line that every document begins on", () => {
    const text = "# first\n---\n# words\na: 1\n---\n---\n# nothing\n--- # third\nb: |\n  --- not one\n...\n";
    expect(parseStream(text).map(({ value, line }) => [value, line])).toEqual([
      [{ a: 1 }, 4],
      [{ b: "--- not one\n" }, 9],
    ]);
  });

  it("knows the line that every item begins on", () => {
    const [list] = parseStream("kind: List\nitems:\n- a: 1\n# words\n- b: 2\n");
    expect(list?.itemLines).toEqual([3, 5]);
  });

  it("reads JSON, and nothing at all", () => {
    expect(values('{"a": [1, "b"]}')).toEqual([{ a: [1, "b"] }]);
    expect(values("")).toEqual([]);
    expect(values("# words only\n---\n")).toEqual([]);
  });

  it("says on which line it is none", () => {
    expect(problem("a: 1\nb: [1\nc: 2\n")).toMatchObject({ line: expect.any(Number) });
    expect(problem("a: 1\na: 2\n")).toMatchObject({ line: 2, message: "Map keys must be unique" });
    expect(problem("a: 1\n---\nb: *gone\n")).toMatchObject({ message: expect.stringContaining("gone") });
  });

  it("guesses that a template was not rendered", () => {
    expect(problem("name: {{ .Values.name }}\n: x").message).toContain("a template? Render it first");
  });

  it("refuses numbers that it would change", () => {
    expect(problem("a: 9007199254740993").message).toBe(
      "the number 9007199254740993 is too large to be carried exactly",
    );
    expect(problem("a: .inf").message).toBe("Infinity is no number of JSON");
    expect(values("a: 9007199254740991")).toEqual([{ a: 9007199254740991 }]);
  });

  it("is not blown up by aliases of aliases", () => {
    const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
    for (let i = 1; i < 9; i++) {
      const alias = Array.from({ length: 10 }, () => `*a${i - 1}`).join(", ");
      lines.push(`a${i}: &a${i} [${alias}]`);
    }
    expect(problem(lines.join("\n")).message).toMatch(/alias/i);
  });
});
