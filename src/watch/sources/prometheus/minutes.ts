import type { Prometheus, Span } from "../../../clients/prometheus/types.ts";
import { monotonicMs } from "../../../core/clock.ts";
import { duration } from "../../../core/text.ts";
import type { TimeRange } from "../../types.ts";

export const minuteMs = 60_000;
/** How long the difference between two clocks is taken to hold. */
const trustMs = 60_000;
/** Less is what a network and two good clocks differ by. */
const skewSaidMs = 5_000;

export interface ServerClock {
  /** The end of the newest whole minute that can be asked about. Throws as Prometheus does, when there is no telling at all. */
  newest(signal: AbortSignal): Promise<number>;
  /** `Prometheus' clock is 37 s ahead of ours`; undefined when they agree. */
  skew(): string | undefined;
}

/** Minutes are the server's: samples carry its time. Asks it once, and later beside the questions, never before them. */
export function createServerClock(prometheus: Prometheus, settleMs: number): ServerClock {
  let ahead: number | undefined;
  let measured = 0;
  /** All who ask at once wait for one answer. */
  let asking: Promise<void> | undefined;

  async function measure(signal: AbortSignal): Promise<void> {
    ahead = await prometheus.clock(signal);
    measured = monotonicMs();
  }

  function measureOnce(signal: AbortSignal): Promise<void> {
    asking ??= measure(signal).finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    async newest(signal) {
      if (ahead === undefined) await measureOnce(signal);
      // The difference that is known holds until then; who is asked for numbers says what is wrong.
      else if (monotonicMs() - measured > trustMs) measureOnce(signal).catch(() => {});
      return Math.floor((Date.now() + (ahead ?? 0) - settleMs) / minuteMs) * minuteMs;
    },
    skew() {
      if (ahead === undefined || Math.abs(ahead) <= skewSaidMs) return undefined;
      return `Prometheus' clock is ${duration(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} ours`;
    },
  };
}

/** The moments at which a range's minutes end, both included; undefined when none has ended. */
export function endsOf({ from, to }: TimeRange, newest: number): Span | undefined {
  const span = { start: from + minuteMs, end: Math.min(to, newest) };
  return span.end < span.start ? undefined : span;
}
