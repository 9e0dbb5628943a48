import { Aborted } from "../../core/check.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { duration } from "../../core/text.ts";
import type { HttpAnswer } from "../readers.ts";
import { GitHubError } from "./errors.ts";

/** Milliseconds. */
export interface GitHubLimits {
  /** One request. */
  readonly requestMs: number;
  /** An upload of which nothing moves. */
  readonly uploadIdleMs: number;
  /** Before a second attempt, a third …; as many attempts as entries, and one. */
  readonly backoffMs: readonly number[];
  /** When GitHub refuses for its secondary limits and does not say for how long. */
  readonly secondaryMs: number;
  /** How long to wait for a limit at most, when the run has no deadline. */
  readonly patienceMs: number;
}

export const gitHubLimits: GitHubLimits = {
  requestMs: 30_000,
  uploadIdleMs: 30_000,
  backoffMs: [1000, 2000],
  secondaryMs: 60_000,
  patienceMs: 120_000,
};

/** Runs with a signal that aborts when time is up, counted anew from whenever something has moved, or with the outer one. */
export async function within<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal, moved: () => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const pass = () => controller.abort(outer.reason);
  if (outer.aborted) pass();
  outer.addEventListener("abort", pass, { once: true });
  let what = "no answer within";
  const late = setTimeout(() => controller.abort(new Aborted("time-limit", `${what} ${duration(ms)}`)), ms);
  const moved = () => {
    what = "no progress for";
    late.refresh();
  };
  try {
    return await work(controller.signal, moved);
  } finally {
    clearTimeout(late);
    outer.removeEventListener("abort", pass);
  }
}

/** How long GitHub asks to wait, in milliseconds; undefined when the answer is not about a limit. */
export function asksToWait({ status, headers, body }: HttpAnswer, secondaryMs: number): number | undefined {
  const after = /^\d{1,9}$/.exec(headers["retry-after"] ?? "")?.[0];
  const used = headers["x-ratelimit-remaining"] === "0";
  const refused =
    status === 429 || (status === 403 && (used || after !== undefined || /rate limit|abuse/i.test(body)));
  if (!refused) return undefined;
  if (after !== undefined) return Number(after) * 1000;
  const reset = Number(headers["x-ratelimit-reset"]);
  if (!used || !Number.isFinite(reset)) return secondaryMs;
  // By the server's clock where it tells: this machine's may be wrong.
  const now = Date.parse(headers["date"] ?? "");
  return Math.max(0, reset * 1000 - (Number.isNaN(now) ? Date.now() : now)) + 1000;
}

export interface Patience {
  /** `monotonicMs()` when the run's time is up. */
  readonly deadlineAt: number | undefined;
  readonly patienceMs: number;
  readonly onWait: (message: string) => void;
}

/** Waits for a limit, if the run's time allows. @throws GitHubError that says until when it would have to */
export async function waitForLimit(
  ms: number,
  { deadlineAt, patienceMs, onWait }: Patience,
  { whose, signal }: { whose: string; signal: AbortSignal },
): Promise<void> {
  const left = deadlineAt === undefined ? patienceMs : deadlineAt - monotonicMs();
  if (ms > left) {
    const until = new Date(Date.now() + Math.min(ms, 366 * 86_400_000)).toISOString();
    const clock = `${until.slice(0, 10)} ${until.slice(11, 19)} UTC`;
    throw new GitHubError({
      kind: "limit",
      message: `${whose}'s limit of requests is reached: it asks to wait until ${clock} (${duration(ms)}), longer than this run may take`,
      remedy: `run the same command again after ${clock}, or give it more time with --timeout`,
    });
  }
  onWait(`${whose} asks to wait ${duration(ms)}: its limit of requests is reached`);
  await sleep(ms, signal);
}
