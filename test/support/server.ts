import { randomInt } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
}

export type Handler = (request: Received, response: ServerResponse, n: number) => void;

/** A real HTTP server on loopback that remembers what it was asked. */
export async function server(handler: Handler | number = 200, host = "127.0.0.1"): Promise<TestServer> {
  const received: Received[] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const seen = { method, path, headers, body: Buffer.concat(chunks).toString("utf8") };
      received.push(seen);
      if (typeof handler === "number") response.writeHead(handler).end("ok");
      else handler(seen, response, received.length);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, host, resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port } = http.address() as AddressInfo;
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, port, received };
}

/** A port on which nothing listens, and which is not given to whoever asks for any. */
export async function closedPort(): Promise<number> {
  return 1;
}

/**
 * For a program that cannot choose a port itself: nothing listens there now. It is none of those that systems give to whoever
 * asks for any port, or connects, so that nobody is given it before the program has it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const http = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      http.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => http.close(resolve));
    return port;
  }
}
