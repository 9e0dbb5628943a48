import { isCertificateCode } from "../../clients/http/cause.ts";
import { NetworkFailure } from "../../clients/readers.ts";
import { type Limits, TryAgain } from "../../core/check.ts";
import type { Json } from "../../core/json.ts";
import { printable } from "../../core/text.ts";

/** Why there was no usable answer. */
export type Failure = { code: string; cause: string };

export const limits: Partial<Limits> = { timeoutMs: 3000, attempts: 3, backoffMs: [1000, 2000] };

/** What no second attempt would change. */
const final: ReadonlySet<string> = new Set([
  "BAD_URL",
  "BAD_HEADER",
  "BAD_CA",
  "BAD_PROXY",
  "TOO_MANY_REDIRECTS",
  "NO_CERTIFICATE",
]);

/**
 * Makes an observation of a failed attempt.
 * @throws TryAgain with it when another attempt may help; the error itself when it is no failure of the network
 */
export function failed<Seen extends Json>(error: unknown, seen: (failure: Failure) => Seen): Seen {
  if (!(error instanceof NetworkFailure)) throw error;
  const observation = seen({ code: error.code, cause: printable(error.message, 300) });
  if (final.has(error.code) || isCertificateCode(error.code)) return observation;
  throw new TryAgain(observation, { noAnswer: true });
}
