import { monotonicMs } from "../../core/clock.ts";
import type { Emit } from "../../core/event.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { reasonOf } from "../reconcile.ts";
import { say } from "./say.ts";

/** It did not work. `release`: because of what was brought, which must not be brought again without a reason. */
export class Failed extends Error {
  override readonly name = "Failed";
  readonly remedy: string | undefined;
  readonly fault: "release" | "circumstances";
  constructor(message: string, remedy: string | undefined, fault: Failed["fault"]) {
    super(message);
    this.remedy = remedy;
    this.fault = fault;
  }
}

export interface Persisting {
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

const pausesMs = [1000, 2000, 4000] as const;
const lastPauseMs = 5000;

/**
 * Does what may safely be done again until it is seen to be done, as long as that can help: a lost answer is no answer.
 * @returns its sentence
 * @throws Failed; the signal's reason
 */
export async function persist(
  what: string,
  work: () => Promise<string>,
  { limitMs, signal, emit }: Persisting,
): Promise<string> {
  const until = monotonicMs() + limitMs;
  for (let i = 0; ; i++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const { message, remedy } = reasonOf(error);
      const pauseMs = pausesMs[i] ?? lastPauseMs;
      const hopeless = error instanceof StepFailure && error.final;
      if (hopeless || monotonicMs() + pauseMs > until)
        throw new Failed(`${what}: ${message}`, remedy, "circumstances");
      say(emit, "warning", `${what}: ${message}; trying again`);
      await sleep(pauseMs, signal);
    }
  }
}
