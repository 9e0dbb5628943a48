import type { ReleaseFolder } from "../clients/release-folder.ts";
import type { Store } from "../clients/stores/store.ts";
import type { ConfigFile } from "../config/file.ts";
import { createArchiveStep } from "../flows/ritual/steps/archive.ts";
import { createCompleteStep } from "../flows/ritual/steps/complete.ts";
import type { StepName } from "../flows/ritual.ts";
import { restoreFolder } from "../ritual/archive/restore.ts";
import type { ArchiveSettings } from "../ritual/archive/settings.ts";
import type { Claimant, Marks } from "../ritual/marks.ts";
import type { RitualRelease } from "../ritual/release.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { RitualStep } from "../ritual/step.ts";
import type { StepRecord, VerificationLog } from "../ritual/verification.ts";
import type { Job } from "./job.ts";
import { createMatcher } from "./matcher.ts";
import type { RitualAsked } from "./ritual.ts";
import type { ForgeOrNot } from "./ritual-integrity.ts";

/** Everything that is known when the steps are made. */
export interface RitualWorld {
  readonly job: Job;
  readonly asked: RitualAsked;
  readonly settings: RitualSettings;
  readonly config: ConfigFile;
  /** Top of the work tree. */
  readonly root: string;
  readonly release: RitualRelease;
  readonly folder: ReleaseFolder;
  readonly forge: ForgeOrNot;
  readonly marks: Marks;
}

interface Run {
  readonly who: Claimant;
  records(): readonly StepRecord[];
  readonly circumstances: Pick<VerificationLog, "actor" | "runUrl" | "tool" | "startedAt">;
}

/** The tool's own steps with their clients, and what brings a folder back that another machine has filled. */
export async function toolSteps(
  world: RitualWorld,
  run: Run,
): Promise<{ steps: Record<StepName, RitualStep>; restore: (signal: AbortSignal) => Promise<void> }> {
  const { job, settings, root, release, folder, marks } = world;
  const archive = (settings["archive"] ?? {}) as ArchiveSettings;
  const stores: readonly Store[] = [];
  const matcher = createMatcher();
  const steps = {
    archive: createArchiveStep({
      settings: archive,
      stores,
      root,
      matcher: (glob) => matcher(glob),
      holdsSecret: (text) => job.secrets.mask(text) !== text,
    }),
    complete: createCompleteStep({ marks, stores, ...run }),
  };
  return {
    steps: steps as unknown as Record<StepName, RitualStep>,
    async restore(signal) {
      const { message, warnings } = await restoreFolder(stores, folder, release, signal);
      const tell = (level: "info" | "warning", text: string) =>
        job.emit({ type: "notice", level, from: "release-sentinel.ritual", message: text });
      if (message !== null) tell("info", message);
      for (const warning of warnings) tell("warning", warning);
    },
  };
}
