import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { gitEnv } from "./repository.ts";

export interface GitRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** `user:password` as sent; null without. */
  readonly credentials: string | null;
  readonly headers: IncomingMessage["headers"];
}

export interface GitHttpServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The repository's URL. */
  readonly url: string;
  readonly received: readonly GitRequest[];
}

/** What a request is answered with instead of git's own answer. */
export type GitDoor = (request: GitRequest) => Refused | undefined | Promise<Refused | undefined>;

interface Refused {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Lets in who brings one of these `user:password`; anybody else is asked for one. */
export function basicAuth(...accounts: readonly string[]): GitDoor {
  return ({ credentials }) =>
    credentials !== null && accounts.includes(credentials)
      ? undefined
      : { status: 401, headers: { "www-authenticate": 'Basic realm="git"' }, body: "who are you?\n" };
}

/** A real git server over HTTP on loopback, for one bare repository. Pushing is allowed to whom the door lets in. */
export async function gitHttpServer(
  repository: string,
  door: GitDoor = () => undefined,
): Promise<GitHttpServer> {
  const received: GitRequest[] = [];
  const running = new Set<ChildProcess>();
  const http = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    const credentials = basic(headers.authorization);
    const seen = { method, path, credentials, headers };
    received.push(seen);
    const refused = await door(seen);
    if (refused) response.writeHead(refused.status, { ...refused.headers }).end(refused.body ?? "");
    else answer(repository, request, response, running);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const child of running) child.kill("SIGKILL");
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const { port } = http.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return { origin, url: `${origin}/origin.git`, received };
}

function basic(authorization: string | undefined): string | null {
  const encoded = /^basic (.+)$/i.exec(authorization ?? "")?.[1];
  return encoded === undefined ? null : Buffer.from(encoded, "base64").toString("utf8");
}

/** One request through `git http-backend`, which speaks CGI. */
function answer(
  repository: string,
  request: IncomingMessage,
  response: ServerResponse,
  running: Set<ChildProcess>,
): void {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const { headers } = request;
  const child = spawn("git", ["-c", "http.receivepack=true", "http-backend"], {
    env: {
      ...gitEnv,
      PATH_TRANSLATED: repository + path.replace(/^\/[^/]+/, ""),
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: headers["content-type"] ?? "",
      ...(headers["content-length"] ? { CONTENT_LENGTH: headers["content-length"] } : {}),
      ...(headers["content-encoding"] ? { HTTP_CONTENT_ENCODING: headers["content-encoding"] } : {}),
      ...(headers["git-protocol"] ? { GIT_PROTOCOL: String(headers["git-protocol"]) } : {}),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  running.add(child);
  const chunks: Buffer[] = [];
  child.stdin.on("error", () => {});
  request.pipe(child.stdin);
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => {
    running.delete(child);
    const all = Buffer.concat(chunks);
    const end = all.indexOf("\r\n\r\n");
    // It was ended, with the test, before it had anything to say.
    if (end === -1) return void response.destroy();
    const head = all.subarray(0, end).toString("latin1").split("\r\n");
    const fields = head.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string]);
    const status = Number.parseInt(fields.find(([name]) => name === "Status")?.[1] ?? "200", 10);
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== "Status")));
    response.end(all.subarray(end + 4));
  });
}

/** `git daemon` for the folder that a bare repository is in; undefined where git comes without it. */
export async function gitDaemon(folder: string): Promise<string | undefined> {
  const program = join(execFileSync("git", ["--exec-path"]).toString().trim(), "git-daemon");
  if (!existsSync(program)) return undefined;
  const options = ["--inetd", "--export-all", "--enable=receive-pack", `--base-path=${folder}`];
  const running = new Map<ChildProcess, Socket>();
  // One for each connection, as inetd has it: it could not say which port it has chosen itself.
  const daemon = createTcpServer({ allowHalfOpen: true }, (socket) => {
    const child = spawn(program, options, { env: gitEnv, stdio: ["pipe", "pipe", "ignore"] });
    running.set(child, socket);
    child.once("close", () => running.delete(child));
    child.stdin.on("error", () => {});
    socket.on("error", () => {});
    socket.pipe(child.stdin);
    child.stdout.pipe(socket);
  });
  await new Promise<void>((resolve) => daemon.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const [child, socket] of running) {
      child.kill("SIGKILL");
      socket.destroy();
    }
    await new Promise((resolve) => daemon.close(resolve));
  });
  return `git://127.0.0.1:${(daemon.address() as AddressInfo).port}`;
}
