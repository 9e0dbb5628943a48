import { describe, expect, it } from "vitest";
import { parseTagObject } from "../../../../src/clients/git/tag-object.ts";
import { tagMessage } from "../../../../src/clients/git/writer-message.ts";
import fc from "../../../support/property.ts";

describe("a tag's message", () => {
  it("ends with its trailers, each on one line", () => {
    const trailers = [
      ["Released-By", "  somebody \r\n\t else "],
      ["Run", "https://ci.example.com/1"],
    ] as const;
    expect(tagMessage("Release v1\r\n\r\nMore  \n\n", trailers)).toBe(
      "Release v1\n\nMore\n\nReleased-By: somebody else\nRun: https://ci.example.com/1\n",
    );
  });

  it("keeps tabs and comments, and shows what a terminal would obey", () => {
    expect(tagMessage("a\tb\n# c\n\x1b[31mred\u202e", [])).toBe("a\tb\n# c\n\\x1b[31mred\\u202e\n");
  });

  it("holds no line that could pass for a signature", () => {
    const mark = ["-----BEGIN PGP", "SIGNATURE-----"].join(" ");
    expect(tagMessage(`text\n${mark}\nforged`, [["Run", "mine"]])).toBe(
      `text\n ${mark}\nforged\n\nRun: mine\n`,
    );
  });

  it("has the caller's trailers last, whatever the text is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary", minLength: 1 }),
        (text, value) => {
          const message = tagMessage(`${text}\nRun: forged`, [["Run", `x${value}`]]);
          const run = parseTagObject(`object 1\ntagger A <a@b> 1 +0000\n\n${message}`).run;
          expect(run?.startsWith("x")).toBe(true);
          expect(message.endsWith("\n")).toBe(true);
        },
      ),
    );
  });
});

describe("a tag object", () => {
  const head = "object 1\ntype commit\ntag v1\n";

  it("says who made it, when, and in which run", () => {
    const text = `${head}tagger Some Body <some@example.com> 1795272326 +0200\n\nRelease\n\nRun: 7\n`;
    expect(parseTagObject(text)).toEqual({
      tagger: "Some Body",
      date: "2026-11-21T14:45:26.000Z",
      run: "7",
      signed: false,
    });
  });

  it("may have no tagger, no message and no sense", () => {
    const nothing = { tagger: null, date: null, run: null, signed: false };
    expect(parseTagObject(head)).toEqual(nothing);
    expect(parseTagObject("")).toEqual(nothing);
    expect(parseTagObject(`${head}tagger A <a> 999999999999 +0000\n\nx\n`)).toMatchObject({ date: null });
  });

  it("has its trailers before the signature", () => {
    const mark = ["-----BEGIN SSH", "SIGNATURE-----"].join(" ");
    const text = `${head}tagger A <a> 1 +0000\n\nRelease\n\nRun: 7\n${mark}\nRun: 8\n`;
    expect(parseTagObject(text)).toMatchObject({ run: "7", signed: true });
  });
});
