import http from "node:http";
import https from "node:https";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterEach } from "vitest";
import { createEnv } from "../../../src/clients/env.ts";
import { createHttp, type HttpClient } from "../../../src/clients/http.ts";
import { Aborted } from "../../../src/core/check.ts";
import { Secrets } from "../../../src/core/mask.ts";

export { closedPort } from "../../support/server.ts";

export interface Running {
  readonly port: number;
  readonly url: string;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Connections that were ever made. */
  readonly made: () => number;
  close(): Promise<void>;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

type Handler = http.RequestListener;

export function serveHttp(handler: Handler, host = "127.0.0.1"): Promise<Running> {
  return run(http.createServer(handler), "http", host);
}

export function serveHttps(
  tls: { key: string; cert: string },
  handler: Handler,
  host = "127.0.0.1",
): Promise<Running> {
  return run(https.createServer(tls, handler), "https", host);
}

/** A server of plain bytes, for what no HTTP server would say. */
export function serveBytes(talk: (socket: Socket) => void, host = "127.0.0.1"): Promise<Running> {
  const server = net.createServer((socket) => {
    talk(socket);
    // Who does not read never hears that the other side has closed.
    socket.resume();
  });
  return run(server, "http", host);
}

/** Says the same bytes to everybody who has said something, and leaves the connection open. */
export function serveText(text: string): Promise<Running> {
  return serveBytes((socket) => socket.once("data", () => socket.write(text)));
}

async function run(server: net.Server, scheme: string, host: string): Promise<Running> {
  const open = new Set<Socket>();
  let made = 0;
  server.on("connection", (socket: Socket) => {
    made++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    open,
    made: () => made,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Keeps what was asked, and answers `hello`. */
export async function serveRecording(): Promise<Running & { seen: Seen[] }> {
  return serveRedirects({}, 200, "hello");
}

/** Keeps what was asked; paths with an entry redirect there, all others answer 200. */
export async function serveRedirects(
  to: Readonly<Record<string, string>>,
  status = 302,
  otherwise = "there",
): Promise<Running & { seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await serveHttp(({ method = "", url = "", headers }, response) => {
    seen.push({ method, url, headers });
    const location = to[url];
    if (location === undefined) response.end(otherwise);
    else response.writeHead(status, { location }).end();
  });
  return Object.assign(server, { seen });
}

/** Closes after each test what the test kept open. */
export function closingAfterEach() {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const kept = <R extends { close(): unknown }>(open: R): R => {
    closing.push(() => open.close());
    return open;
  };
  return { kept, asking: (env: Record<string, string> = {}) => kept(client(env)) };
}

function client(env: Record<string, string> = {}): HttpClient & { secrets: Secrets } {
  const secrets = new Secrets();
  return Object.assign(createHttp({ env: createEnv(env, secrets), secrets }), { secrets });
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** A signal that a test aborts, as the runner's time limit would. */
export function timeLimit(): { signal: AbortSignal; expire: () => void } {
  const controller = new AbortController();
  const expire = () => controller.abort(new Aborted("time-limit", "no answer within 3 s"));
  return { signal: controller.signal, expire };
}

/** Waits until something is so. */
export async function until(so: () => boolean): Promise<void> {
  while (!so()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** What a call that must fail fails with. */
export async function failure(call: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await call;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("it did not fail");
}
