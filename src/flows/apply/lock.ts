import { monotonicMs } from "../../core/clock.ts";
import type { Emit } from "../../core/event.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Lock, LockClaim, LockHolder } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { say } from "./say.ts";

/** Somebody else has it: nothing more may be written. */
export class LockLost extends Error {
  override readonly name = "LockLost";
}

/** A lock that is ours, and is kept so. */
export interface Held {
  /** Aborts with `LockLost` when it is not ours any more. */
  readonly lost: AbortSignal;
  /** What was planned before may not hold any more. */
  readonly waited: boolean;
  /** To be asked before each write: a machine may have slept. @throws LockLost; StepFailure when it cannot be found out */
  sure(): Promise<void>;
  /** Never throws: what stays behind ends by itself. */
  release(): Promise<void>;
}

export interface Holding {
  /** Milliseconds to wait for whoever has it; 0 = not at all. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

const pauseMs = 1000;
/** Of calls that give no answer. */
const tries = 3;
const releaseMs = 10_000;

/** Takes the lock and keeps it alive. Answers who has it where it cannot be had in time. @throws what the lock throws */
export async function holdLock(
  lock: Lock,
  claim: LockClaim,
  holding: Holding,
): Promise<{ readonly held: Held } | { readonly by: LockHolder }> {
  const until = monotonicMs() + holding.waitMs;
  let told = "";
  for (let waited = false; ; waited = true) {
    const by = await acquire(lock, claim, holding.signal);
    if (by === null) return { held: keepAlive(lock, claim, waited, holding.emit) };
    if (monotonicMs() >= until) return { by };
    if (told !== by.holder) {
      told = by.holder;
      say(holding.emit, "info", `waiting for the lock: ${holderText(by)}`);
    }
    await sleep(Math.min(pauseMs, Math.max(0, until - monotonicMs())), holding.signal);
  }
}

/** `deploy of v1.4.2 by alice, since 12:00, until 12:02 at the latest`. */
export function holderText({ reason, since, expiresAt, holder }: LockHolder): string {
  const where = printable(holder.split(/[/ ]/)[0] ?? "", 100);
  return `${printable(reason, 300)} on ${where || "an unknown machine"}, since ${printable(since, 40)}; void after ${printable(expiresAt, 40)} without a sign of life`;
}

async function acquire(lock: Lock, claim: LockClaim, signal: AbortSignal): Promise<LockHolder | null> {
  for (let i = 1; ; i++) {
    try {
      return await lock.acquire(claim, signal);
    } catch (error) {
      if (signal.aborted) {
        // The answer may have been lost, and the lock be ours.
        await lock.release(AbortSignal.timeout(releaseMs)).catch(() => {});
        throw signal.reason;
      }
      if (i >= tries || (error instanceof StepFailure && error.final)) throw error;
      await sleep(pauseMs, signal);
    }
  }
}

function keepAlive(lock: Lock, { ttlMs }: LockClaim, waited: boolean, emit: Emit): Held {
  const lost = new AbortController();
  // The wall clock goes on while a machine sleeps, and it is what others go by.
  let seenAt = Date.now();
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  // Node takes whole milliseconds alone.
  const everyMs = Math.ceil(ttlMs / 3);

  async function renew(): Promise<void> {
    const asked = Date.now();
    const ours = await lock.renew(AbortSignal.timeout(Math.max(1000, everyMs)));
    if (ours) seenAt = asked;
    else if (!over) lost.abort(new LockLost("another deploy has taken it over"));
  }
  function later(): void {
    timer = setTimeout(() => {
      running = renew()
        // Whether it is still ours is asked again before anything is written.
        .catch((error) => say(emit, "warning", `the lock could not be renewed: ${reasonOf(error).message}`))
        .then(() => {
          if (!over && !lost.signal.aborted) later();
        });
    }, everyMs);
  }
  later();

  return {
    lost: lost.signal,
    waited,
    async sure() {
      lost.signal.throwIfAborted();
      if (Date.now() - seenAt > ttlMs / 2) await renew();
      lost.signal.throwIfAborted();
    },
    async release() {
      over = true;
      clearTimeout(timer);
      await running;
      if (lost.signal.aborted) return;
      await lock
        .release(AbortSignal.timeout(releaseMs))
        .catch((error) =>
          say(
            emit,
            "warning",
            `the lock could not be let go of, and will end by itself: ${reasonOf(error).message}`,
          ),
        );
    },
  };
}
