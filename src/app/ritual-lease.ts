import { isKnownDead } from "../clients/host/public-holder.ts";
import type { Emit } from "../core/event.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import type { Lease, Refusal } from "../flows/ritual/run.ts";
import {
  type Claimant,
  type LeaseState,
  leaseMark,
  leaseMs,
  leaseState,
  type Mark,
  type Marks,
  releasedMark,
  renewMs,
} from "../ritual/marks.ts";

/** A lease that is younger is not renewed once more. */
const freshMs = 20_000;
/** Marks of what was sent wait behind it. */
const renewLimitMs = 20_000;
/** For others to be let in, though this run is interrupted. */
const releaseMs = 10_000;

interface LeaseWorld {
  readonly marks: Marks;
  readonly who: Claimant;
  readonly tag: string;
  readonly emit: Emit;
}

/** Takes the one lease for a tag, and keeps it until it is let go. */
export async function takeLease(world: LeaseWorld, signal: AbortSignal): Promise<Lease | Refusal> {
  const { marks, who, tag, emit } = world;
  const lost = new AbortController();
  let seen: LeaseState = { state: "free" };
  let renewedAt = 0;
  const allowed = (all: readonly Mark[]) => {
    seen = leaseState(all, { run: who.run, now: Date.now(), isDead: isKnownDead });
    return seen.state !== "taken";
  };
  async function renew(by: AbortSignal): Promise<void> {
    lost.signal.throwIfAborted();
    const now = Date.now();
    if (now - renewedAt < freshMs) return;
    if ((await marks.append(leaseMark(who, now), allowed, by)) === null) {
      const failure = new StepFailure(takenSentence(tag, seen), takenRemedy);
      lost.abort(failure);
      throw failure;
    }
    renewedAt = now;
  }

  try {
    await renew(signal);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { message, remedy } = error;
    const state = lost.signal.aborted || error.final ? "conflict" : "unknown";
    return { held: false, state, message, ...(remedy === undefined ? {} : { remedy }) };
  }
  const timer = setInterval(() => {
    renew(AbortSignal.any([signal, AbortSignal.timeout(renewLimitMs)])).catch((error: unknown) => {
      if (!lost.signal.aborted && Date.now() - renewedAt > leaseMs)
        lost.abort(
          new StepFailure(
            `the lease could not be renewed before it ended, so that another run may act by now: ${wordsOf(error)}`,
            "run the same command again",
          ),
        );
      // What could not be written now is tried again in a minute, and before the next step acts.
      if (!signal.aborted && !lost.signal.aborted)
        warn(emit, `the lease could not be renewed: ${wordsOf(error)}`);
    });
  }, renewMs);
  return {
    held: true,
    signal: lost.signal,
    renew,
    async release() {
      clearInterval(timer);
      if (lost.signal.aborted) return;
      try {
        const isOurs = (all: readonly Mark[]) => {
          allowed(all);
          return seen.state === "mine";
        };
        await marks.append(releasedMark(who, Date.now()), isOurs, AbortSignal.timeout(releaseMs));
      } catch (error) {
        warn(emit, `the lease could not be let go, and ends by itself within 3 min: ${wordsOf(error)}`);
      }
    },
  };
}

const takenRemedy = "wait until it has ended, and run the same command again: what is done is not done twice";

function takenSentence(tag: string, seen: LeaseState): string {
  if (seen.state !== "taken") return `the ritual of ${printable(tag, 100)} is another's`;
  const { by, since, until, detail } = seen;
  const where = detail === undefined ? "" : ` (${printable(detail, 300)})`;
  return `another ritual of ${printable(tag, 100)} runs: ${printable(by, 100)}${where}, since ${printable(since, 40)}, until ${printable(until, 40)} at the least`;
}

function warn(emit: Emit, message: string): void {
  emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
}

function wordsOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error), 300);
}
