import { describe, expect, test } from "vitest";
import { ageText, parseAge } from "../../../src/attest/age.ts";

describe("an age", () => {
  test.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["30 min", 1_800_000],
    ["12h", 43_200_000],
    ["90d", 7_776_000_000],
    ["2w", 1_209_600_000],
  ])("is read from %s", (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });

  test.each(["", "30", "0m", "-5m", "1.5h", "5 years", "1e3s", "9999999d", "m"])("is not %j", (text) => {
    expect(parseAge(text)).toBeUndefined();
  });

  test.each([
    [0, "0 s"],
    [1, "1 s"],
    [59_000, "59 s"],
    [60_001, "2 min"],
    [3_600_000, "1 h"],
    [47 * 3_600_000, "47 h"],
    [48 * 3_600_000, "2 d"],
  ])("of %d ms is said as %s", (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });
});
