import { describe, expect, it } from "vitest";
import { actionOf, choiceWords, readChoices, toolRefOf } from "../../../src/scaffold/choices.ts";
import { bodyOf, digestOf, readHeader, withHeader } from "../../../src/scaffold/header.ts";
import fc from "../../support/property.ts";

const by = {
  args: ["--template", "gate", "--env", "prod", "--skip", ".github/workflows/a.yml,b"],
  version: "0.1.0",
};
const styles = ["#", "//", "<!--"] as const;

describe("a generated file's header", () => {
  it("is read again, and the rest is as it was, whatever the text and the line ends", () => {
    const text = fc.array(fc.string({ unit: "grapheme" }).filter((line) => !/[\r\n]|Written by/.test(line)));
    fc.assert(
      fc.property(text, fc.constantFrom(...styles), fc.boolean(), (lines, style, crlf) => {
        const body = lines.map((line) => `${line}\n`).join("");
        const written = withHeader(body, style, by);
        const there = crlf ? written.replaceAll("\n", "\r\n") : written;
        expect(readHeader(there)).toEqual({ ...by, digest: digestOf(body) });
        expect(bodyOf(there)).toBe(body.replace(/^\ufeff/, ""));
      }),
    );
  });

  it("is a key of JSON, which stays JSON", () => {
    const body = '{\n  "name": "policy"\n}\n';
    const written = withHeader(body, "json", by);
    expect(JSON.parse(written)).toMatchObject({ name: "policy" });
    expect([bodyOf(written), readHeader(written)?.digest]).toEqual([body, digestOf(body)]);
  });

  it("is none of a file that only speaks of init", () => {
    expect(readHeader("# Written by: me\nrelease-sentinel init\n")).toBeUndefined();
    expect(readHeader("")).toBeUndefined();
  });

  it("tells what was chosen, and nothing that could not have been", () => {
    const choices = {
      template: "release",
      environment: "prod",
      branch: "release/1.x",
      ci: "gitlab",
      versions: "plain",
      action: "https://git.example.com/tools/rs.git@v0.1.0",
      previews: true,
      skip: ["a.yml", "b.yml"],
    } as const;
    expect(readChoices(choiceWords(choices))).toEqual(choices);
    const pinned = `acme/rs@${"c3".repeat(20)}`;
    for (const action of [pinned, `${pinned}#v0.1.0`, "acme/rs@v0.1.0"]) {
      const ref = toolRefOf(action);
      expect(ref && actionOf(ref)).toBe(action);
    }
    expect(readChoices(["--template", "x", "--env", "a;b", "--branch", "--ci", "--action", "x@-y"])).toEqual(
      {},
    );
  });
});
