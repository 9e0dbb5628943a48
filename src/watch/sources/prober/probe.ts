import { type HttpReader, NetworkFailure } from "../../../clients/readers.ts";
import { Aborted } from "../../../core/check.ts";
import { monotonicMs } from "../../../core/clock.ts";
import { within } from "../../../core/within.ts";
import type { Minutes, Outcome } from "./minutes.ts";

/** Of an answer; what is larger is cut off there. */
const bodyBytes = 1024 * 1024;
/** If we wake up so late, we were asleep, and the service had no chance to answer. */
const asleepMs = 2000;

export interface ProbeOptions {
  readonly url: string;
  readonly rate: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxRedirects: number;
  readonly caFile: string | undefined;
}

/** One request. @throws what is neither an answer nor a failure of the network */
export async function probeOnce(
  { url, maxRedirects, caFile }: ProbeOptions,
  timeoutMs: number,
  http: HttpReader,
  signal: AbortSignal,
): Promise<{ outcome: Outcome; failure?: NetworkFailure }> {
  const trust = caFile === undefined ? {} : { caFile };
  try {
    const { status } = await within(timeoutMs, signal, (inner) =>
      http.request({ url, maxRedirects, maxBodyBytes: bodyBytes, signal: inner, ...trust }),
    );
    return {
      outcome: status < 200 ? "no answer" : (`${Math.min(5, Math.floor(status / 100))}xx` as Outcome),
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const isLate = error instanceof Aborted || (error instanceof NetworkFailure && error.code === "TIMEOUT");
    if (isLate) return { outcome: "timeout" };
    if (error instanceof NetworkFailure) return { outcome: "no answer", failure: error };
    throw error;
  }
}

/**
 * Asks at a steady rate until the signal aborts, whether or not earlier answers have come: every request's time counts from
 * the moment at which it was to start, so that a service that hangs is as slow here as it is to people. One that could not
 * start within the time limit, because all before it hang, has run into it.
 */
export function startProbe(
  options: ProbeOptions,
  minutes: Minutes,
  http: HttpReader,
  signal: AbortSignal,
): void {
  const { rate, concurrency, timeoutMs } = options;
  const periodMs = 1000 / rate;
  /** Moments, by our own clock, at which requests were to start that all hands are too busy for. */
  const waiting: { at: number; end: ReturnType<Minutes["begin"]> }[] = [];
  let next = monotonicMs();
  let busy = 0;

  function expire(now: number): void {
    for (let first = waiting[0]; first && now - first.at >= timeoutMs; first = waiting[0]) {
      waiting.shift();
      first.end("timeout", timeoutMs);
    }
  }

  function start(): void {
    expire(monotonicMs());
    while (busy < concurrency && !signal.aborted) {
      const first = waiting.shift();
      if (!first) return;
      busy += 1;
      const left = timeoutMs - (monotonicMs() - first.at);
      void probeOnce(options, left, http, signal)
        .catch(() => ({ outcome: "no answer" as const }))
        .then(({ outcome }) => {
          busy -= 1;
          first.end(outcome, monotonicMs() - first.at);
          start();
        });
    }
  }

  function tick(): void {
    if (signal.aborted) return;
    const now = monotonicMs();
    if (now - next > asleepMs) next += Math.ceil((now - next) / periodMs) * periodMs;
    for (; next <= now; next += periodMs) {
      waiting.push({ at: next, end: minutes.begin(Date.now() - (now - next)) });
    }
    start();
    // The watch that reads keeps the process alive; probing alone must not.
    const timer = setTimeout(tick, Math.max(1, next - monotonicMs()));
    timer.unref();
    timers.current = timer;
  }

  const timers: { current: NodeJS.Timeout | undefined } = { current: undefined };
  signal.addEventListener("abort", () => clearTimeout(timers.current), { once: true });
  tick();
}
