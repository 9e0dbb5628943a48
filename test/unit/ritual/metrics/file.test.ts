import { describe, expect, it } from "vitest";
import { createReleaseFolder } from "../../../../src/clients/release-folder.ts";
import { type Metrics, readMetrics, writeMetrics } from "../../../../src/ritual/metrics/file.ts";
import { tempFolder } from "../../../support/temp.ts";

const metrics = {
  schema: "release-sentinel/metrics/v1",
  ...{ tag: "v1.2.3", commit: "c".repeat(40), rehearsal: false, madeAt: "2026-11-21T12:00:00.000Z" },
  ...{ dora: {}, points: [], pushed: [], annotation: null },
} as unknown as Metrics;

/** The file is older than its environment: whichever is asked for. */
const about = { tag: "v1.2.3", commit: "c".repeat(40), environment: "prod" };

describe("metrics.json", () => {
  it("is read as it was written", () => {
    const folder = createReleaseFolder(tempFolder());
    expect(readMetrics(folder, about)).toBeNull();
    writeMetrics(folder, about, metrics);
    expect(readMetrics(folder, about)).toEqual(metrics);
  });

  it("is nothing to a release with another tag or commit", () => {
    const folder = createReleaseFolder(tempFolder());
    writeMetrics(folder, about, metrics);
    expect(readMetrics(folder, { ...about, tag: "v1.2.4", commit: "c".repeat(40) })).toBeNull();
    expect(readMetrics(folder, { ...about, tag: "v1.2.3", commit: "d".repeat(40) })).toBeNull();
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"schema":"release-sentinel/metrics/v2"}',
    '{"schema":"release-sentinel/metrics/v1"}',
  ])("is nothing when it holds %j", (text) => {
    const folder = createReleaseFolder(tempFolder());
    folder.write("metrics.json", text);
    expect(readMetrics(folder, about)).toBeNull();
  });
});
