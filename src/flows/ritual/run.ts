import type { Emit } from "../../core/event.ts";
import type { ReleaseReading } from "../../ritual/integrity/model.ts";
import type { RitualRelease } from "../../ritual/release.ts";
import type { RitualContext, RitualStep } from "../../ritual/step.ts";
import type { StepRecord } from "../../ritual/verification.ts";
import type { RitualOutcome } from "./outcome.ts";

/** What a ritual is asked, and how its parts are found. */
export interface RitualRun {
  readonly tag: string;
  readonly rehearsal: boolean;
  readonly environment: string | null;
  readonly dryRun: boolean;
  /** Names of the only steps that are asked for; empty: all. */
  readonly only: readonly string[];
  /** The first step that is asked for. */
  readonly from: string | undefined;
  /** The command that goes on from where this run ends, ready to type. */
  readonly resume: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Every step's name, in order. */
  readonly names: readonly string[];
  /** The gatekeeper: is there such a release, and is it what it says? */
  validate(signal: AbortSignal): Promise<ReleaseReading>;
  /** Everything that can only be put together when the release is known. @throws SentinelError */
  prepare(release: RitualRelease, told: Told): Promise<Prepared>;
}

/** What the last step is told by the ritual itself. */
export interface Told {
  /** The records of all steps as they are now. */
  records(): readonly StepRecord[];
}

export interface Prepared {
  readonly context: RitualContext;
  readonly steps: readonly RitualStep[];
  /** Where the marks are kept, for people. */
  readonly marks: string;
  /** One ritual for a tag at a time. */
  takeLease(signal: AbortSignal): Promise<Lease | Refusal>;
  /** Whether the tag is still what it was. @throws StepFailure */
  unmoved(signal: AbortSignal): Promise<void>;
  /** Keeps the records of a run, whatever its end. @param afterwards whether the ritual was complete before it */
  keep(records: readonly StepRecord[], outcome: RitualOutcome, afterwards: boolean): void;
}

export interface Lease {
  readonly held: true;
  /** Ends when the lease is lost. */
  readonly signal: AbortSignal;
  /** @throws StepFailure when it is another's by now */
  renew(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}

export interface Refusal {
  readonly held: false;
  /** `conflict`: another ritual runs. `unknown`: it could not be found out. */
  readonly state: "conflict" | "unknown";
  readonly message: string;
  readonly remedy?: string;
}
