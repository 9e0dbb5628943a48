import { setTimeout as sleep } from "node:timers/promises";
import type { Emit } from "../../core/event.ts";
import { StepFailure } from "../../core/step.ts";
import { duration } from "../../core/text.ts";
import type { Status } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { heeding } from "./heeding.ts";
import type { Held } from "./lock.ts";
import { lookAtAll } from "./looks.ts";
import { say } from "./say.ts";
import type { Steps } from "./steps.ts";
import type { Place } from "./survey.ts";
import { Failed, persist } from "./trouble.ts";
import { waitUntilHealthy } from "./wait.ts";

export interface Limits {
  /** How long the new version, or the old one, may take to become healthy. */
  readonly waitMs: number;
  readonly pollMs: number;
}

export interface Forward {
  readonly place: Place;
  readonly held: Held;
  readonly steps: Steps;
  readonly limits: Limits;
  readonly emit: Emit;
  /** Ends the work while nothing has been applied yet. */
  readonly early: AbortSignal;
  /** Ends it from then on. */
  readonly signal: AbortSignal;
  /** Who ends a pause of a rollout. */
  readonly promote: "watch" | "manual";
  /** Told when the place is about to change: from here on there is something to take back. */
  readonly applying: () => void;
  /** Told which work of the project's own is going on, and when none is any more. */
  readonly working: (title: string | null) => void;
}

/** Keeping what is there takes this long at most. */
const captureMs = 60_000;

/**
 * Everything from keeping what is there to the last look. What it throws is taken back by whoever calls it.
 * @throws Failed, Unproven, LockLost; the signals' reasons
 */
export async function goForward(forward: Forward): Promise<Status> {
  const { place, held, steps, limits, emit, early, signal, applying, working } = forward;
  const { driver, run, before, after, looks } = place;
  await steps.did("deploy.capture", "Keep what is there", () =>
    persist(
      "keeping what is there",
      async () => {
        await held.sure();
        return driver.capture(run, early);
      },
      { limitMs: captureMs, signal: early, emit },
    ),
  );
  for (const phase of before) await runPhase(phase, early);
  early.throwIfAborted();
  applying();
  const since = new Date();
  await steps.did("deploy.apply", "Apply", () => applyIt(forward));
  let status: Status | undefined;
  await steps.did("deploy.wait", "Wait until it is healthy", async () => {
    const onPaused = promoting(forward, since);
    status = await waitUntilHealthy({
      ...{ driver, expected: "applied", ...limits, limitMs: limits.waitMs, signal, emit },
      ...(onPaused ? { onPaused } : {}),
    });
    return status.message;
  });
  await lookAtAll(looks, since, { signal, steps });
  for (const phase of after) await runPhase(phase, signal);
  signal.throwIfAborted();
  return status ?? { state: "healthy", message: "" };

  function runPhase(phase: (typeof before)[number], until: AbortSignal): Promise<string> {
    return steps.did(phase.id, phase.title, async () => {
      // Work of somebody else's is not done twice; that the lock is ours is asked until it is answered.
      const limit = { limitMs: limits.waitMs, signal: until, emit };
      await persist(phase.title, () => held.sure().then(() => ""), limit);
      until.throwIfAborted();
      working(phase.title);
      const work = phase.run(until).finally(() => working(null));
      return await heeding(until, () => work).catch(async (error) => {
        if (until.aborted) say(emit, "warning", `${phase.title}: waiting until it has ended`);
        const left = until.aborted ? await stillLeft(work) : null;
        if (left === null) until.throwIfAborted();
        const { message, remedy } = reasonOf(left === null ? error : until.reason);
        const said = left === null ? `${phase.title}: ${message}` : `${message}; ${phase.title}: ${left}`;
        throw new Failed(said, remedy, "circumstances");
      });
    });
  }
}

/** For work that was interrupted to end: longer than a pod's usual grace. */
const endMs = 75_000;

/** Waits for what was interrupted: who comes next must not meet it at work. Null where nothing is left of it. */
async function stillLeft(work: Promise<string>): Promise<string | null> {
  const late = `it has not ended within ${duration(endMs)}, and may be at work still`;
  const over = new AbortController();
  try {
    return await Promise.race([
      work.then(
        () => null,
        (error) => (error instanceof StepFailure ? error.message : null),
      ),
      sleep(endMs, late, { signal: over.signal }),
    ]);
  } finally {
    over.abort();
  }
}

function applyIt({ place: { driver }, held, limits, signal, emit }: Forward): Promise<string> {
  return persist(
    "apply",
    async () => {
      await held.sure();
      return driver.apply(signal);
    },
    { limitMs: limits.waitMs, signal, emit },
  );
}

/** A pause of a rollout is ended by what the looks say; without such a rollout, or by a person, it is waited for. */
function promoting({ place, held, steps, limits, emit, signal, promote }: Forward, since: Date) {
  const rollout = place.driver.steps;
  if (!rollout || promote === "manual") return undefined;
  return async () => {
    await lookAtAll(place.looks, since, { signal, steps });
    const told = async () => {
      await held.sure();
      return rollout.promote(signal);
    };
    await steps.did("deploy.promote", "Promote", () =>
      persist("promote", told, { limitMs: limits.waitMs, signal, emit }),
    );
  };
}
