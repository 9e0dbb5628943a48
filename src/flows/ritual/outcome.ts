import type { Reason } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Payload } from "../../ritual/step.ts";
import type { StepRecord } from "../../ritual/verification.ts";

/** How a ritual ended. */
export type RitualEnd =
  /** Everything is done, and this run did some of it. */
  | "completed"
  /** Everything was done already. */
  | "complete"
  /** What `--only` or `--from` asked for is done; other steps are not. */
  | "in-part"
  /** A dry run: this is what would be done and sent. */
  | "planned"
  /** The release's integrity, another ritual, or policy does not allow it. Nothing was changed. */
  | "blocked"
  /** What has to be known first could not be found out. Nothing was changed. */
  | "critical"
  /** A step failed, or the run was interrupted: the same command goes on from there. */
  | "halted";

/** What `ritual` answers; its JSON form. Fields are added, never renamed. */
export interface RitualOutcome {
  readonly schema: "release-sentinel/ritual/v1";
  readonly outcome: RitualEnd;
  readonly exitCode: 0 | 1 | 2;
  /** The sentence that ends the run. */
  readonly message: string;
  /** Why it is not done: every reason. Empty when it is. */
  readonly reasons: readonly Reason[];
  readonly tag: string;
  readonly rehearsal: boolean;
  readonly environment: string | null;
  readonly commit: string | null;
  /** `owner/name` on GitHub; null elsewhere. */
  readonly repository: string | null;
  /** Web address of the release; null where there is none. */
  readonly url: string | null;
  /** The release's folder on this machine; null before there is one. */
  readonly folder: string | null;
  /** Where it is kept what was sent; null before that is known. */
  readonly marks: string | null;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** In their order, `integrity` first. */
  readonly steps: readonly StepRecord[];
  /** Names of the steps that are still to be done. */
  readonly leftToDo: readonly string[];
  /** The command that goes on where this run ended. */
  readonly resume: string | null;
  /** Of a dry run: everything that would be written or sent, by step. */
  readonly payloads: readonly (Payload & { readonly step: string })[];
}

export const exitCodes: Readonly<Record<RitualEnd, 0 | 1 | 2>> = {
  completed: 0,
  complete: 0,
  "in-part": 0,
  planned: 0,
  blocked: 1,
  critical: 2,
  halted: 2,
};

interface Subject {
  readonly tag: string;
  readonly rehearsal: boolean;
}

/** The stable sentences. Done, nothing to do and halted are different things, and so are a ritual and a rehearsal. */
export const sentences = {
  completed: (of: Subject) =>
    of.rehearsal
      ? `Rehearsal of ${shown(of.tag)} completed: nothing final was published`
      : `Ritual of ${shown(of.tag)} completed`,
  complete: (of: Subject) => `${named(of)} is already complete: nothing to do`,
  inPart: (of: Subject, done: readonly string[], left: readonly string[]) =>
    `${named(of)}: ${done.join(", ") || "nothing"} done as asked${left.length > 0 ? `; left to do: ${left.join(", ")}` : ""}`,
  planned: (of: Subject) => `${named(of)} is planned; nothing was changed and nothing was sent`,
  blocked: (of: Subject, why: string) =>
    of.rehearsal ? `Rehearsal BLOCKED: ${why}` : `Ritual BLOCKED: ${why}`,
  critical: (of: Subject, why: string) =>
    of.rehearsal ? `Rehearsal CRITICAL: ${why}` : `Ritual CRITICAL: ${why}`,
  halted: (of: Subject, step: string, why: string, left: readonly string[]) =>
    `${named(of)} HALTED at ${step}: ${why}; left to do: ${left.join(", ")}`,
} as const;

function named({ tag, rehearsal }: Subject): string {
  return `${rehearsal ? "Rehearsal" : "Ritual"} of ${shown(tag)}`;
}

function shown(tag: string): string {
  return printable(tag, 100);
}
