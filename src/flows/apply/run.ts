import type { Emit } from "../../core/event.ts";
import type { Reason } from "../../core/step.ts";
import { shellWord } from "../../core/text.ts";
import type { LockClaim } from "../../deploy/driver.ts";
import type { Question } from "./answer.ts";
import type { Limits } from "./forward.ts";
import { type Held, holderText, holdLock } from "./lock.ts";
import { type Allowed, type Place, type Survey, unready } from "./survey.ts";

/** What `apply`, `rollback` and `pin` have in common. */
export interface DeployRun extends Question, Allowed {
  readonly dryRun: boolean;
  readonly limits: Limits & {
    /** How long to wait for another deploy to end. */
    readonly lockWaitMs: number;
    readonly lockTtlMs: number;
  };
  readonly claim: Pick<LockClaim, "holder" | "reason">;
  /** What an interrupt does to what has begun. */
  readonly onInterrupt: "finish" | "rollback";
  readonly promote: "watch" | "manual";
  /** The command that goes on from where this run ends, and the one that goes back, ready to type. */
  readonly resume: string;
  readonly undo: string;
  readonly emit: Emit;
  /** Aborts when the process is interrupted. */
  readonly interrupt: AbortSignal;
  /** Aborts when the run's time is up. */
  readonly deadline: AbortSignal;
  /** What is said if the process is made to leave at once, from here on. */
  leaving(state: string): void;
  /** Shows what was found out. */
  planned(found: Survey): void;
}

/** With the application's name in the commands that start from the place alone: where several are, they would have to ask which. */
export function withName<T extends DeployRun>(run: T, { plan: { target } }: Survey): T {
  const named = (command: string) =>
    / --name /.test(command) ? command : `${command} --name ${shellWord(target.name)}`;
  const resume = run.command === "apply" ? run.resume : named(run.resume);
  return { ...run, resume, undo: named(run.undo) };
}

/** The lock, or why it is not ours. */
export async function takeLock(
  run: DeployRun,
  { driver }: Pick<Place, "driver">,
  signal: AbortSignal,
): Promise<{ held: Held } | { end: "blocked" | "critical"; reasons: readonly Reason[] }> {
  const { claim, limits, emit } = run;
  try {
    const taken = await holdLock(
      driver.lock,
      { ...claim, ttlMs: limits.lockTtlMs },
      { waitMs: limits.lockWaitMs, signal, emit },
    );
    if ("held" in taken) return taken;
    const message = `another one is at work there: ${holderText(taken.by)}`;
    return { end: "blocked", reasons: [{ message, remedy: `wait for it: ${run.resume} --wait-lock 10min` }] };
  } catch (error) {
    signal.throwIfAborted();
    return unready(error);
  }
}
