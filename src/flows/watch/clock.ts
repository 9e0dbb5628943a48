import { monotonicMs } from "../../core/clock.ts";

/** Time as a watch needs it. */
export interface WatchClock {
  /** Milliseconds since 1970, never going back. */
  now(): number;
  /** Waits, whatever the machine's clock does meanwhile. @throws the signal's reason */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * The machine's clock, but for its jumps: back it never goes, and a jump forward (a machine that slept) is caught up with.
 * @param wentBack told once, by how many milliseconds
 */
export function createWatchClock(
  wentBack: (ms: number) => void,
  wall: () => number = Date.now,
  monotonic: () => number = monotonicMs,
): WatchClock {
  let last = wall();
  let lastMonotonic = monotonic();
  let said = false;
  return {
    now() {
      const elapsed = monotonic() - lastMonotonic;
      const there = wall();
      lastMonotonic += elapsed;
      last = Math.max(there, last + elapsed);
      if (!said && last - there > noticeableMs) {
        said = true;
        wentBack(last - there);
      }
      return Math.round(last);
    },
    wait(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const stop = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        }, ms);
        signal.addEventListener("abort", stop, { once: true });
      });
    },
  };
}

/** Less than this is what time servers do all day. */
const noticeableMs = 5000;
