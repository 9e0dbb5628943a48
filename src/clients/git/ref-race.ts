import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { type RefRemote, RemoteFailure } from "./ref-remote.ts";

/** Others may win the race again and again; not for longer than this. */
const patienceMs = 120_000;
/** Between two tries, at most. */
const mostPauseMs = 10_000;

/** A ref of a remote, as long as nothing that was seen of it is gone. */
export interface RefRace {
  /** The remote's tip, which must contain what this clone has seen before. @throws what `vanished` makes */
  tip(whole: boolean, signal: AbortSignal): Promise<string | null>;
  /**
   * Adds the commit that `make` builds on the tip as it is at that moment; it may be asked again for another. No commit:
   * nothing is added. A connection that ends after the work was done is no failure.
   */
  append<T>(
    make: (tip: string | null) => Promise<{ readonly commit: string | null; readonly made: T }>,
    whole: boolean,
    signal: AbortSignal,
  ): Promise<T>;
}

/** @param vanished the error for a ref that was deleted, or rewritten, since `seen` */
export function createRefRace(
  remote: Pick<RefRemote, "seen" | "fetch" | "contains" | "remember" | "push">,
  vanished: (how: "deleted" | "rewritten", seen: string) => Error,
): RefRace {
  async function tip(whole: boolean, signal: AbortSignal): Promise<string | null> {
    const seen = await remote.seen(signal);
    const now = await remote.fetch(whole, signal);
    if (seen !== null && (now === null || !(await remote.contains(now, seen, signal))))
      throw vanished(now === null ? "deleted" : "rewritten", seen);
    if (now !== null && now !== seen) await remote.remember(now, signal);
    return now;
  }

  async function isPushed(commit: string, before: string | null, signal: AbortSignal): Promise<boolean> {
    try {
      if ((await remote.push(commit, before, false, signal)) === "raced") return false;
    } catch (error) {
      // The connection may have ended after the work was done: then it is there.
      const now = await tip(false, signal).catch(() => null);
      if (now === null || !(await remote.contains(now, commit, signal))) throw error;
    }
    await remote.remember(commit, signal);
    return true;
  }

  return {
    tip,
    async append(make, whole, signal) {
      const began = monotonicMs();
      for (let tries = 1; ; tries++) {
        const tried = monotonicMs();
        const before = await tip(whole, signal);
        const { commit, made } = await make(before);
        if (commit === null || (await isPushed(commit, before, signal))) return made;
        const now = monotonicMs();
        if (now - began > patienceMs) throw new RemoteFailure("others were quicker every time");
        // Who has lost often has many rivals: at it all at once, they make every try longer, and all but one for nothing.
        const pauseMs = 100 + Math.min(tries - 1, 4) * (now - tried);
        await sleep(Math.random() * Math.min(pauseMs, mostPauseMs), signal);
      }
    },
  };
}
