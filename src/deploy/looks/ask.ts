import { type HttpAnswer, type HttpReader, NetworkFailure } from "../../clients/readers.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import type { Proof } from "../../core/step.ts";
import { duration, printable, showUrl } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import type { Looked } from "../driver.ts";

/** What one answer says. */
export interface Seen {
  readonly well: boolean;
  /** It could not be asked at all, and that is not the release's fault. */
  readonly blind: boolean;
  /** `https://shop.example.com/health answered 503`. */
  readonly message: string;
}

export interface Question {
  readonly url: string;
  readonly maxBodyBytes: number;
  /** Undefined when the answer is as it should be, else what is wrong with it. */
  wrong(answer: HttpAnswer): string | undefined;
}

const attemptMs = 5000;
const redirects = 5;
const pauseMs = 1000;
/** What no release can be to blame for: a name that cannot be resolved, a proxy that cannot be used, no way out of this machine. */
const ourOwn: ReadonlySet<string> = new Set([
  ...["EAI_AGAIN", "ENOTFOUND", "BAD_PROXY", "BAD_URL", "BAD_CA"],
  ...["ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL"],
]);

export async function askOnce(http: HttpReader, question: Question, signal: AbortSignal): Promise<Seen> {
  const { url, maxBodyBytes } = question;
  const shown = showUrl(url);
  try {
    const answer = await within(attemptMs, signal, (limited) =>
      http.request({ url, maxRedirects: redirects, maxBodyBytes, signal: limited }),
    );
    const problem = answer.status === 200 ? question.wrong(answer) : `answered ${answer.status}`;
    return problem === undefined
      ? { well: true, blind: false, message: `${shown} answered 200 in ${duration(answer.tookMs)}` }
      : { well: false, blind: false, message: `${shown} ${problem}` };
  } catch (error) {
    signal.throwIfAborted();
    const cause = printable(error instanceof Error ? error.message : String(error), 300);
    const blind = error instanceof NetworkFailure && ourOwn.has(error.code);
    return { well: false, blind, message: `${shown} unreachable: ${cause}` };
  }
}

/** Asks until the answer is as it should be, or the time is up: what has just started may take a while. */
export async function askUntilWell(
  http: HttpReader,
  question: Question,
  forMs: number,
  signal: AbortSignal,
): Promise<Seen> {
  const until = monotonicMs() + forMs;
  for (;;) {
    const seen = await askOnce(http, question, signal);
    if (seen.well || monotonicMs() >= until) return seen;
    await sleep(Math.min(pauseMs, Math.max(0, until - monotonicMs())), signal);
  }
}

export function lookedAt({ well, blind, message }: Seen, forMs: number): Looked {
  if (well) return { state: "ok", message };
  const late = `${message}, for ${duration(forMs)}`;
  if (blind)
    return {
      state: "unknown",
      message: late,
      remedy: "see whether the name is right and can be resolved here",
    };
  return { state: "failed", message: late };
}

/** Whether it can be asked at all; that it is not well before a deploy is worth knowing, and no obstacle. */
export function provedBy({ well, blind, message }: Seen): readonly Proof[] {
  if (well) return [{ state: "ok", message }];
  const remedy = "see deploy.verify in the configuration, or SERVICE_URL";
  return [{ state: "notice", message: `before the deploy, ${message}`, ...(blind ? { remedy } : {}) }];
}
