import { setMaxListeners } from "node:events";
import { Aborted } from "./check.ts";
import { duration } from "./text.ts";

/**
 * Runs with a time limit; goes on when it is over, even if what runs does not listen.
 * @throws what the work throws; `Aborted` when time is up; the outer signal's reason when that aborts
 */
export async function within<T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (outer.aborted) throw outer.reason;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const pass = () => controller.abort(outer.reason);
  outer.addEventListener("abort", pass, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new Aborted("time-limit", `no answer within ${duration(timeoutMs)}`));
  }, timeoutMs);
  try {
    return await new Promise<T>((resolve, reject) => {
      // The work hears of the abort first: it may have something better to say than that time is up.
      const late = () => setImmediate(() => setImmediate(() => reject(controller.signal.reason)));
      controller.signal.addEventListener("abort", late, { once: true });
      work(controller.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", pass);
  }
}
