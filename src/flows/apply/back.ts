import type { Emit } from "../../core/event.ts";
import type { Driver, Look, Returning, Run, Status } from "../../deploy/driver.ts";
import { reasonOf } from "../reconcile.ts";
import type { Limits } from "./forward.ts";
import type { Held } from "./lock.ts";
import { lookAtAll } from "./looks.ts";
import { say } from "./say.ts";
import type { Steps } from "./steps.ts";
import { persist } from "./trouble.ts";
import { waitUntilHealthy } from "./wait.ts";

export interface Back {
  readonly driver: Driver;
  readonly held: Held;
  readonly steps: Steps;
  readonly limits: Limits;
  readonly emit: Emit;
  readonly looks: readonly Look[];
}

export type WentBack =
  | { readonly ok: true; readonly status: Status }
  | { readonly ok: false; readonly message: string; readonly remedy?: string };

/**
 * Puts back what was, waits until it is healthy, and looks at it. It has a time limit of its own, and is not ended by what
 * has ended the way there; only by a lock that is lost. There is no second attempt at another way. The place knows of it
 * first, so that whoever comes after a run that was killed in the middle of it does not go forward from there.
 */
export async function goBack(back: Back, run: Run & { readonly returning: Returning }): Promise<WentBack> {
  const { held } = back;
  await turnRound(back, run);
  const went = await takeWay(back, run.returning.to);
  if (!went.ok && !held.lost.aborted)
    await turnRound(back, { ...run, returning: { ...run.returning, failed: true } });
  return went;
}

/** What cannot be written down is no reason to stay. */
async function turnRound({ driver, held, emit }: Back, run: Run): Promise<void> {
  const signal = AbortSignal.any([held.lost, AbortSignal.timeout(turnMs)]);
  try {
    await persist(
      "writing down that it goes back",
      async () => {
        await held.sure();
        return driver.capture(run, signal);
      },
      { limitMs: turnMs, signal, emit },
    );
  } catch (error) {
    if (!held.lost.aborted) say(emit, "warning", reasonOf(error).message);
  }
}

const turnMs = 30_000;

async function takeWay(back: Back, to: Returning["to"]): Promise<WentBack> {
  const { driver, held, steps, limits, emit, looks } = back;
  const signal = held.lost;
  const since = new Date();
  let status: Status | undefined;
  try {
    await steps.did("deploy.restore", "Put back what was there", () =>
      persist(
        "putting back what was there",
        async () => {
          await held.sure();
          return driver.restore(to, signal);
        },
        { limitMs: limits.waitMs, signal, emit },
      ),
    );
    await steps.did("deploy.restored", "Wait until it is healthy again", async () => {
      status = await waitUntilHealthy({
        ...{ driver, expected: "restored", ...limits, limitMs: limits.waitMs, signal, emit },
      });
      return status.message;
    });
    await lookAtAll(looks, since, { signal, steps });
    return { ok: true, status: status ?? { state: "healthy", message: "" } };
  } catch (error) {
    return { ok: false, ...reasonOf(error) };
  }
}

/** The states of all that is there, for whoever must mend it by hand. */
export async function statesOf(driver: Driver): Promise<string> {
  try {
    const { message, why } = await driver.status("restored", AbortSignal.timeout(statesMs));
    return why === undefined ? message : `${message}: ${why}`;
  } catch (error) {
    return `it cannot be seen how it is: ${reasonOf(error).message}`;
  }
}

const statesMs = 15_000;
