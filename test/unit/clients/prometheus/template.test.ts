import { describe, expect, it } from "vitest";
import { fill, matchersOf, placesLabels, QueryProblem } from "../../../../src/clients/prometheus/template.ts";
import fc from "../../../support/property.ts";

const fillings = { labels: { job: "shop" }, window: "1m", values: { version: "v1.4.2", arm: "canary" } };
const filled = (template: string, given: Partial<typeof fillings> = {}) =>
  fill(template, { ...fillings, ...given });

/** Reads a PromQL string as Go does; throws where it ends early or late. */
function unquoted(text: string): string {
  const quote = text[0];
  let value = "";
  for (let at = 1; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === quote) {
      if (at !== text.length - 1) throw new Error(`ends at ${at}`);
      return value;
    }
    if (char === "\n") throw new Error("a line break within quotes");
    if (char !== "\\") {
      value += char;
      continue;
    }
    const next = text[++at] ?? "";
    if (next === "x") {
      value += String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 3), 16));
      at += 2;
    } else if (next === "n") value += "\n";
    else if (next === "\\" || next === quote) value += next;
    else throw new Error(`unknown escape \\${next}`);
  }
  throw new Error("does not end");
}

describe("a template of a query", () => {
  it("takes labels, the window, and values within quotes", () => {
    expect(filled("sum(increase(x{code=~'5..',{{labels}}}[{{window}}]))")).toBe(
      `sum(increase(x{code=~'5..',job="shop"}[1m]))`,
    );
    expect(filled("x{{{labels}}}")).toBe('x{job="shop"}');
    expect(filled('x{v="{{version}}",w="${VERSION}",a=\'{{ arm }}\'}')).toBe(
      `x{v="v1.4.2",w="v1.4.2",a='canary'}`,
    );
  });

  it("is well-formed where there are no labels", () => {
    expect(filled('x{code="500",{{labels}}}', { labels: {} as never })).toBe('x{code="500",job=~".*"}');
  });

  it("takes a value in a regular expression literally", () => {
    expect(filled('x{v=~"{{version}}-.*"}', { values: { version: "1.4+b|.*", arm: "" } })).toBe(
      String.raw`x{v=~"1\\.4\\+b\\|\\.\\*-.*"}`,
    );
  });

  it.each([
    ["x{v={{version}}}", "{{version}} stands outside of quotes", 'write it as "{{version}}"'],
    ["x{v=`{{version}}`}", "{{version}} stands within backticks", 'write it as "{{version}}"'],
    ['x{v="{{labels}}"}', "{{labels}} stands within quotes", "take the quotes away"],
    ['x{v="{{verison}}"}', "there is nothing to fill in for {{verison}}", "did you mean {{version}}?"],
    [
      'x{v="{{secret}}"}',
      "there is nothing to fill in for {{secret}}",
      "there is {{labels}}, {{window}}, {{version}}, {{arm}}",
    ],
  ])("refuses %s", (template, message, remedy) => {
    const refused = (() => {
      try {
        return filled(template);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(QueryProblem);
    expect(refused).toMatchObject({ message, remedy });
  });

  it("is read without its comments, which are not looked for in strings", () => {
    expect(filled('x{a="#1"} # of {{nothing}}\n / y')).toBe('x{a="#1"} \n / y');
    expect(placesLabels("x # {{labels}}")).toBe(false);
    expect(placesLabels("x{ {{ labels }} }")).toBe(true);
  });

  it("cannot be broken out of, whatever the values are", () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(..."\"'`\\{}()\n\r\t\u0000 =~,#$a1é😀") }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(text, (value) => {
        const expected = value.toWellFormed();
        for (const [before, after] of [
          ['x{v="', '"} / 1'],
          ["x{v='", "'} / 1"],
        ] as const) {
          const query = filled(`${before}{{version}}${after}`, { values: { version: value, arm: "" } });
          expect(query.startsWith(before) && query.endsWith(after)).toBe(true);
          expect(unquoted(query.slice(before.length - 1, query.length - after.length + 1))).toBe(expected);
        }
        const [matcher] = matchersOf({ v: value });
        expect(unquoted(matcher?.quoted ?? "")).toBe(expected);
        const [odd] = matchersOf({ [`a.${value}`]: "x" });
        expect(unquoted(odd?.label ?? "")).toBe(`a.${expected}`);
      }),
    );
  });
});
