import { randomUUID } from "node:crypto";
import { type HttpWriter, NetworkFailure } from "../clients/readers.ts";
import { Aborted } from "../core/check.ts";
import { monotonicMs } from "../core/clock.ts";
import type { Emit } from "../core/event.ts";
import { retryAfterMs } from "../core/retry-after.ts";
import { sleep } from "../core/sleep.ts";
import { duration } from "../core/text.ts";
import { within } from "../core/within.ts";
import type { Alert } from "./alert.ts";
import type { ReadyChannel } from "./channels.ts";

/** Milliseconds. */
export interface AlertLimits {
  readonly attemptMs: number;
  readonly overallMs: number;
  /** Before the second attempt, when the receiver does not say how long. */
  readonly pauseMs: number;
}

export const alertLimits: AlertLimits = { attemptMs: 3000, overallMs: 5000, pauseMs: 500 };

interface Sending {
  readonly alert: Alert;
  readonly http: Pick<HttpWriter, "post">;
  readonly id: string;
  /** Aborts when the time for all alerts is up, or with the run. */
  readonly signal: AbortSignal;
  /** `monotonicMs()` when the time is up. */
  readonly deadline: number;
  readonly limits: AlertLimits;
}

/**
 * Sends an alert to every channel that wants it, all at once: one attempt each, one more on 429 or 5xx.
 * Says with notices how it went. Never throws.
 */
export async function sendAlerts(
  alert: Alert,
  channels: readonly ReadyChannel[],
  http: Pick<HttpWriter, "post">,
  signal: AbortSignal,
  emit: Emit,
  limits: AlertLimits = alertLimits,
): Promise<void> {
  const say = (level: "info" | "error", message: string) =>
    emit({ type: "notice", level, from: "release-sentinel.alert", message });
  const wanted = channels.filter((channel) => wants(channel, alert));
  if (wanted.length === 0) return say("info", "No webhook configured, skipping alert");
  const several = wanted.length > 1;
  const [id, deadline] = [randomUUID(), monotonicMs() + limits.overallMs];
  await Promise.all(
    wanted.map(async (channel) => {
      const cause = await within(limits.overallMs, signal, (overall) =>
        deliver(channel, { alert, http, id, signal: overall, deadline, limits }),
      ).catch(causeOf);
      if (cause === undefined) say("info", `Alert sent successfully${several ? ` (${channel.name})` : ""}`);
      else say("error", `Failed to send alert: ${several ? `${channel.name}: ` : ""}${cause}`);
    }),
  );
}

function wants({ environments, severity }: ReadyChannel, alert: Alert): boolean {
  if (environments && !environments.includes(alert.environment)) return false;
  return !severity || severity.includes(alert.severity);
}

/** Undefined when the alert has arrived, else why not. */
async function deliver({ channel, target }: ReadyChannel, sending: Sending): Promise<string | undefined> {
  if ("trouble" in target) return target.trouble;
  const { alert, http, id, signal, deadline, limits } = sending;
  for (let attempt = 1; ; attempt++) {
    const request = channel.request(alert, { ...target, id, at: new Date() });
    const answer = await within(limits.attemptMs, signal, (one) => http.post({ ...request, signal: one }));
    const cause = channel.accepted(answer);
    if (cause === undefined || attempt > 1 || !(answer.status === 429 || answer.status >= 500)) return cause;
    const asked = channel.retryAfterMs?.(answer) ?? retryAfterMs(answer.headers["retry-after"]);
    const wait = asked ?? limits.pauseMs;
    if (monotonicMs() + wait >= deadline)
      return asked === undefined ? cause : `${cause}, asks to wait ${duration(asked)}`;
    await sleep(wait, signal);
  }
}

/** Only our own words: any other error's could hold the webhook's URL. */
function causeOf(error: unknown): string {
  return error instanceof NetworkFailure || error instanceof Aborted ? error.message : "unexpected failure";
}
