import { Aborted } from "../../core/check.ts";
import type { Secrets } from "../../core/mask.ts";
import { retryAfterMs } from "../../core/retry-after.ts";
import { sleep } from "../../core/sleep.ts";
import { duration } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import { type HttpAnswer, type HttpReader, type HttpWriter, NetworkFailure } from "../readers.ts";
import { type Asked, refusal } from "./answer.ts";
import { GrafanaFailure } from "./failure.ts";

export interface TransportOptions {
  readonly http: HttpReader & HttpWriter;
  readonly secrets: Secrets;
  readonly base: string;
  readonly token: string;
  readonly timeoutMs: number;
  /** Before a question is asked once more. */
  readonly pauseMs: number;
}

export interface Transport {
  get(path: string, maxBytes: number, asked: Asked, signal: AbortSignal): Promise<HttpAnswer>;
  /** A question that is too long for a URL. */
  ask(path: string, body: string, maxBytes: number, asked: Asked, signal: AbortSignal): Promise<HttpAnswer>;
  /** Sent once. */
  write(path: string, body: string, type: string, asked: Asked, signal: AbortSignal): Promise<HttpAnswer>;
}

/** Questions are asked a second time when the network or a busy server did not answer; what writes is sent once. */
export function createTransport(options: TransportOptions): Transport {
  const { http, secrets, base, timeoutMs, pauseMs } = options;
  const headers = {
    Authorization: `Bearer ${options.token}`,
    Accept: "application/json",
  };

  async function once(
    asked: Asked,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<HttpAnswer>,
  ): Promise<HttpAnswer> {
    try {
      const answer = await within(timeoutMs, signal, send);
      // What it says comes into messages.
      return answer.status === 200 ? answer : { ...answer, body: secrets.mask(answer.body) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw failure(error, asked, timeoutMs);
    }
  }

  async function patiently(
    asked: Asked,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<HttpAnswer>,
  ) {
    try {
      const answer = await once(asked, signal, send);
      if (answer.status !== 429 && answer.status !== 502 && answer.status !== 503 && answer.status !== 504) {
        return answer;
      }
      await sleep(Math.min(5000, retryAfterMs(answer.headers["retry-after"]) ?? pauseMs), signal);
    } catch (error) {
      if (!(error instanceof GrafanaFailure && error.passing)) throw error;
      await sleep(pauseMs, signal);
    }
    return once(asked, signal, send);
  }

  const json = { ...headers, "Content-Type": "application/json" };
  return {
    get: (path, maxBodyBytes, asked, signal) =>
      patiently(asked, signal, (inner) =>
        http.request({ url: base + path, headers, maxBodyBytes, signal: inner }),
      ),
    ask: (path, body, maxBodyBytes, asked, signal) =>
      patiently(asked, signal, (inner) =>
        http.send({ url: base + path, method: "POST", headers: json, body, maxBodyBytes, signal: inner }),
      ),
    async write(path, body, type, asked, signal) {
      const answer = await once({ ...asked, isWrite: true }, signal, (inner) =>
        http.send({
          url: base + path,
          method: "POST",
          headers: { ...headers, "Content-Type": type },
          body,
          maxBodyBytes: 64 * 1024,
          signal: inner,
        }),
      );
      if (answer.status < 200 || answer.status > 299) throw refusal(answer, { ...asked, isWrite: true });
      return answer;
    },
  };
}

function failure(error: unknown, { doing, isWrite = false }: Asked, timeoutMs: number): unknown {
  const down = (message: string, passing: boolean) =>
    new GrafanaFailure("down", `cannot ${doing}: ${message}`, {
      remedy: "see whether Grafana runs and can be reached from here",
      passing,
      uncertain: isWrite,
    });
  if (error instanceof Aborted) return down(`no answer within ${duration(timeoutMs)}`, false);
  if (!(error instanceof NetworkFailure)) return error;
  const { code, message } = error;
  if (code === "BAD_HEADER") {
    return new GrafanaFailure(
      "token",
      "GRAFANA_API_KEY cannot be sent: it holds characters that no header may",
      {
        remedy: "set it again, without line breaks",
      },
    );
  }
  if (code === "BAD_URL" || code === "BAD_PROXY" || code === "BAD_CA") {
    return new GrafanaFailure("address", `cannot ${doing}: ${message}`);
  }
  return down(message, code !== "TIMEOUT");
}
