import { describe, expect, it } from "vitest";
import { inline, line } from "../../../../src/release/notes/escape.ts";
import { oneLine } from "../../../../src/release/notes/text.ts";
import fc from "../../../support/property.ts";
import { feed, withProgram } from "../../gate/report/tools.ts";

describe("text from outside in Markdown", () => {
  it.each([
    ["plain words stay", "plain words stay"],
    ["a_b and snake_case_name", "a_b and snake_case_name"],
    ["_emphasis_ and *that*", "\\_emphasis\\_ and \\*that\\*"],
    ["use `parse()` here", "use `parse()` here"],
    ["one ` backtick", "one \\` backtick"],
    ["[link](http://example.com)", "\\[link\\](http\\://example.com)"],
    ["![image](x)", "!\\[image\\](x)"],
    ["<script>", "&lt;script>"],
    ["AT&amp;T", "AT&amp;amp;T"],
    ["this & that", "this & that"],
    ["thanks @everyone", "thanks @&#8203;everyone"],
    ["pkg@1.4.2 and @scope/pkg@1.4.2", "pkg@1.4.2 and @&#8203;scope/pkg@1.4.2"],
    ["a@1.example.com", "a@&#8203;1.example.com"],
    ["dev@example.com", "dev@&#8203;example.com"],
    ["other/project#12", "other/project#&#8203;12"],
    ["fixes #12 for good", "fixes #&#8203;12 for good"],
    ["{{ template }} and ${that}", "{&#8203;{ template }} and \\${that}"],
    ["`{{ template }}`", "\\`{&#8203;{ template }}\\`"],
    ["a | b ~~c~~ $d$", "a \\| b \\~\\~c\\~\\~ \\$d\\$"],
    ["www.example.com", "ww&#8203;w.example.com"],
    ["ported to C #", "ported to C \\#"],
    ["C# and F##", "C# and F##"],
    ["see GH-12 and !45", "see GH-&#8203;12 and !&#8203;45"],
  ])("%s", (text, expected) => {
    expect(inline(text)).toBe(expected);
  });

  it("links an issue of this project where its address is known, and leaves it where it is not", () => {
    const issue = (number: number) => `https://example.com/${number}`;
    expect(inline("see #12", issue)).toBe("see [#12](https://example.com/12)");
    expect(inline("see #12")).toBe("see #12");
    expect(inline("other/project#12 and closes #13", issue)).toBe(
      "other/project#&#8203;12 and closes #&#8203;13",
    );
  });

  it.each([
    ["# heading", "\\# heading"],
    ["- list", "\\- list"],
    ["1. list", "1\\. list"],
    ["1.2.3 is out", "1.2.3 is out"],
    ["> quotation", "\\> quotation"],
    ["=== rule", "\\=== rule"],
  ])("at the start of a line: %s", (text, expected) => {
    expect(line(text)).toBe(expected);
  });
});

withProgram("cmark-gfm", () => {
  const extensions = ["footnotes", "table", "strikethrough", "autolink", "tagfilter", "tasklist"].flatMap(
    (name) => ["-e", name],
  );

  const tree = (markdown: string) => {
    const { code, output } = feed("cmark-gfm", ["-t", "xml", "--unsafe", ...extensions], markdown);
    expect(code).toBe(0);
    return output.replace(/^[\s\S]*?<document[^>]*>|<\/document>\s*$/g, "");
  };
  const shown = (xml: string) =>
    [...xml.matchAll(/<(?:text|code)[^>]*>([^<]*)<\/(?:text|code)>/g)]
      .map(([, text = ""]) => text)
      .join("")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&")
      .replaceAll("\u200b", "");
  const elements = (xml: string) => [...xml.matchAll(/<([a-z_]+)/g)].map(([, name]) => name);

  /** What tempts parsers, among ordinary words. */
  const piece = fc.oneof(
    fc.constantFrom(
      ..."\\ ` `` ``` * ** _ __ [ ] ( ) ![ ](x) < > </b> <!-- --> <a@b.c> & &amp; &#35; &lt; # ## @ @dev-a @everyone ~ ~~ | | --- === + - > 1. 1) http:// https://example.com www. www.example.com mailto:a@b.c a@example.com ftp://x.y [^1] [^1]: [x]: [ ] [x] ${x} {{x}} {%x%} $x$ $$ #12 GH-12 !45 o/n#3 : :x: ! !! \" ' a@1.2.3 a@1.2.3-rc a@1.b.c".split(
        " ",
      ),
    ),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.constantFrom(
      ..."_a_ __a__ *a* **a** ~a~ ~~a~~ `a` ``a`` <a> [a](b) ![a](b) <b>a</b> &lt;a&gt;".split(" "),
    ),
    fc.constantFrom("fix", "the word", "snake_case", "a", "é", " "),
  );
  const text = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => oneLine(pieces.join("")));
  const spaced = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => oneLine(pieces.join(" ")));

  it("shows just the text, and nothing but text and code", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(text, spaced), { minLength: 20, maxLength: 20 }), (texts) => {
        const wanted = texts.filter((one) => one !== "");
        const items = tree(wanted.map((one) => `- ${line(one)} (x)`).join("\n")).split("<item>");
        expect(items).toHaveLength(wanted.length + 1);
        for (const [i, one] of wanted.entries()) {
          const item = items[i + 1] ?? "";
          expect({
            one,
            elements: elements(item).filter((name) => !["text", "code"].includes(name ?? "")),
          }).toEqual({
            one,
            elements: ["paragraph"],
          });
          expect(plainly(shown(item))).toBe(plainly(`${one} (x)`));
        }
      }),
      { numRuns: process.env["CI"] ? 150 : 40 },
    );
  });

  it("shows just the text in a heading, a label and a link too", () => {
    fc.assert(
      fc.property(text, (one) => {
        fc.pre(one !== "" && plainly(one) !== "");
        const xml = tree(
          `## Changes in ${inline(one)}\n\n- **${inline(one)}:** x [${inline(one)}](https://example.com/)`,
        );
        expect(
          elements(xml)
            .filter((name) => name !== "text" && name !== "code")
            .sort(),
        ).toEqual(["heading", "item", "link", "list", "paragraph", "strong"]);
        expect(plainly(shown(xml))).toBe(plainly(`Changes in ${one}${one}: x ${one}`));
      }),
      { numRuns: process.env["CI"] ? 100 : 25, examples: [["##"], ["the end #"]] },
    );
  });

  /** Code spans lose their backticks, and a space at each end; neither matters here. */
  function plainly(said: string): string {
    return said.replace(/[`\s]/g, "").replaceAll("\u200b", "");
  }
});
