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
