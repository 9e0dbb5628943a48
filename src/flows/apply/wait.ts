import { monotonicMs } from "../../core/clock.ts";
import type { Emit } from "../../core/event.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { duration } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import type { Driver, Status } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { say } from "./say.ts";
import { Failed } from "./trouble.ts";

export interface Waiting {
  readonly driver: Driver;
  readonly expected: "applied" | "restored";
  readonly limitMs: number;
  /** Between two looks at most; the first ones come sooner. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** What to do about a pause; what time it takes does not count. Without it a pause is waited for. */
  readonly onPaused?: (status: Status) => Promise<void>;
}

/** What is seen late is seen no later than by this part of the time that it took. */
const lateness = 1 / 20;
const shortestPauseMs = 200;
/** One look; an answer that does not come is no answer. */
const lookMs = 30_000;
/** What is there may be somebody else's for a moment, until the place has taken ours in. */
const strangeMs = 10_000;

/**
 * Looks until all is well. What cannot be seen for a while is waited for.
 * @throws Failed when it will not become well, or has not in time; the signal's reason
 */
export async function waitUntilHealthy(waiting: Waiting): Promise<Status> {
  const { driver, expected, limitMs, pollMs, signal, emit, onPaused } = waiting;
  const began = monotonicMs();
  let until = began + limitMs;
  let told = "";
  let strangeSince: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look(driver, expected, signal);
    if (seen.message !== told && seen.state !== "healthy") {
      told = seen.message;
      say(emit, "info", told);
    }
    if (seen.state === "healthy") return seen;
    if (seen.state === "failed") throw new Failed(seen.why ?? seen.message, seen.remedy, "release");
    if (seen.state === "paused" && onPaused) {
      const paused = monotonicMs();
      await onPaused(seen);
      until += monotonicMs() - paused;
    }
    strangeSince = seen.state === "other" ? (strangeSince ?? monotonicMs()) : undefined;
    if (strangeSince !== undefined && monotonicMs() - strangeSince > strangeMs)
      throw new Failed(`something else is there: ${seen.message}`, seen.remedy, "circumstances");
    if (monotonicMs() >= until) {
      const why = seen.why ?? seen.message;
      throw new Failed(
        `not healthy within ${duration(limitMs)}: ${why}`,
        seen.remedy ?? "see what it waits for, or give it longer: --wait 15min",
        "unseen" in seen ? "circumstances" : "release",
      );
    }
    const soon = Math.max(shortestPauseMs, (monotonicMs() - began) * lateness);
    const pauseMs = Math.min(pollMs, soon, Math.max(0, until - monotonicMs()));
    await sleep(pauseMs, signal);
  }
}

/** How it is, or that it cannot be seen now. @throws Failed when it never will be */
async function look(
  driver: Driver,
  expected: "applied" | "restored",
  signal: AbortSignal,
): Promise<Status | (Status & { readonly unseen: true })> {
  try {
    return await within(lookMs, signal, (limited) => driver.status(expected, limited));
  } catch (error) {
    signal.throwIfAborted();
    const { message, remedy } = reasonOf(error);
    if (error instanceof StepFailure && error.final)
      throw new Failed(`it cannot be seen how it is: ${message}`, remedy, "circumstances");
    const said = `it cannot be seen at the moment: ${message}`;
    return { state: "progressing", message: said, unseen: true, ...(remedy === undefined ? {} : { remedy }) };
  }
}
