import { Aborted } from "../core/check.ts";
import { SentinelError } from "../core/errors.ts";
import { duration } from "../core/text.ts";
import { within } from "../core/within.ts";

/**
 * What must be over before anything can be answered: it ends at its time limit and with the signal, whatever hangs.
 * @param what the sentence's beginning: `the policy could not be read`
 * @throws SentinelError `out-of-time`; the signal's reason
 */
export async function inTime<T>(
  timeoutMs: number,
  signal: AbortSignal,
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    return await within(timeoutMs, signal, work);
  } catch (error) {
    if (!(error instanceof Aborted) || error.cause !== "time-limit") throw error;
    throw new SentinelError(
      "out-of-time",
      `${what} within ${duration(timeoutMs)}`,
      "see whether git status answers here, or allow more: --timeout 5min",
    );
  }
}

/** A limit for work that says itself how far it has come: its signal ends at the time limit, or with the other signal. */
export function withLimit(signal: AbortSignal, timeoutMs: number) {
  const controller = new AbortController();
  const message = `no end within the ${duration(timeoutMs)} that the whole run may take`;
  const timer = setTimeout(() => controller.abort(new Aborted("deadline", message)), timeoutMs);
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    /** What ended the work, for people. */
    explain: (error: unknown) =>
      error === controller.signal.reason
        ? new SentinelError("out-of-time", message, "see what hangs, or allow more: --timeout 20min")
        : error,
    clear: () => clearTimeout(timer),
  };
}
