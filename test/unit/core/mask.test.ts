import { describe, expect, it } from "vitest";
import { encodings, Secrets } from "../../../src/core/mask.ts";
import fc from "../../support/property.ts";

/** Values as they occur: spaces, quotes, newlines, Unicode, markup, URL characters. */
const secret = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(..." '\"\\/&<>+=%?#\n\r\t$`{}[]()|^*.é€😀"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
      fc.constantFrom(..."abcXYZ0189"),
    ),
    minLength: 6,
    maxLength: 60,
  })
  .filter((value) => value.trim().length >= 6);
/** What may stand around a secret; none of it can be part of an encoding. */
const around = fc.constantFrom("", "token: ", "https://host/?q=", "\n", "(", "“", "é", "x=");

function registry(...values: string[]): Secrets {
  const secrets = new Secrets();
  for (const value of values) secrets.add(value);
  return secrets;
}

describe("the masking registry", () => {
  it("hides a value in every encoding, wherever it stands", () => {
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const secrets = registry(value);
        for (const form of encodings(value)) {
          const masked = secrets.mask(before + form + after);
          expect(
            masked.includes(form) && !("***".includes(form) || before.includes(form) || after.includes(form)),
          ).toBe(false);
        }
      }),
    );
  });

  it("hides values that base64 has shifted by their surroundings", () => {
    fc.assert(
      fc.property(
        secret,
        fc.string({ maxLength: 5 }),
        fc.string({ maxLength: 5 }),
        (value, before, after) => {
          const encoded = Buffer.from(before + value + after).toString("base64");
          const decodedAgain = registry(value).mask(encoded);
          // What is left must not decode to the value.
          expect(
            Buffer.from(decodedAgain.replaceAll("***", ""), "base64").toString("utf8").includes(value),
          ).toBe(false);
          expect(decodedAgain).toContain("***");
        },
      ),
    );
  });

  it("hides each of several values that share a prefix, the longest whole", () => {
    const [short, long] = ["prefix-1", "prefix-1-and-more"];
    expect(registry(short, long).mask(`a ${long} b ${short} c`)).toBe("a *** b *** c");
  });

  it("hides a PEM key line by line", () => {
    const body = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj", "AgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4"];
    const pem = [
      "-----BEGIN ",
      "PRIVATE KEY-----\n",
      body.join("\n"),
      "\n-----END ",
      "PRIVATE KEY-----\n",
    ].join("");
    const masked = registry(pem).mask(`log: ${body[1]}\nlog: ${body[0]}`);
    expect(masked).toBe("log: ***\nlog: ***");
  });

  it("leaves text alone in which no value occurs", () => {
    const words = fc.array(
      fc.constantFrom(
        "release",
        "SAFE",
        "git",
        "tag",
        "v1.4.2",
        "prod",
        "{",
        "}",
        "[x]",
        "(a|b)",
        "$1",
        "\\d+",
        ".*",
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(words, (list) => {
        const text = list.join(" ");
        expect(registry("s3cr3t-value", "other/+=value", "(.*)[a-z]{9}").mask(text)).toBe(text);
      }),
    );
  });

  it("masks a short value as a whole word only", () => {
    const secrets = registry("prod");
    expect(secrets.mask("prod product reprod prod-1 (prod) prod.")).toBe(
      "*** product reprod ***-1 (***) ***.",
    );
  });

  it("says whether a value is in a text, whatever its encoding, but for what may be an ordinary word", () => {
    const secrets = new Secrets();
    expect(secrets.isIn("anything")).toBe(false);
    secrets.add("test");
    expect(secrets.isIn("npm test")).toBe(false);
    const value = ["open", "sesame"].join("-");
    secrets.add(value);
    expect(secrets.isIn(`x${value}y`)).toBe(true);
    expect(secrets.isIn(Buffer.from(`user:${value}`).toString("base64"))).toBe(true);
    expect(secrets.isIn("npm test")).toBe(false);
  });

  it("never lets an empty value or white space mask everything", () => {
    expect(registry("", "   ", "\n").mask("a b c")).toBe("a b c");
  });

  it("masks strings inside JSON values and keeps the shape", () => {
    const secrets = registry("hunter2hunter2", "12345");
    expect(secrets.maskDeep({ a: ["x hunter2hunter2"], n: 12345, ok: true, none: null })).toEqual({
      a: ["x ***"],
      n: 12345,
      ok: true,
      none: null,
    });
  });

  it("is linear enough for a megabyte of text and a hundred secrets", () => {
    const secrets = registry(
      ...Array.from({ length: 100 }, (_, i) => `secret-number-${i}-${"x".repeat(20)}`),
    );
    const text = "An ordinary line of log output with nothing in it.\n".repeat(20_000);
    expect(secrets.mask(text)).toBe(text);
  });
});
