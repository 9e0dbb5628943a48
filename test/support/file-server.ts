import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface FileServer {
  readonly url: string;
  /** By path. */
  readonly files: Map<string, Buffer>;
  /** `PUT /releases/a.json` */
  readonly requests: string[];
  /** What was asked otherwise than a store may ask. */
  readonly violations: string[];
  /** Answers this status instead, as long as it says one. */
  fault: (method: string, path: string) => number | "drop-after" | undefined;
}

/** A server that takes files by PUT when there are none yet, as object stores do, and checks what it is asked. */
export async function fileServer(token?: string): Promise<FileServer> {
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const violations: string[] = [];
  const http = createServer((request, response) => {
    read(request).then(
      (body) => {
        const { method = "", url: path = "", headers } = request;
        requests.push(`${method} ${path}`);
        if (token !== undefined && headers.authorization !== `Bearer ${token}`)
          return response.writeHead(401).end();
        const fault = made.fault(method, path);
        if (typeof fault === "number") return response.writeHead(fault).end("no");
        const there = files.get(path);
        if (method === "PUT") {
          if (headers["if-none-match"] !== "*")
            violations.push(`PUT ${path} could have written over something`);
          if (headers["content-length"] !== String(body.length))
            violations.push(`PUT ${path} did not say how long it is`);
          if (!there) files.set(path, body);
          if (fault === "drop-after") return response.destroy();
          return response.writeHead(there ? 412 : 201).end();
        }
        if (fault === "drop-after") return response.destroy();
        if (method !== "GET" && method !== "HEAD") violations.push(`${method} ${path}`);
        return response.writeHead(there ? 200 : 404).end(method === "HEAD" ? undefined : there);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const made: FileServer = { url, files, requests, violations, fault: () => undefined };
  return made;
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
