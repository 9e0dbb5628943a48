import { join } from "node:path";
import { makeOwnFolder } from "../../../clients/own-folder.ts";
import { createReleaseFolder, type ReleaseFolder } from "../../../clients/release-folder.ts";
import type { Store } from "../../../clients/stores/store.ts";
import { type Observed, StepFailure } from "../../../core/step.ts";
import { printable } from "../../../core/text.ts";
import { newFile } from "../../../ritual/archive/store-all.ts";
import { type Claimant, type Mark, type Marks, ritualKey } from "../../../ritual/marks.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { RitualContext, RitualStep, StepReport } from "../../../ritual/step.ts";
import {
  logNames,
  logText,
  newLog,
  readLog,
  renderLog,
  type StepRecord,
  type VerificationLog,
  withEarlier,
  writeLog,
} from "../../../ritual/verification.ts";

export interface CompleteWorld {
  readonly marks: Marks;
  readonly who: Claimant;
  /** What became of the steps before, and of this one as far as it is. */
  records(): readonly StepRecord[];
  /** The log goes there, beside the archive. */
  readonly stores: readonly Store[];
  readonly circumstances: Pick<VerificationLog, "actor" | "runUrl" | "tool" | "startedAt">;
}

const name = "complete";
const title = "Write the verification log, and mark the ritual complete";
const largestLog = 4 * 1024 * 1024;

/** The last step: the log of it all, and the mark by which every machine knows that nothing is left to do. */
export function createCompleteStep(world: CompleteWorld): RitualStep {
  const { marks, who, stores } = world;
  const isMark = ({ kind, key }: Mark) => kind === "complete" && key === ritualKey;
  return {
    name,
    title,
    async observe({ release }, signal): Promise<Observed> {
      const mark = (await marks.read(signal)).findLast(isMark);
      if (!mark) return { state: "needed", message: `the ritual of ${release.tag} will be marked complete` };
      if (mark.detail === release.commit)
        return { state: "done", message: `complete since ${printable(mark.at, 40)}` };
      return {
        state: "conflict",
        message: `a ritual of ${release.tag} was completed for another commit (${printable(mark.detail ?? "unknown", 50)}), by ${printable(mark.by, 100)}`,
        remedy: "a tag that was announced must not move: release the change as the next version",
      };
    },
    async preview({ release }) {
      const log = newLog(release, { ...world.circumstances, result: "planned", steps: world.records() });
      const names = logNames(release.tag);
      return [
        { to: `file ${names.markdown}`, type: "text/markdown", body: renderLog(log) },
        { to: `file ${names.json}`, type: "application/json", body: logText(log) },
        ...stores.map((store) => ({
          to: `${store.name}: ${names.markdown}, ${names.json}`,
          type: "text/plain",
          body: "<both files, beside the archive>",
        })),
        { to: marks.where, type: "application/json", body: JSON.stringify(completeMark(who, release)) },
      ];
    },
    async run({ release, folder }, signal): Promise<StepReport> {
      await settleLog(world, { release, folder }, signal);
      const names = logNames(release.tag);
      for (const store of stores) {
        for (const file of [names.json, names.markdown])
          await store.put(await newFile(folder, file, file, signal), signal);
      }
      await marks.append(completeMark(who, release), (all) => !all.some(isMark), signal);
      return {
        message: `verification log ${names.markdown} written, ${release.tag} marked complete (${marks.where})`,
        excerpt: [
          `log: ${join(folder.path, names.markdown)}`,
          ...stores.map((store) => `kept in ${store.name}`),
        ].join("\n"),
      };
    },
  };
}

function completeMark({ by, run }: Claimant, { commit }: RitualRelease): Mark {
  return { kind: "complete", key: ritualKey, at: new Date().toISOString(), by, run, detail: commit };
}

/** The log of a whole ritual: that of the folder or a store, where an earlier run came as far as that, else a new one. */
async function settleLog(
  world: CompleteWorld,
  { release, folder }: Pick<RitualContext, "release" | "folder">,
  signal: AbortSignal,
): Promise<void> {
  if (hasEnded(readLog(folder, release))) return;
  const { json } = logNames(release.tag);
  for (const store of world.stores) {
    if ((await store.stat(json, signal)) === null) continue;
    const kept = await fetched(store, json, release, signal);
    if (kept !== null && hasEnded(kept)) return writeLog(folder, kept);
    throw new StepFailure(
      `${printable(store.name, 200)} has another ${json} already`,
      "see whose it is, and remove it there by hand",
      true,
    );
  }
  writeLog(folder, draft(world, release, folder));
}

/** A store's log, fetched to a place of its own: here there may be that of a run that did not come to the end. */
async function fetched(
  store: Store,
  json: string,
  release: RitualRelease,
  signal: AbortSignal,
): Promise<VerificationLog | null> {
  const place = makeOwnFolder();
  try {
    await store.get(json, join(place.path, json), largestLog, signal);
    return readLog(createReleaseFolder(place.path), release);
  } finally {
    place.remove();
  }
}

function hasEnded(log: VerificationLog | null): boolean {
  return log?.result === "completed";
}

/** The log as it is when this step has done its work. */
function draft(world: CompleteWorld, release: RitualRelease, folder: ReleaseFolder): VerificationLog {
  const startedAt = new Date().toISOString();
  const last = { message: "this log was written", outcome: "did", startedAt, durationMs: 0 } as const;
  const records = world.records().map((record) => (record.name === name ? { ...record, ...last } : record));
  const steps = withEarlier(records, readLog(folder, release));
  return newLog(release, { ...world.circumstances, result: "completed", steps });
}
