import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import { makeOwnFolder, type OwnFolder } from "../own-folder.ts";
import { type Group, startGroup } from "../program/group.ts";

/** What the API server answered, or the proxy in its place. */
export interface ApiAnswer {
  readonly status: number;
  readonly isJson: boolean;
  readonly body: string;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/api/v1/…`, with its query. */
  readonly path: string;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** `kubectl proxy` on a socket that only this user can reach: one kubectl for many requests. */
export interface ApiDoor {
  /** Whether it is open, or opens within reasonable time. */
  ready(): Promise<boolean>;
  /** @throws the system's error when the proxy is gone; the signal's reason */
  request(request: ApiRequest): Promise<ApiAnswer>;
  close(): void;
}

const startMs = 5_000;
const largestBytes = 64 * 1024 * 1024;
/** The system's limit for the path of a socket is about 100. */
const longestPath = 100;

/** @param start what to run; `--unix-socket` is added */
export function openApiDoor(start: {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}): ApiDoor {
  // One that has been idle is not used again: it might just be closing.
  const agent = new Agent({ keepAlive: true, maxSockets: 8, timeout: 15_000 });
  let folder: OwnFolder | undefined;
  let group: Group | undefined;
  let opened: Promise<boolean> | undefined;
  let isOpen = false;
  const socket = () => join(folder?.path ?? "", "s");

  const open = async (): Promise<boolean> => {
    if (process.platform === "win32") return false;
    // Only its owner may look into it.
    folder = makeOwnFolder();
    if (socket().length > longestPath) return false;
    group = startGroup({
      ...start,
      args: ["proxy", `--unix-socket=${socket()}`, ...start.args],
      platform: process.platform,
    });
    const { child, stdout, stderr } = group;
    stderr.resume();
    stderr.on("error", () => {});
    isOpen = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), startMs);
      const answer = (well: boolean) => {
        clearTimeout(timer);
        resolve(well);
      };
      child.once("error", () => answer(false));
      child.once("exit", () => {
        isOpen = false;
        answer(false);
      });
      stdout.on("error", () => answer(false));
      let said = "";
      stdout.on("data", (chunk: Buffer) => {
        if (said.length < 1000) said += chunk.toString("utf8");
        if (said.includes("Starting to serve")) answer(true);
      });
    });
    // Whoever forgets to close it is not kept from ending; it ends with us.
    child.unref();
    for (const pipe of [stdout, stderr, child.stdio[3]]) (pipe as Partial<Socket> | undefined)?.unref?.();
    return isOpen;
  };

  return {
    async ready() {
      opened ??= open().catch(() => false);
      return (await opened) && isOpen;
    },
    request: ({ method, path, body, signal }) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const headers = {
          Accept: "application/json",
          ...(body === undefined
            ? {}
            : { "Content-Type": typeOf(method), "Content-Length": Buffer.byteLength(body) }),
        };
        const outgoing = request({ agent, socketPath: socket(), method, path, headers, host: "localhost" });
        const stop = () => outgoing.destroy(signal.reason);
        signal.addEventListener("abort", stop, { once: true });
        const settle = (end: () => void) => {
          signal.removeEventListener("abort", stop);
          end();
        };
        outgoing.once("error", (error) => settle(() => reject(signal.aborted ? signal.reason : error)));
        outgoing.once("response", (response) => {
          read(response).then(
            (text) =>
              settle(() =>
                resolve({
                  status: response.statusCode ?? 0,
                  isJson: /json/.test(response.headers["content-type"] ?? ""),
                  body: text,
                }),
              ),
            (error: unknown) => settle(() => reject(signal.aborted ? signal.reason : error)),
          );
        });
        outgoing.end(body);
      }),
    close() {
      isOpen = false;
      opened = Promise.resolve(false);
      agent.destroy();
      group?.kill();
      group?.stdout.destroy();
      group?.stderr.destroy();
      group?.child.unref();
      group = undefined;
      folder?.remove();
      folder = undefined;
    },
  };
}

function typeOf(method: string): string {
  return method === "PATCH" ? "application/merge-patch+json" : "application/json";
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new Error("the API server's answer is larger than 64 MB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
