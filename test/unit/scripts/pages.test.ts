import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checksPage, judged } from "../../../scripts/generate/checks-page.ts";
import { examples } from "../../../scripts/generate/examples.ts";
import { catalogue } from "../../../scripts/generate/json-schema.ts";
import { anchor, code, table } from "../../../scripts/generate/markdown.ts";
import { stableMessages } from "../../../scripts/generate/messages.ts";
import { optionsTable, typeOf } from "../../../scripts/generate/options-table.ts";

describe("examples", () => {
  it("belong to a check each, and no check is without", () => {
    expect(Object.keys(examples).sort()).toEqual(catalogue.map(({ id }) => id).sort());
  });

  it.each(catalogue.map((check) => [check.id, check] as const))(
    "of %s pass once, fail once, and say how to mend it",
    (id, check) => {
      const example = examples[id];
      if (!example) throw new Error("no example");
      const answers = example.sees.flatMap((sight) => judged(check, example, sight));
      const statuses = answers.map(({ status }) => status);
      expect(statuses).toContain("ok");
      expect(statuses).toContain("fail");
      expect(answers.filter(({ status, remedy }) => /warn|fail|unknown/.test(status) && !remedy)).toEqual([]);
    },
  );
});

describe("stable messages", () => {
  const source = join(import.meta.dirname, "../../../src");
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const text = sources.map((name) => readFileSync(join(source, name), "utf8")).join("\n");
  const shown = checksPage();

  it.each(stableMessages.map(({ message }) => message))("%s is still said", (message) => {
    const [fixed = ""] = message.split("<");
    const inSources = text.includes(fixed.trimEnd());
    expect(inSources || shown.includes(fixed)).toBe(true);
  });
});

describe("tables", () => {
  it("keep a cell a cell, whatever is in it", () => {
    expect(table(["a"], [["x | y\nz"]])).toBe("| a |\n| --- |\n| x \\| y z |");
  });
  it("show code that has backticks", () => {
    expect([code("a"), code("a `b`")]).toEqual(["`a`", "`` a `b` ``"]);
  });
  it.each([
    [{ type: "array", items: { type: "string" } }, "list of strings"],
    [
      { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
      "string or list of strings",
    ],
    [{ enum: ["GET", "HEAD"] }, "`GET` or `HEAD`"],
    [{ type: "object", additionalProperties: { type: "string" } }, "map of names to strings"],
    [
      { type: "array", items: { type: "object", properties: {}, additionalProperties: false } },
      "list of objects",
    ],
    [{}, "anything"],
  ])("say %j as people do", (schema, words) => {
    expect(typeOf(schema)).toBe(words);
  });
  it("list what is inside of an option below it", () => {
    const inner = {
      type: "object",
      properties: { to: { type: "string", description: "End." } },
      required: ["to"],
    };
    expect(optionsTable({ windows: { type: "array", items: inner, default: [] } })).toBe(
      [
        "| option | type | default | what it says |",
        "| --- | --- | --- | --- |",
        "| `windows` | list of objects | `[]` |  |",
        "| `windows[].to` | string | required | End. |",
      ].join("\n"),
    );
  });
  it("are linked to as GitHub does it", () => {
    expect(["git.tag.remote", "Pull requests and --config-ref", "An entry under checks"].map(anchor)).toEqual(
      ["gittagremote", "pull-requests-and---config-ref", "an-entry-under-checks"],
    );
  });
});
