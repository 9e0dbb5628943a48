import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { monotonicMs } from "../../core/clock.ts";
import { printable } from "../../core/text.ts";
import { type FileBody, NetworkFailure } from "../readers.ts";
import type { CarriedOptions, Carrier } from "./agents.ts";
import { failureOf, stopped } from "./cause.ts";
import { sendFile } from "./file-body.ts";

/** What is left of an unread body is taken in, so that the connection can be used again, if it is no more than this. */
const drainBytes = 64 * 1024;
const drainMs = 250;

export interface Sending {
  readonly carrier: Carrier;
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | FileBody;
  /** Told whenever a part of a file has been handed over. */
  readonly onProgress?: (() => void) | undefined;
  /** Bytes of the body to read from an answer with this status. */
  readonly bodyBytes: (status: number) => number;
  /** Where the body of an answer 200 goes, instead of into the reply. */
  readonly pour?: { readonly into: (part: Buffer) => void | Promise<void>; readonly maxBytes: number };
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bodyCut: boolean;
  /** `monotonicMs()` when the headers were there. */
  readonly at: number;
}

/** One request, one reply. @throws NetworkFailure, or the signal's reason */
export async function exchange(sending: Sending): Promise<Reply> {
  for (;;) {
    const reply = await once(sending);
    // The server closed a kept connection at the very moment we used it: nothing was answered, so ask on another one.
    if (reply !== "stale") return reply;
  }
}

function once(sending: Sending): Promise<Reply | "stale"> {
  const { signal } = sending;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(stopped(signal));
    let connection: Duplex | undefined;
    const request = start(sending, (made) => {
      connection = made;
    });
    const settle = (end: () => void) => {
      signal.removeEventListener("abort", abort);
      end();
    };
    const fail = (error: unknown) => settle(() => reject(failureOf(error)));
    const abort = () => {
      // Until a tunnel is there the request knows nothing of its connection.
      if (!request.socket) connection?.destroy();
      request.destroy();
      settle(() => reject(stopped(signal)));
    };
    signal.addEventListener("abort", abort, { once: true });
    let answered = false;
    request.on("response", (response) => {
      answered = true;
      const at = monotonicMs();
      const done = (body: string, bodyCut: boolean) =>
        settle(() => {
          // An answer that came before everything was sent: it is not waiting for the rest.
          if (!request.writableFinished) request.destroy();
          resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body, bodyCut, at });
        });
      const limit = sending.bodyBytes(response.statusCode ?? 0);
      const { pour } = sending;
      if (pour && response.statusCode === 200) {
        const refuse = (error: unknown) => settle(() => reject(error));
        pourOut(response, pour).then(() => done("", false), refuse);
      } else if (limit > 0) read(response, limit, done, fail);
      else {
        done("", false);
        drain(response);
      }
    });
    // A connection that was being drained does not keep the process alive; now it must.
    request.on("socket", (socket) => socket.ref());
    request.on("error", (error) => {
      if (!answered && isStale(request, error)) settle(() => resolve("stale"));
      else fail(error);
    });
    // Neither an answer nor an error: the server switched protocols, or closed in between.
    request.on("close", () => {
      if (!answered) fail(new NetworkFailure("ECONNRESET", "connection closed without an answer"));
    });
    const { body, onProgress } = sending;
    if (body === undefined || typeof body === "string" || body instanceof Uint8Array) request.end(body);
    else
      sendFile(body, request, onProgress).catch((error: unknown) => {
        if (!answered) fail(error);
        request.destroy();
      });
  });
}

function start(sending: Sending, onConnection: (connection: Duplex) => void): ClientRequest {
  const { carrier, url, method, headers } = sending;
  const options: CarriedOptions = { ...target(url), method, headers, agent: carrier.agent, onConnection };
  try {
    return carrier.request(options);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (
      code === "ERR_INVALID_CHAR" ||
      code === "ERR_INVALID_HTTP_TOKEN" ||
      code === "ERR_INVALID_ARG_VALUE"
    ) {
      throw new NetworkFailure("BAD_HEADER", `${badHeader(error)} cannot be sent`);
    }
    throw new NetworkFailure("BAD_URL", "malformed URL");
  }
}

/** The parts of a URL that a request needs: given the whole, Node copies every part, and twice. */
function target({ protocol, hostname, port, pathname, search }: URL): CarriedOptions {
  return { protocol, hostname: hostname.replace(/^\[|\]$/g, ""), port, path: pathname + search };
}

/** Node names the header in its message; its value must not get out. */
function badHeader(error: unknown): string {
  const name = /\["([^"]*)"\]/.exec(error instanceof Error ? error.message : "")?.[1];
  return name ? `header ${printable(name, 60)}` : "a header";
}

function isStale(request: ClientRequest, error: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function read(
  response: IncomingMessage,
  limit: number,
  done: (body: string, cut: boolean) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const text = () => Buffer.concat(chunks, Math.min(size, limit)).toString("utf8");
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limit) return;
    done(text(), true);
    response.destroy();
  });
  response.on("end", () => done(text(), false));
  const broken = () => {
    if (response.readableEnded) return;
    fail(new NetworkFailure("ECONNRESET", "connection closed in the middle of the answer"));
  };
  response.on("error", broken);
  response.on("close", broken);
}

async function pourOut(
  response: IncomingMessage,
  { into, maxBytes }: NonNullable<Sending["pour"]>,
): Promise<void> {
  let size = 0;
  const parts = response.iterator()[Symbol.asyncIterator]();
  for (;;) {
    const next = await parts.next().catch(() => {
      throw new NetworkFailure("ECONNRESET", "connection closed in the middle of the answer");
    });
    if (next.done) return;
    const part = next.value as Buffer;
    size += part.length;
    try {
      if (size > maxBytes) throw new NetworkFailure("TOO_LARGE", `more than ${maxBytes} bytes`);
      await into(part);
    } catch (error) {
      response.destroy();
      throw error;
    }
  }
}

/** Nobody waits for this: it must not keep the process alive, nor go on for ever. */
function drain(response: IncomingMessage): void {
  response.on("error", () => {});
  // What has come with the headers has been read by then, and most often that is all.
  process.nextTick(() => (response.complete ? response.resume() : drainSlowly(response)));
}

function drainSlowly(response: IncomingMessage): void {
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > drainBytes) response.destroy();
  });
  response.socket.unref();
  const timer = setTimeout(() => response.destroy(), drainMs);
  timer.unref();
  response.once("close", () => clearTimeout(timer));
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}
