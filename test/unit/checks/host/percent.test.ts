import { describe, expect, it } from "vitest";
import { level, size, upsideDown } from "../../../../src/checks/host/percent.ts";

describe("level", () => {
  const limit = { warn: 75, critical: 85 };
  it("counts the limits themselves in", () => {
    expect(level(74.9, limit)).toEqual({ status: "ok", word: "OK", shown: "74.9%" });
    expect(level(75, limit)).toEqual({ status: "warn", word: "WARNING", shown: "75.0%" });
    expect(level(84.9, limit)).toEqual({ status: "warn", word: "WARNING", shown: "84.9%" });
    expect(level(85, limit)).toEqual({ status: "fail", word: "CRITICAL", shown: "85.0%" });
  });
  it("judges the number that is shown", () => {
    expect(level(84.96, limit)).toEqual({ status: "fail", word: "CRITICAL", shown: "85.0%" });
    expect(level(84.94, limit)).toEqual({ status: "warn", word: "WARNING", shown: "84.9%" });
  });
});

describe("limits", () => {
  it("stand in order; the same one for both is no contradiction", () => {
    const ask = (warn: unknown, critical: unknown) => upsideDown({ warn, critical }, ["warn", "critical"]);
    expect([ask(75, 85), ask(85, 85), ask(0, undefined)]).toEqual([undefined, undefined, undefined]);
    expect(ask(90, 85)).toMatchObject({
      option: "warn",
      message: expect.stringContaining("before it warns"),
    });
  });
});

describe("size", () => {
  it("is short", () => {
    const shown = [0, 1, 1023, 1024, 1536, 100 * 1024 ** 2, 1.25 * 1024 ** 3, 3 * 1024 ** 6].map(size);
    expect(shown).toEqual(["0 B", "1 B", "1023 B", "1 KiB", "1.5 KiB", "100 MiB", "1.3 GiB", "3072 PiB"]);
  });
});
