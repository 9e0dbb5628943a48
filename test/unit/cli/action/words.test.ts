import { describe, expect, it } from "vitest";
import { splitWords } from "../../../../src/cli/action/words.ts";
import { shellWord } from "../../../../src/core/text.ts";
import fc from "../../../support/property.ts";

describe("the words of args", () => {
  it.each([
    ["", []],
    ["  \n\t ", []],
    ["--all --only git.*", ["--all", "--only", "git.*"]],
    ["--reason 'two words' x", ["--reason", "two words", "x"]],
    ['--reason "it\'s \\"so\\" \\n"', ["--reason", 'it\'s "so" \\n']],
    ["a\\ b 'c'\"d\"e", ["a b", "cde"]],
    ["--asset=\\\n dist/*", ["--asset=", "dist/*"]],
    ["a\\\r\nb", ["ab"]],
    ["'' \"\"", ["", ""]],
    ["$(rm -rf x) `id` $HOME ~ a;b&c|d>e", ["$(rm", "-rf", "x)", "`id`", "$HOME", "~", "a;b&c|d>e"]],
    ["end\\", ["end\\"]],
  ])("%j", (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  it.each(["'open", 'a "open', "it's"])("a quote that is left open is an error: %s", (text) => {
    expect(() => splitWords(text)).toThrow(/never closed/);
  });

  it("gives back whatever was quoted for a shell", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 })), (words) => {
        expect(splitWords(words.map(shellWord).join(" "))).toEqual(words);
      }),
    );
  });
});
