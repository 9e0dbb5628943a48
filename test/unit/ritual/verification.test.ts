import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../src/clients/release-folder.ts";
import {
  readLog,
  renderLog,
  type StepRecord,
  type VerificationLog,
  withEarlier,
  writeLog,
} from "../../../src/ritual/verification.ts";
import { parseMoment, windowOf } from "../../../src/ritual/window.ts";
import { tempFolder } from "../../support/temp.ts";
import { release } from "../flows/ritual/world.ts";

const step = (name: string, over: Partial<StepRecord> = {}): StepRecord => ({
  ...{ name, title: name, outcome: "did", message: "done", startedAt: null, durationMs: null },
  ...{ warnings: [], excerpt: null, links: [] },
  ...over,
});

const log = (steps: readonly StepRecord[]): VerificationLog => ({
  schema: "release-sentinel/ritual-log/v1",
  ...{ tag: release.tag, rehearsal: false, commit: release.commit, tagObject: release.tagObject },
  ...{ environment: "prod", url: null, result: "completed", actor: "alice", runUrl: null, tool: "1.0.0" },
  ...{ startedAt: "2026-11-21T10:00:00Z", endedAt: "2026-11-21T10:01:00Z", steps },
});

describe("the verification log", () => {
  it("stays a table and plain text, whatever is said in it", () => {
    const hostile = "a | b\n# c <script>alert(1)</script> [x](javascript:1) `d`";
    const text = renderLog(
      log([
        step(hostile, {
          message: hostile,
          warnings: [hostile],
          excerpt: `${hostile}\n\`\`\`\nend`,
          links: [{ label: hostile, url: "https://example.com/" }],
        }),
      ]),
    );
    const [table = "", section = ""] = text.split(/^## /m);
    expect(
      table
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .every((line) => !/(?<!\\)[<[`]/.test(line)),
    ).toBe(true);
    expect(section).toContain("\n````text\n");
    expect(section).toContain("\n````\n");
  });

  it("has no empty block for a step that had nothing to show", () => {
    expect(renderLog(log([step("changelog", { excerpt: "" })]))).not.toContain("```");
  });

  it("is read back for its own commit only, and what is none is none", () => {
    const folder = createReleaseFolder(join(tempFolder(), "r"));
    expect(readLog(folder, release)).toBeNull();
    writeLog(folder, log([step("probe")]));
    expect(readLog(folder, release)?.steps).toHaveLength(1);
    expect(readLog(folder, { ...release, commit: "d".repeat(40) })).toBeNull();
    folder.write("VERIFICATION-v1.2.3.json", "{cut of");
    expect(readLog(folder, release)).toBeNull();
  });

  it("keeps what an earlier run has done", () => {
    const before = log([
      step("probe", { durationMs: 7, excerpt: "12 panels" }),
      step("archive", { outcome: "failed" }),
    ]);
    const now = [
      step("probe", { outcome: "was-done" }),
      step("archive", { outcome: "was-done" }),
      step("broadcast"),
    ];
    expect(withEarlier(now, before).map(({ durationMs, outcome }) => [outcome, durationMs])).toEqual([
      ["did", 7],
      ["was-done", null],
      ["did", null],
    ]);
  });
});

describe("a window of time", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  it("is read as people write moments", () => {
    expect(parseMoment("now", now)).toBe(now);
    expect(parseMoment("now-1h", now)).toBe(now - 3_600_000);
    expect(parseMoment("now - 2d", now)).toBe(now - 2 * 86_400_000);
    expect(parseMoment("2026-11-21T10:00:00Z", now)).toBe(now - 2 * 3_600_000);
    expect(parseMoment("1763715600000", now)).toBe(1_763_715_600_000);
    for (const text of ["archive", "now-", "now-1y", "12:00", "2026-11-21T10:00", "", "-1"])
      expect(parseMoment(text, now), text).toBeUndefined();
  });

  it("begins before it ends, an hour before where that is not said, and is none where nothing is", () => {
    expect(windowOf({}, now)).toBeNull();
    expect(windowOf({ from: "now-2h" }, now)).toEqual({ from: now - 7_200_000, to: now });
    expect(windowOf({ to: "now-1h" }, now)).toEqual({ from: now - 7_200_000, to: now - 3_600_000 });
    expect(windowOf({ from: "now-1h", to: "now-2h" }, now)).toBeUndefined();
    expect(windowOf({ from: "yesterday" }, now)).toBeUndefined();
  });
});
