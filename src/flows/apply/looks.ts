import type { Look, Looked } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { heeding } from "./heeding.ts";
import type { Steps } from "./steps.ts";
import { Failed } from "./trouble.ts";

/** It is there, and whether it is well could not be found out. */
export class Unproven extends Error {
  override readonly name = "Unproven";
  readonly remedy: string | undefined;
  constructor(message: string, remedy: string | undefined) {
    super(message);
    this.remedy = remedy;
  }
}

/**
 * Asks one after the other; the first that says it is not well decides.
 * @throws Failed; Unproven when none has failed and one could not look; the signal's reason
 */
export async function lookAtAll(
  looks: readonly Look[],
  since: Date,
  { signal, steps }: { readonly signal: AbortSignal; readonly steps: Steps },
): Promise<void> {
  let unproven: Unproven | undefined;
  for (const one of looks) {
    try {
      await steps.did(one.id, one.title, async () => {
        const { state, message, remedy } = await looked(one, since, signal);
        if (state === "failed") throw new Failed(message, remedy, "release");
        if (state === "unknown") throw new Unproven(message, remedy);
        return message;
      });
    } catch (error) {
      if (!(error instanceof Unproven)) throw error;
      unproven ??= error;
    }
  }
  if (unproven) throw unproven;
}

async function looked(one: Look, since: Date, signal: AbortSignal): Promise<Looked> {
  try {
    return await heeding(signal, () => one.look(since, signal));
  } catch (error) {
    signal.throwIfAborted();
    return { state: "unknown", ...reasonOf(error) };
  }
}
