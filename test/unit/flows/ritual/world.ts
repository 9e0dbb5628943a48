import { join } from "node:path";
import { createReleaseFolder } from "../../../../src/clients/release-folder.ts";
import type { SentinelEvent } from "../../../../src/core/event.ts";
import { StepFailure } from "../../../../src/core/step.ts";
import type { RitualOutcome } from "../../../../src/flows/ritual/outcome.ts";
import type { Lease, Prepared, Refusal, RitualRun } from "../../../../src/flows/ritual/run.ts";
import { ritual, type StepName, stepNames } from "../../../../src/flows/ritual.ts";
import type { IntegrityFinding } from "../../../../src/ritual/integrity/model.ts";
import type { RitualRelease } from "../../../../src/ritual/release.ts";
import type { RitualStep } from "../../../../src/ritual/step.ts";
import type { StepRecord } from "../../../../src/ritual/verification.ts";
import { tempFolder } from "../../../support/temp.ts";

export const release: RitualRelease = {
  tag: "v1.2.3",
  rehearsal: false,
  commit: "c".repeat(40),
  tagObject: "a".repeat(40),
  taggedAt: "2026-11-21T10:00:00Z",
  previous: null,
  remote: "origin",
  repository: "acme/shop",
  project: "github.com/acme/shop",
  url: null,
  environment: "prod",
  deployed: { from: 0, to: 1 },
  window: { from: 0, to: 1 },
};

export const fine: readonly IntegrityFinding[] = [
  { question: "tag.annotated", status: "ok", message: "v1.2.3 is annotated" },
];

/** A step whose work is a file in the release's folder. */
export function fileStep(name: string, over: Partial<RitualStep> = {}): RitualStep {
  return {
    name,
    title: `Write ${name}`,
    observe: async ({ folder }) =>
      folder.read(`${name}.txt`) === null
        ? { state: "needed", message: `${name}.txt will be written` }
        : { state: "done", message: `${name}.txt is there` },
    preview: async () => [{ to: `file ${name}.txt`, type: "text/plain", body: name }],
    async run({ folder }) {
      folder.write(`${name}.txt`, name);
      return { message: `${name}.txt written`, excerpt: `one line of ${name}` };
    },
    ...over,
  };
}

export function failing(message: string, remedy?: string): Partial<RitualStep> {
  return {
    run: async () => {
      throw new StepFailure(message, remedy);
    },
  };
}

export interface TestWorld {
  readonly folder: ReturnType<typeof createReleaseFolder>;
  readonly events: SentinelEvent[];
  readonly leases: string[];
  readonly kept: { records: readonly StepRecord[]; outcome: RitualOutcome }[];
  steps: readonly RitualStep[];
  findings: readonly IntegrityFinding[];
  release: RitualRelease | null;
  lease: () => Promise<Lease | Refusal>;
  unmoved: () => Promise<void>;
  run(over?: Partial<RitualRun>): Promise<RitualOutcome>;
}

/** A ritual of small real steps in a real folder. */
export function ritualWorld(over: Partial<Record<StepName, Partial<RitualStep>>> = {}): TestWorld {
  const world: TestWorld = {
    folder: createReleaseFolder(join(tempFolder(), "release-v1.2.3")),
    events: [],
    leases: [],
    kept: [],
    steps: stepNames.map((name) => fileStep(name, over[name])),
    findings: fine,
    release,
    lease: async () => ({
      held: true,
      signal: new AbortController().signal,
      renew: async () => void world.leases.push("renewed"),
      release: async () => void world.leases.push("released"),
    }),
    unmoved: async () => {},
    run: (asked = {}) =>
      ritual({
        tag: "v1.2.3",
        rehearsal: false,
        environment: "prod",
        dryRun: false,
        only: [],
        from: undefined,
        resume: "release-sentinel ritual --tag v1.2.3",
        emit: (event) => void world.events.push(event),
        signal: new AbortController().signal,
        names: world.steps.map(({ name }) => name),
        validate: async () => ({ release: world.release, findings: world.findings }),
        prepare: async (found): Promise<Prepared> => ({
          context: { release: found, folder: world.folder, emit: (event) => void world.events.push(event) },
          steps: world.steps,
          marks: "this machine only",
          takeLease: () => world.lease(),
          unmoved: () => world.unmoved(),
          keep: (records, outcome) => void world.kept.push({ records, outcome }),
        }),
        ...asked,
      }),
  };
  return world;
}

export function outcomes(outcome: RitualOutcome): Record<string, string> {
  return Object.fromEntries(outcome.steps.map(({ name, outcome: what }) => [name, what]));
}
