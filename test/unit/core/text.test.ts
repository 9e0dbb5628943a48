import { describe, expect, it } from "vitest";
import {
  duration,
  nearest,
  posixWord,
  printable,
  shellWord,
  showUrl,
  windowsWord,
} from "../../../src/core/text.ts";
import fc from "../../support/property.ts";

describe("printable", () => {
  it("turns control characters, escapes and bidirectional overrides into visible text", () => {
    expect(printable("a\u001b[31mb\nc\u202ed\u0000")).toBe("a\\x1b[31mb\\nc\\u202ed\\x00");
  });
  it("cuts what is too long and says how long it was", () => {
    expect(printable("x".repeat(10), 4)).toBe("xxxx… (10 characters)");
  });
  it("answers one line without control characters for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) =>
        /^[^\u0000-\u001f\u007f-\u009f]*$/.test(printable(text)),
      ),
    );
  });
});

describe("showUrl", () => {
  it.each([
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["https://api.example.com/health", "https://api.example.com/health"],
    ["https://user:pw@host/x?key=abc&flag#top", "https://***@host/x?key=***&***#top"],
    ["https://a@b:c@host/", "https://***@host/"],
    ["not a url", "not a url"],
    ["https://host/?a=b=c", "https://host/?a=***"],
  ])("shows %s as %s", (url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });
});

describe("nearest", () => {
  it.each([
    ["alow", ["allow", "remote"], "allow"],
    ["prodution", ["dev", "stage", "production"], "production"],
    ["git.cleen", ["git.clean", "git.branch"], "git.clean"],
    ["production", ["dev", "stage", "prod"], "prod"],
    ["xyz", ["allow", "remote"], undefined],
  ])("%s of %j is %s", (typed, candidates, meant) => {
    expect(nearest(typed, candidates)).toBe(meant);
  });
});

describe("small words", () => {
  it("writes durations for people", () => {
    expect([250, 3000, 1500, 120_000].map(duration)).toEqual(["250 ms", "3 s", "1.5 s", "2 min"]);
  });
  it("quotes shell words", () => {
    expect([posixWord("a/b"), posixWord("it's")]).toEqual(["a/b", `'it'\\''s'`]);
    expect(["a b", "git.*"].map(shellWord)).toEqual(
      ["a b", "git.*"].map(process.platform === "win32" ? windowsWord : posixWord),
    );
  });
  it("quotes for cmd and PowerShell at once", () => {
    const words = ["C:\\shop\\gate.xml", "C:\\my shop\\", "a,b", "@me", 'say "no"', "git.*"];
    expect(words.map(windowsWord)).toEqual([
      "C:\\shop\\gate.xml",
      '"C:\\my shop\\\\"',
      '"a,b"',
      '"@me"',
      '"say ""no"""',
      '"git.*"',
    ]);
  });
  it("leaves out what cmd or PowerShell would run or replace between double quotes", () => {
    const words = ["$(calc)@1.2.3", "a`n;calc", "%CMDCMDLINE:~-1%&calc", "a\u201d;calc;\u201cb", "a\ncalc"];
    expect(words.map(windowsWord)).toEqual([
      '"…(calc)@1.2.3"',
      '"a…n;calc"',
      '"…CMDCMDLINE:~-1…&calc"',
      '"a…;calc;…b"',
      '"a…calc"',
    ]);
    expect(windowsWord("http://127.0.0.1/a%20b?x&y")).toBe('"http://127.0.0.1/a%20b?x&y"');
  });
});
