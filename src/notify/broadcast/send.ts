import { type HttpWriter, NetworkFailure } from "../../clients/readers.ts";
import { Aborted } from "../../core/check.ts";
import { monotonicMs } from "../../core/clock.ts";
import { retryAfterMs } from "../../core/retry-after.ts";
import { sleep } from "../../core/sleep.ts";
import { duration } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import type { Answered, BroadcastChannel, ChannelRequest } from "./channel.ts";

/** Milliseconds. */
export interface BroadcastLimits {
  /** One request. */
  readonly attemptMs: number;
  /** All attempts at one channel, with the pauses that it asks for. */
  readonly overallMs: number;
  /** Before the second attempt where a copy does no harm, the third …. */
  readonly backoffMs: readonly number[];
}

export const broadcastLimits: BroadcastLimits = {
  attemptMs: 15_000,
  overallMs: 180_000,
  backoffMs: [1000, 4000],
};

/** Without a word on how long to wait. */
const defaultWaitMs = 5000;
/** Who asks for no pause at all, or for a short one again and again, is given this one, and each time twice as long. */
const leastWaitMs = 1000;

/** What has not left this machine: no receiver can have it. */
const unsent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EPERM|EMFILE|ENFILE|BAD_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ERR_TLS|ERR_PROXY)/;

/**
 * Sends one message to one channel. What a receiver refuses for its limits is sent when it asks for that, if there is time;
 * what may have arrived is sent again only where a copy is dropped.
 * @param deadlineAt `monotonicMs()` when the run's time is up
 * @throws the signal's reason, when it aborts before anything was sent
 */
export async function sendOnce(
  channel: BroadcastChannel,
  request: () => ChannelRequest,
  http: Pick<HttpWriter, "post">,
  { signal, deadlineAt, limits }: { signal: AbortSignal; deadlineAt: number; limits: BroadcastLimits },
): Promise<Answered> {
  const until = Math.min(deadlineAt, monotonicMs() + limits.overallMs);
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    const { answered, waitMs } = await attempted(channel, request(), http, signal, limits.attemptMs);
    const again = answered.state === "lost" && channel.dropsCopies ? limits.backoffMs[attempt] : undefined;
    const pause = waitMs === undefined ? again : Math.max(waitMs, leastWaitMs * 2 ** attempt);
    if (answered.state === "sent" || pause === undefined) return answered;
    if (monotonicMs() + pause >= until) {
      return pause === waitMs
        ? { ...answered, why: `${answered.why}, and asks to wait ${duration(waitMs)}` }
        : answered;
    }
    await sleep(pause, signal);
  }
}

async function attempted(
  channel: BroadcastChannel,
  request: ChannelRequest,
  http: Pick<HttpWriter, "post">,
  signal: AbortSignal,
  attemptMs: number,
): Promise<{ readonly answered: Answered; readonly waitMs?: number }> {
  try {
    const answer = await within(attemptMs, signal, (one) => http.post({ ...request, signal: one }));
    if (answer.status !== 429) return { answered: channel.answered(answer) };
    const waitMs =
      channel.retryAfterMs?.(answer) ?? retryAfterMs(answer.headers["retry-after"]) ?? defaultWaitMs;
    return {
      answered: {
        state: "refused",
        why: "answered 429 (too many messages)",
        remedy: "wait a while, and run the same command again",
      },
      waitMs,
    };
  } catch (error) {
    if (error instanceof NetworkFailure) {
      const state = unsent.test(error.code) ? "refused" : "lost";
      return {
        answered: { state, why: error.message, remedy: "see that the receiver can be reached from here" },
      };
    }
    // The request had begun: who aborts now, for whatever reason, does not know what became of it.
    if (error instanceof Aborted || (signal.aborted && error === signal.reason)) {
      const why = error instanceof Error ? error.message : "stopped";
      return { answered: { state: "lost", why } };
    }
    throw error;
  }
}
