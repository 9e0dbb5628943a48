import {
  BrokenCircuitError,
  type BulkheadPolicy,
  bulkhead,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IPolicy,
  wrap,
} from "cockatiel";
import { perHost } from "../clients/http/agents.ts";
import { isTryAgain, type Limits, type TryAgain } from "../core/check.ts";
import type { Json } from "../core/json.ts";
import { sleep } from "../core/sleep.ts";
import { within } from "../core/within.ts";

/** Programs, files and everything else without a host at a time. */
const local = 32;
/** So many attempts in a row without any answer, and a host is left alone for a while. */
const breakAfter = 8;
const leftAloneMs = 10_000;

export interface Attempted {
  readonly observation: Json;
  readonly attempts: number;
}

/** What stands between the checks and the hosts they ask. Kept by the app, so that breakers outlive one run. */
export class Doors {
  readonly #hosts = new Map<string, IPolicy>();
  readonly #local: BulkheadPolicy = bulkhead(local, Number.POSITIVE_INFINITY);

  through<T>(host: string | undefined, ask: () => Promise<T>): Promise<T> {
    return this.#door(host).execute(ask);
  }

  #door(host: string | undefined): IPolicy {
    if (host === undefined) return this.#local;
    const known = this.#hosts.get(host);
    if (known) return known;
    const breaker = circuitBreaker(
      handleWhen((error) => isTryAgain(error) && error.noAnswer),
      { breaker: new ConsecutiveBreaker(breakAfter), halfOpenAfter: leftAloneMs },
    );
    const door = wrap(bulkhead(perHost, Number.POSITIVE_INFINITY), breaker);
    this.#hosts.set(host, door);
    return door;
  }
}

/**
 * Observes with a time limit an attempt, again while the check asks for it and attempts are left.
 * @param observe one attempt; given a signal that aborts at the time limit or with the run
 * @throws what the last attempt threw, or the run signal's reason
 */
export async function attempt(
  observe: (signal: AbortSignal, attempt: number) => Promise<Json>,
  limits: Limits,
  run: { signal: AbortSignal; deadlineAt: number; doors: Doors; host: string | undefined },
): Promise<Attempted> {
  let last: TryAgain | undefined;
  for (let n = 1; ; n++) {
    try {
      const observation = await run.doors.through(run.host, () =>
        within(limits.timeoutMs, run.signal, (signal) => observe(signal, n)),
      );
      return { observation, attempts: n };
    } catch (error) {
      if (run.signal.aborted) throw run.signal.reason;
      if (error instanceof BrokenCircuitError) {
        if (last) return { observation: last.observation, attempts: n - 1 };
        throw new Error(`not asked: the last ${breakAfter} attempts at ${run.host} got no answer`);
      }
      if (!isTryAgain(error)) throw error;
      last = error;
    }
    const wait = last.retryAfterMs ?? limits.backoffMs[Math.min(n, limits.backoffMs.length) - 1] ?? 0;
    if (n >= limits.attempts || Date.now() + wait >= run.deadlineAt)
      return { observation: last.observation, attempts: n };
    await sleep(wait, run.signal);
  }
}
