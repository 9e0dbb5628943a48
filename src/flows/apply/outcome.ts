import type { StepResult } from "../../core/plan.ts";
import type { Reason } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Change, DeployPlan, ImageUse } from "../../deploy/driver.ts";

/** How a run of `apply`, `rollback` or `pin` ended. */
export type DeployEnd =
  /** The new version is there and well. */
  | "deployed"
  /** It was there and well already. Nothing was changed. */
  | "already"
  /** A dry run: this is what would be done. */
  | "planned"
  /** The gate, the place as it is, or another deploy does not allow it. Nothing was changed. */
  | "blocked"
  /** The gate warns, and nobody said that warnings are allowed. Nothing was changed. */
  | "withheld"
  /** What had to be known first could not be found out, or is not well. Nothing was changed. */
  | "critical"
  /** It failed before anything was applied. */
  | "nothing-applied"
  /** It failed, and what was there before is there again, and well. */
  | "rolled-back"
  /** It failed, and so did the way back: a person must act. */
  | "roll-back-failed"
  /** The new version is there; whether it is well could not be found out. */
  | "unproven"
  /** What was asked for is there and well, and that could not be written down at the place. */
  | "unrecorded"
  /** Somebody else has the lock now: we have stopped in the middle. */
  | "lock-lost"
  /** `rollback`: what was good before is there again, and well. */
  | "returned"
  /** `pin`: that image is there, and well. */
  | "pinned";

/** What `apply`, `rollback` and `pin` answer; its JSON form. Fields are added, never renamed. */
export interface DeployOutcome {
  readonly schema: "release-sentinel/deploy/v1";
  readonly command: DeployCommand;
  readonly outcome: DeployEnd;
  readonly exitCode: 0 | 1 | 2;
  /** The sentence that ends the run. */
  readonly message: string;
  /** Why it did not end as was asked: every reason. */
  readonly reasons: readonly Reason[];
  readonly environment: string;
  /** What was to be put there: a version, or an image. */
  readonly version: string;
  readonly commit: string | null;
  /** Of this run, as the place remembers it; null where it did not come to that. */
  readonly run: string | null;
  /** What ran before, if known. */
  readonly from: string | null;
  /** What runs now, as far as this run knows: null where it does not. */
  readonly running: string | null;
  readonly target: DeployPlan["target"] | null;
  readonly wayBack: Pick<DeployPlan["wayBack"], "state" | "message"> | null;
  readonly changes: readonly Pick<Change, "subject" | "action">[];
  readonly images: readonly ImageUse[];
  readonly steps: readonly StepResult[];
  /** Commands that show and mend what is there, where the way back has failed. */
  readonly byHand: readonly string[];
  /** The command that goes on from here, where something was begun and not ended. */
  readonly resume: string | null;
  readonly allowWarnings: boolean;
  /** Why something unusual was allowed. */
  readonly reason: string | null;
  /** Null where the gate was not asked. */
  readonly verdict: Verdict | null;
}

export type DeployCommand = "apply" | "rollback" | "pin";

export const exitCodes: Readonly<Record<DeployEnd, 0 | 1 | 2>> = {
  deployed: 0,
  already: 0,
  planned: 0,
  returned: 0,
  pinned: 0,
  blocked: 1,
  withheld: 1,
  critical: 2,
  "nothing-applied": 2,
  "rolled-back": 2,
  "roll-back-failed": 2,
  unproven: 2,
  unrecorded: 2,
  "lock-lost": 2,
};

/** How the sentences begin that each command says in its own words: people search logs for them. */
const beginnings = {
  blocked: { apply: "Deploy BLOCKED:", rollback: "Roll back BLOCKED:", pin: "Pin BLOCKED:" },
  critical: {
    apply: "Deploy BLOCKED (CRITICAL):",
    rollback: "Roll back BLOCKED (CRITICAL):",
    pin: "Pin BLOCKED (CRITICAL):",
  },
  "nothing-applied": {
    apply: "Deploy FAILED, nothing was applied:",
    rollback: "Roll back FAILED, nothing was changed:",
    pin: "Pin FAILED, nothing was applied:",
  },
  "rolled-back": {
    apply: "Deploy FAILED, rolled back to",
    rollback: "Roll back FAILED, rolled back to",
    pin: "Pin FAILED, rolled back to",
  },
  "roll-back-failed": {
    apply: "Deploy FAILED, roll back FAILED:",
    rollback: "Roll back FAILED:",
    pin: "Pin FAILED, roll back FAILED:",
  },
  unproven: { apply: "Deploy UNPROVEN:", rollback: "Roll back UNPROVEN:", pin: "Pin UNPROVEN:" },
  unrecorded: { apply: "Deploy UNRECORDED:", rollback: "Roll back UNRECORDED:", pin: "Pin UNRECORDED:" },
  "lock-lost": {
    apply: "Deploy STOPPED: the lock is not ours any more:",
    rollback: "Roll back STOPPED: the lock is not ours any more:",
    pin: "Pin STOPPED: the lock is not ours any more:",
  },
} as const;

export interface Told {
  readonly command: DeployCommand;
  readonly environment: string;
  readonly version: string;
  readonly from: string | null;
  /** What stands after the colon. */
  readonly why: string;
}

/** The stable sentences: `Deployed v1.4.2 to prod: web 3 of 3 ready`. */
export function sentence(end: DeployEnd, told: Told): string {
  const [version, environment] = [shown(told.version), shown(told.environment)];
  const { why, command } = told;
  switch (end) {
    case "deployed":
      return `Deployed ${version} to ${environment}: ${why}`;
    case "returned":
      return `Rolled back ${environment} to ${version}: ${why}`;
    case "pinned":
      return `Pinned ${environment} to ${version}: ${why}`;
    case "already":
      return `${version} is already on ${environment}, healthy`;
    case "planned":
      return command === "apply"
        ? `Deploy of ${version} to ${environment} is planned; nothing was changed`
        : `${command === "pin" ? "Pin" : "Roll back"} of ${environment} to ${version} is planned; nothing was changed`;
    case "withheld":
      return "Deploy WITHHELD: the gate is SAFE with warnings, and nothing was changed";
    case "rolled-back":
      return `${beginnings[end][command]} ${told.from === null ? "what was there before" : shown(told.from)}: ${why}`;
    case "unproven":
      return `${beginnings[end][command]} ${version} is applied, and it could not be found out whether it is well: ${why}`;
    case "unrecorded":
      return `${beginnings[end][command]} ${version} is up and well, and that could not be written down: ${why}`;
    default:
      return `${beginnings[end][command]} ${why}`;
  }
}

function shown(text: string): string {
  return printable(text, 200);
}
