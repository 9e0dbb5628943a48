import { dirname } from "node:path";
import { expect } from "vitest";
import type { ReleaseFolder } from "../../../../../src/clients/release-folder.ts";
import type { Store } from "../../../../../src/clients/stores/store.ts";
import { StepFailure } from "../../../../../src/core/step.ts";
import { type ArchiveStepWorld, createArchiveStep } from "../../../../../src/flows/ritual/steps/archive.ts";
import type { ArchiveSettings } from "../../../../../src/ritual/archive/settings.ts";
import type { Mark } from "../../../../../src/ritual/marks.ts";
import type { RitualRelease } from "../../../../../src/ritual/release.ts";
import type { RitualContext, RitualStep } from "../../../../../src/ritual/step.ts";
import { tempFolder } from "../../../../support/temp.ts";
import { including, release, releaseFolder } from "../../../ritual/archive/world.ts";

export interface Machine {
  readonly step: RitualStep;
  readonly context: RitualContext;
}

export function machine(
  stores: readonly Store[],
  settings: ArchiveSettings = {},
  {
    folder = releaseFolder(),
    root = tempFolder(),
    of = release,
    folders = dirname(folder.path),
    told = [],
  }: {
    folder?: ReleaseFolder;
    root?: string;
    of?: RitualRelease;
    folders?: string;
    /** The marks that all machines see. */
    told?: Mark[];
  } = {},
): Machine {
  const { matcher, holdsSecret } = including(root, []);
  const marks: ArchiveStepWorld["marks"] = {
    read: async () => told,
    async append(mark, allowed) {
      if (!allowed(told)) return null;
      told.push(mark);
      return told;
    },
  };
  const who = { by: "ada", run: "run-1" };
  const step = createArchiveStep({ settings, stores, root, folders, matcher, holdsSecret, marks, who });
  return { step, context: { release: of, folder, emit: () => {} } };
}

export function down(name = "server https://down.example"): Store {
  const refuse = () =>
    Promise.reject(new StepFailure(`${name}: connection refused`, "see that it can be reached"));
  return { name, stat: refuse, put: refuse, get: refuse, list: refuse, remove: refuse, prove: refuse };
}

export async function failureOf(work: Promise<unknown>): Promise<StepFailure> {
  return work.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error as StepFailure,
  );
}

export const tar = "release-v1.2.3.tar.gz";
export const card = "release-v1.2.3.json";
