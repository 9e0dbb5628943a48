import { setMaxListeners } from "node:events";
import { Aborted } from "./check.ts";
import { duration } from "./text.ts";

/**
 * Runs with a time limit; goes on when it is over, even if what runs does not listen.
 * @param graceMs so long it may take to put away what it has in hand, once it has been told to stop
 * @throws what the work throws; `Aborted` when time is up; the outer signal's reason when that aborts
 */
export async function within<T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  graceMs = 0,
): Promise<T> {
  if (outer.aborted) throw outer.reason;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const pass = () => controller.abort(outer.reason);
  outer.addEventListener("abort", pass, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new Aborted("time-limit", `no answer within ${duration(timeoutMs)}`));
  }, timeoutMs);
  let grace: NodeJS.Timeout | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(controller.signal.reason);
      // The work hears of the abort first: it may have something better to say than that time is up.
      const late = () => {
        if (graceMs > 0) grace = setTimeout(giveUp, graceMs);
        else setImmediate(() => setImmediate(giveUp));
      };
      controller.signal.addEventListener("abort", late, { once: true });
      work(controller.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    outer.removeEventListener("abort", pass);
  }
}

/** Gives work so long, and waits until it has ended. @throws what `late` makes when time is up; what the work throws */
export async function limited<T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => Error,
): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await work(AbortSignal.any([outer, limit]));
  } catch (error) {
    throw limit.aborted && !outer.aborted ? late() : error;
  }
}
