import type { Emit } from "../../core/event.ts";
import type { Status } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import { heeding } from "./heeding.ts";
import type { Held } from "./lock.ts";
import { lookAtAll } from "./looks.ts";
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
}

/** Keeping what is there takes this long at most. */
const captureMs = 60_000;

/**
 * Everything from keeping what is there to the last look. What it throws is taken back by whoever calls it.
 * @throws Failed, Unproven, LockLost; the signals' reasons
 */
export async function goForward(forward: Forward): Promise<Status> {
  const { place, held, steps, limits, emit, early, signal, applying } = forward;
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
      await held.sure();
      return heeding(until, () => phase.run(until)).catch((error) => {
        until.throwIfAborted();
        const { message, remedy } = reasonOf(error);
        throw new Failed(`${phase.title}: ${message}`, remedy, "circumstances");
      });
    });
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
function promoting({ place, held, steps, signal, promote }: Forward, since: Date) {
  const rollout = place.driver.steps;
  if (!rollout || promote === "manual") return undefined;
  return async () => {
    await lookAtAll(place.looks, since, { signal, steps });
    await held.sure();
    await steps.did("deploy.promote", "Promote", () => rollout.promote(signal));
  };
}
