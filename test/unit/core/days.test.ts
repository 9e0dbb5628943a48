import { describe, expect, it } from "vitest";
import { parseSpan } from "../../../src/core/days.ts";

describe("a span of days", () => {
  it("is read in every unit", () => {
    expect(parseSpan("30d")).toBe(30 * 86_400_000);
    expect(parseSpan("2w")).toBe(14 * 86_400_000);
    expect(parseSpan("1.5h")).toBe(5_400_000);
    expect(parseSpan(" 12 h ")).toBe(12 * 3_600_000);
    expect(parseSpan("15m")).toBe(parseSpan("15min"));
    expect(parseSpan("90s")).toBe(90_000);
    expect(parseSpan("250ms")).toBe(250);
  });

  it("is none without a unit, without a length, and beyond ten years", () => {
    for (const text of ["", "30", "d", "-1d", "0d", "30 days", "1d1h", "1e3d", "99999d", "NaNd", "30D"])
      expect(parseSpan(text), text).toBeUndefined();
  });
});
