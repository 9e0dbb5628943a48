import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "../../../src/app/job.ts";
import { marksFor } from "../../../src/app/ritual-marks.ts";
import type { RitualRelease } from "../../../src/ritual/release.ts";
import type { RitualSettings } from "../../../src/ritual/settings.ts";
import { gitEnv, repository } from "../../support/repository.ts";

const never = new AbortController().signal;

function marks(root: string, settings: RitualSettings, dryRun: boolean) {
  const job = {
    ...{ env: gitEnv, emit: () => {}, clients: { readers: { ci: { name: null } } } },
    secrets: { mask: (text: string) => text },
  } as unknown as Job;
  const release = { tag: "v1.2.3", remote: "origin" } as RitualRelease;
  const made = marksFor(job, settings, { root, commonDir: join(root, ".git"), home: null, release, dryRun });
  onTestFinished(() => made.close());
  return made;
}

const mark = {
  kind: "sent",
  key: "broadcast/slack",
  at: "2026-11-21T10:00:00.000Z",
  by: "ada",
  run: "1",
} as const;

describe.each([[{}], [{ marks: "local" }]] as [RitualSettings][])("a dry run's marks with %j", (settings) => {
  it("leave nothing in a clone", async () => {
    const { path } = repository({ origin: true });
    const dry = marks(path, settings, true);
    expect(await dry.read(never)).toEqual([]);
    await dry.prove(never);
    expect(existsSync(join(path, ".git", "release-sentinel"))).toBe(false);
  });

  it("are read in a clone that cannot be written", async () => {
    const { path } = repository({ origin: true });
    writeFileSync(join(path, ".git", "release-sentinel"), "no folder can be made here");
    expect(await marks(path, settings, true).read(never)).toEqual([]);
  });

  it("are those that a run before has written", async () => {
    const { path } = repository({ origin: true });
    await marks(path, settings, false).append(mark, () => true, never);
    expect(await marks(path, settings, true).read(never)).toEqual([mark]);
  });
});
