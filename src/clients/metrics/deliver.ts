import { Aborted } from "../../core/check.ts";
import { retryAfterMs } from "../../core/retry-after.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { duration, printable, showUrl } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import { type HttpAnswer, type HttpSend, type HttpWriter, NetworkFailure } from "../readers.ts";

/** Milliseconds. */
export interface DeliverLimits {
  readonly attemptMs: number;
  /** Before the second attempt, the third …; as many attempts as entries, and one. */
  readonly backoffMs: readonly number[];
  /** The longest that a receiver may ask us to wait. */
  readonly patienceMs: number;
}

export const deliverLimits: DeliverLimits = {
  attemptMs: 10_000,
  backoffMs: [1000, 2000],
  patienceMs: 60_000,
};

export interface Delivery extends Pick<HttpSend, "url" | "method" | "headers" | "body"> {
  /** Who is sent to, for people: `the OTLP receiver`. */
  readonly whom: string;
  /** Statuses after which the same may be sent again. */
  readonly again: (status: number) => boolean;
  /** Which variables let us in, for the remedy. */
  readonly access: string;
}

/** Bytes of an answer that are read: enough for a reason. */
const maxBodyBytes = 64 * 1024;
/** Nothing of it has been sent, so that sending it again cannot help. */
const hopeless = /^(BAD_|ENOTFOUND$|CERT_|ERR_TLS|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|NO_CERTIFICATE)/;

/**
 * Sends until it is answered with 2xx, as often as the limits allow: what is sent here may arrive twice.
 * @throws StepFailure
 */
export async function deliver(
  http: Pick<HttpWriter, "send">,
  delivery: Delivery,
  limits: DeliverLimits,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await once(http, delivery, limits, signal);
    if (!(answer instanceof StepFailure) && answer.status >= 200 && answer.status < 300) {
      if (!isPage(answer)) return answer;
      throw new StepFailure(
        `${delivery.whom} at ${showUrl(delivery.url)} answered ${answer.status} with a web page: that is something else`,
        "see that the URL is right",
        true,
      );
    }
    const failure = answer instanceof StepFailure ? answer : refused(answer, delivery);
    const passing = answer instanceof StepFailure ? !answer.final : delivery.again(answer.status);
    const backoff = limits.backoffMs[attempt];
    if (!passing || backoff === undefined) throw failure;
    const asked = answer instanceof StepFailure ? undefined : retryAfterMs(answer.headers["retry-after"]);
    if (asked !== undefined && asked > limits.patienceMs) {
      throw new StepFailure(`${failure.message}, and asks to wait ${duration(asked)}`, failure.remedy);
    }
    await sleep(asked ?? backoff, signal);
  }
}

async function once(
  http: Pick<HttpWriter, "send">,
  { url, method, headers, body, whom }: Delivery,
  { attemptMs }: DeliverLimits,
  signal: AbortSignal,
): Promise<HttpAnswer | StepFailure> {
  try {
    return await within(attemptMs, signal, (inner) =>
      http.send({ url, method, headers, body, maxBodyBytes, signal: inner }),
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof NetworkFailure || error instanceof Aborted)) throw error;
    const final = error instanceof NetworkFailure && hopeless.test(error.code);
    return new StepFailure(
      `${whom} at ${showUrl(url)} cannot be reached: ${error.message}`,
      `see whether it answers: curl -i ${showUrl(url)}`,
      final,
    );
  }
}

/** A login or a proxy's page says 200 too. */
function isPage({ headers, body }: HttpAnswer): boolean {
  return /^text\/html\b/i.test(headers["content-type"] ?? "") && body.trim() !== "";
}

const knownRefusals: readonly (readonly [RegExp, string])[] = [
  [
    /inconsistent with existing metrics/i,
    "somebody else pushes series of the same names: give this one a job of its own (ritual.metrics.pushgateway.job), or remove theirs",
  ],
  [/out of bounds|out of order|too (old|far)/i, "see to the clock of this machine, and to the receiver's"],
];

function refused({ status, body, headers }: HttpAnswer, { url, whom, access }: Delivery): StepFailure {
  const said = saying(body);
  const location = headers["location"];
  const to = status >= 300 && status < 400 && location ? `, to ${showUrl(location)}` : "";
  const message = `${whom} at ${showUrl(url)} answered ${status}${to}${said && `: ${said}`}`;
  if (status === 401 || status === 403)
    return new StepFailure(message, `see what lets us in: ${access}`, true);
  if (status === 404 || status === 405 || to)
    return new StepFailure(message, "see that the URL is right", true);
  return new StepFailure(
    message,
    knownRefusals.find(([words]) => words.test(said))?.[1] ?? "see the receiver's log",
  );
}

/** Why, in the receiver's own words: OTLP's and Grafana's JSON has a `message`, others answer with text. */
export function saying(body: string): string {
  const text = body.trim();
  try {
    const value = JSON.parse(text) as { message?: unknown; error?: unknown } | null;
    const words = value?.message ?? value?.error;
    if (typeof words === "string") return printable(words, 300);
  } catch {
    // Plain text, or a proxy's page.
  }
  return printable(
    text
      .replace(/<[^>]*>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
    300,
  );
}
