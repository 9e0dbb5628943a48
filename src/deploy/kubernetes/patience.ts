import { KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";

const pausesMs = [500, 2000, 5000];
/** Who has waited for a server so long has waited enough. */
const enoughMs = 20_000;

/** Asks again when that may help: a server that restarts, is busy, or another writer that was quicker. For what may be done twice. */
export async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const start = monotonicMs();
  for (const pause of pausesMs) {
    try {
      return await ask();
    } catch (error) {
      const again = error instanceof KubectlFailure && (error.transient || error.reason === "Conflict");
      if (!again || monotonicMs() - start > enoughMs) throw error;
      await sleep(pause, signal);
    }
  }
  return await ask();
}
