import { setTimeout } from "node:timers/promises";

/** Lets so much time pass. @throws the signal's reason as soon as it is aborted */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
