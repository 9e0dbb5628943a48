import { describe, expect, it } from "vitest";
import { askedWindow } from "../../../src/app/ritual-settings.ts";

const hour = 3_600_000;

describe("what a dashboard is looked at for", () => {
  const configured = { dashboard: { from: "2026-11-21T08:00:00Z", to: "2026-11-21T09:00:00Z" } };

  it("is what a flag says, else what the configuration says, else nothing of its own", () => {
    const to = Date.parse("2026-11-21T10:00:00Z");
    expect(askedWindow({ to: "2026-11-21T10:00:00Z" }, configured)).toEqual({
      window: { from: to - hour, to },
      words: "..2026-11-21T10:00:00Z",
    });
    expect(askedWindow({}, configured)).toEqual({
      window: { from: to - 2 * hour, to: to - hour },
      words: "2026-11-21T08:00:00Z..2026-11-21T09:00:00Z",
    });
    expect(askedWindow({}, {})).toEqual({ window: null, words: undefined });
  });

  it("is the same in words, however late it is asked again", () => {
    const { window, words } = askedWindow({}, { dashboard: { from: "now-2h" } });
    expect(words).toBe("now-2h..");
    expect((window?.to ?? 0) - (window?.from ?? 0)).toBe(2 * hour);
  });

  it("is refused where it ends before it begins", () => {
    expect(() => askedWindow({}, { dashboard: { from: "now-1h", to: "now-2h" } })).toThrow(
      expect.objectContaining({
        code: "config-invalid",
        message: "ritual.dashboard: from now-1h to now-2h is no window of time",
      }),
    );
  });
});
