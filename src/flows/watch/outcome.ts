import { Aborted } from "../../core/check.ts";
import type { Reason } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Receipt } from "../../watch/receipt.ts";
import type { Action, Decision, Evidence, Reading } from "../../watch/types.ts";

/** How a watch ended. */
export type WatchEnd =
  /** Everything was known and fine to the end. */
  | "passed"
  /** The canary's judge has seen enough: no worse than what it replaces. */
  | "promoted"
  /** A signal is in breach, or the canary is worse: this deploy's fault. */
  | "breach"
  /** There was no data to the end. */
  | "no-data"
  /** Numbers could not be obtained to the end. */
  | "telemetry-error"
  /** Something is in breach that was so before the deploy, or is so without it: nothing can be said of the deploy. */
  | "unproven"
  /** The canary's longest time is over, and the evidence is not enough either way. */
  | "undecided"
  /** A query or a setting is wrong. Nothing was watched. */
  | "blocked"
  /** Interrupted: the same command goes on from there. */
  | "interrupted";

/** Of an interrupted watch its signal's own: 130 after Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | (typeof signalCodes)[keyof typeof signalCodes];

const signalCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What `watch` answers; its JSON form. Fields are added, never renamed. Times are RFC 3339. */
export interface WatchOutcome {
  readonly schema: "release-sentinel/watch/v1";
  readonly outcome: WatchEnd;
  readonly exitCode: ExitCode;
  /** What follows for whoever called: promote, roll back, or neither. */
  readonly action: Action;
  /** The sentence that ends the run. */
  readonly message: string;
  /** Why it did not pass: every reason. Empty when it did. */
  readonly reasons: readonly Reason[];
  readonly environment: string;
  readonly version: string | null;
  readonly commit: string | null;
  /** `prometheus`, `prober`, `k6`, `exec`. */
  readonly source: string;
  readonly policyDigest: string;
  readonly deployedAt: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** How often was looked. */
  readonly looks: number;
  readonly readings: readonly Reading[];
  readonly evidence: readonly Evidence[];
  /** What the last decision was made of; null where there was none. */
  readonly receipt: Receipt | null;
  /** The command that goes on where an interrupted run ended. */
  readonly resume: string | null;
}

const exitCodes: Readonly<Record<Exclude<WatchEnd, "interrupted">, 0 | 1 | 2>> = {
  passed: 0,
  promoted: 0,
  breach: 2,
  "no-data": 2,
  "telemetry-error": 2,
  unproven: 2,
  undecided: 2,
  blocked: 1,
};

/** @param reason the signal's that ended it */
export function exitCodeOf(end: WatchEnd, reason: unknown): ExitCode {
  if (end !== "interrupted") return exitCodes[end];
  return signalCodes[(reason instanceof Aborted ? reason.signalName : undefined) ?? "SIGINT"];
}

/** The stable sentences. Not well and not known are two different things. */
const sentences: Readonly<Record<WatchEnd, (place: string, why: string) => string>> = {
  passed: (place, why) => `Watch of ${place} PASSED: ${why}`,
  promoted: (place, why) => `Watch of ${place} PASSED, canary promoted: ${why}`,
  breach: (place, why) => `Watch of ${place} FAILED: ${why}`,
  "no-data": (place, why) => `Watch of ${place} UNPROVEN (no data): ${why}`,
  "telemetry-error": (place, why) => `Watch of ${place} UNPROVEN (telemetry error): ${why}`,
  unproven: (place, why) => `Watch of ${place} UNPROVEN: ${why}`,
  undecided: (place, why) => `Watch of ${place} UNDECIDED: ${why}`,
  blocked: (place, why) => `Watch of ${place} BLOCKED: ${why}`,
  interrupted: (place, why) => `Watch of ${place} interrupted: ${why}`,
};

export function sentence(end: WatchEnd, environment: string, why: string): string {
  return sentences[end](printable(environment, 100), why);
}

/** What kind of end a decision is. */
export function endOf({
  action,
  readings,
  evidence,
}: Pick<Decision, "action" | "readings" | "evidence">): WatchEnd {
  if (action === "rollback") return "breach";
  if (action === "promote") return evidence.length > 0 ? "promoted" : "passed";
  const states = new Set(readings.map(({ state }) => state));
  if (states.has("telemetry-error")) return "telemetry-error";
  if (states.has("no-data")) return "no-data";
  if (states.has("breach")) return "unproven";
  return evidence.some(({ outcome }) => outcome === "not-yet") ? "undecided" : "no-data";
}
