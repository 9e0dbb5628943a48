import { describe, expect, test } from "vitest";
import { columns, cut, pad, wrap } from "../../../../src/gate/report/columns.ts";
import fc from "../../../support/property.ts";

const anyText = fc.string({ unit: "grapheme", maxLength: 200 });

describe("columns of a terminal", () => {
  test.each([
    ["plain", 5],
    ["", 0],
    ["漢字", 4],
    ["한글", 4],
    ["ａｂ", 4],
    ["👩‍👩‍👧‍👦", 2],
    ["🚀x", 3],
    ["👍🏽", 2],
    ["🇩🇪🇫🇷", 4],
    ["⚠️ ⚠", 4],
    ["1️⃣ 12", 5],
    ["e\u0301", 1],
    ["✔ ok", 4],
    ["a\u200bb", 2],
  ])("%s takes %i", (text, expected) => {
    expect(columns(text)).toBe(expected);
  });
});

describe("wrapped text", () => {
  test("is broken at spaces and keeps the spaces at its beginning", () => {
    expect(wrap(" M src/index.ts and more", 12)).toEqual([" M", "src/index.ts", "and more"]);
    expect(wrap(" M src/index.ts", 20)).toEqual([" M src/index.ts"]);
  });

  test("breaks a word that is longer than a line", () => {
    expect(wrap("a 0123456789012", 10)).toEqual(["a", "0123456789", "012"]);
    expect(wrap("漢字漢字漢字", 8)).toEqual(["漢字漢字", "漢字"]);
  });

  test("of nothing is one empty line", () => {
    expect(wrap("", 10)).toEqual([""]);
  });

  test("never is wider than asked and loses nothing but spaces", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 60 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.filter((line) => columns(line) > width)).toEqual([]);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      }),
    );
  });
});

test("cut text fits and shows that it was cut", () => {
  expect(cut("abcdefgh", 5)).toBe("abcd…");
  expect(cut("abcde", 5)).toBe("abcde");
  expect(cut("漢字漢字", 5)).toBe("漢字…");
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: 3, max: 40 }),
      (text, width) => columns(cut(text, width)) <= width,
    ),
  );
});

test("padded text is as wide as asked", () => {
  expect(pad("漢", 4)).toBe("漢  ");
  expect(pad("longer", 4)).toBe("longer");
});
