import type { PlannedStep, StepResult } from "../../core/plan.ts";
import type { Reason } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { ChangeSummary } from "../../release/notes/index.ts";

/** How a run of `release` ended. */
export type ReleaseEnd =
  /** Everything is done, and this run did some of it. */
  | "released"
  /** Everything was done already. */
  | "complete"
  /** A dry run: this is what would be done. */
  | "planned"
  /** The gate, or the world as it is, does not allow it. Nothing was changed. */
  | "blocked"
  /** The gate warns, and nobody said that warnings are allowed. Nothing was changed. */
  | "withheld"
  /** The gate, or what the steps need to know, could not be found out. Nothing was changed. */
  | "critical"
  /** A step failed, or the run was interrupted: the same command goes on from there. */
  | "stalled";

/** What `release` answers; its JSON form. Fields are added, never renamed. */
export interface ReleaseOutcome {
  readonly schema: "release-sentinel/release/v1";
  readonly outcome: ReleaseEnd;
  readonly exitCode: 0 | 1 | 2;
  /** The sentence that ends the run. */
  readonly message: string;
  /** Why it is not done: every reason. Empty when it is. */
  readonly reasons: readonly Reason[];
  readonly environment: string;
  readonly version: string;
  readonly commit: string | null;
  /** Whether it was said that warnings do not matter. */
  readonly allowWarnings: boolean;
  /** The command that goes on where a stalled run ended. */
  readonly resume: string | null;
  /** Web address of the forge's release, once there is one. */
  readonly url: string | null;
  readonly verdict: Verdict;
  readonly plan: readonly PlannedStep[];
  readonly steps: readonly StepResult[];
  readonly summary: ChangeSummary | null;
}

export const exitCodes: Readonly<Record<ReleaseEnd, 0 | 1 | 2>> = {
  released: 0,
  complete: 0,
  planned: 0,
  blocked: 1,
  withheld: 1,
  critical: 2,
  stalled: 2,
};

/** The stable sentences. Done, nothing to do and stalled are three different things. */
export const sentences = {
  released: (version: string) => `Release ${shown(version)} completed successfully`,
  complete: (version: string) => `Release ${shown(version)} is already complete: nothing to do`,
  planned: (version: string) => `Release ${shown(version)} is planned; nothing was changed`,
  blocked: (why: string) => `Release BLOCKED (policy): ${why}`,
  critical: (why: string) => `Release BLOCKED (CRITICAL): ${why}`,
  withheld: (version: string) =>
    `Release ${shown(version)} WITHHELD: the gate is SAFE with warnings, and nothing was changed`,
  stalled: (version: string, step: string, why: string) =>
    `Release ${shown(version)} STALLED at ${step}: ${why}`,
} as const;

function shown(version: string): string {
  return printable(version, 100);
}
