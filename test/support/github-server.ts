import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  answerProblem,
  type Json,
  type Matched,
  operationFor,
  requestProblems,
} from "./github-description.ts";
import { type Incoming, type Routed, type RouteOptions, refuse, routes } from "./github-routes.ts";
import { GitHubState, type SeedRelease, type StateOptions } from "./github-state.ts";

/** What goes wrong: before the work is done or after it; `hang-after` has done it too. */
export type Fault =
  | "drop-before"
  | "drop-after"
  | "hang"
  | "hang-after"
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      /** An upload leaves an empty asset behind. */
      readonly starter?: boolean;
      /** The work is done all the same. */
      readonly done?: boolean;
    };

export interface GitHubRequest {
  /** Counts from 1. */
  readonly n: number;
  readonly method: string;
  /** Path and query, as it was asked for. */
  readonly path: string;
  /** GitHub's name of the operation. */
  readonly operation: string;
  /** Counts from 1, for the operation. */
  readonly nth: number;
}

export interface GitHubServerOptions
  extends Partial<RouteOptions>,
    Partial<Omit<StateOptions, "releases" | "immutable">> {
  /** The one that is accepted. */
  readonly token: string;
  readonly releases?: readonly SeedRelease[];
  /** `/api/v3`, as Enterprise has it. */
  readonly prefix?: string;
  /** A name that the repository had: it redirects. */
  readonly formerly?: string;
  /** Sent with every answer: scopes, expiry. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Versions of the API that are known. */
  readonly versions?: readonly string[];
  readonly faults?: (request: GitHubRequest) => Fault | undefined;
  /** Told of every request before it is answered. */
  readonly onRequest?: (request: GitHubRequest) => void;
}

export interface GitHubServer {
  /** For `GITHUB_API_URL`. */
  readonly url: string;
  readonly port: number;
  readonly state: GitHubState;
  /** What did not conform to GitHub's description, on either side. */
  readonly violations: readonly string[];
  readonly requests: readonly GitHubRequest[];
  close(): Promise<void>;
}

/** A stand-in for GitHub's API: checks every request by GitHub's own description, and answers as it does. */
export async function startGitHub(options: GitHubServerOptions): Promise<GitHubServer> {
  const { repository = "octo/demo", immutable = false, prefix = "" } = options;
  const state = new GitHubState({ ...options, repository, immutable });
  const table = routes(state, {
    login: "releaser",
    push: true,
    installation: false,
    private: false,
    archived: false,
    burned: [],
    rulesets: [],
    blind: false,
    ...options,
    immutable,
  });
  const violations: string[] = [];
  const requests: GitHubRequest[] = [];
  const http = createServer((request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    handle(request, response).catch((error: unknown) => {
      violations.push(`the stand-in failed: ${String(error)}`);
      response.destroy();
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const url = new URL(request.url ?? "/", origin);
    const body = await read(request);
    if (url.pathname === "/stand-in/state") {
      return say(response, { status: 200, body: { state: snapshot(state), violations, requests } });
    }
    const moved = movedTo(url, request.method ?? "", options.formerly, prefix);
    if (moved)
      return say(response, {
        status: moved.status,
        body: {},
        headers: { Location: `${origin}${moved.path}` },
      });
    const matched = match(request.method ?? "", url, { prefix, repository });
    const operation = matched?.operation.id ?? "none";
    const nth = requests.filter((one) => one.operation === operation).length + 1;
    const { method = "", url: path = "" } = request;
    const seen = { n: requests.length + 1, method, path, operation, nth };
    requests.push(seen);
    options.onRequest?.(seen);
    const fault = options.faults?.(seen);
    const incoming: Incoming = {
      parameters: matched?.parameters ?? {},
      query: url.searchParams,
      contentType: request.headers["content-type"] ?? "",
      json: jsonOf(body.raw),
      ...body,
      origin: `${origin}${prefix}`,
      uploads: `${origin}/api/uploads`,
      storage: `http://127.0.0.1:${(storage.address() as AddressInfo).port}/assets`,
    };
    const work = () => answer(request, matched, incoming);
    if (fault === "hang") return;
    if (fault === "drop-before") return void response.destroy();
    if (fault === "hang-after") return void work();
    if (fault === "drop-after") {
      work();
      return void response.destroy();
    }
    if (fault) {
      if (fault.done) work();
      if (fault.starter) table["repos/upload-release-asset"]?.({ ...incoming, whole: false });
      const refused = refuse(fault.status, "Something went wrong.");
      return say(response, {
        ...refused,
        ...(fault.body === undefined ? {} : { body: fault.body }),
        headers: fault.headers ?? {},
      });
    }
    say(response, work());
  }

  function answer(request: IncomingMessage, matched: Matched | null, incoming: Incoming): Routed {
    const version = request.headers["x-github-api-version"];
    const versions = options.versions ?? ["2022-11-28", "2026-03-10"];
    if (version !== undefined && !versions.includes(String(version))) {
      return refuse(400, `Unsupported 'X-GitHub-Api-Version' header: ${version}`);
    }
    const wrong = matched
      ? checked(request, matched, incoming)
      : ["is not an operation of GitHub's, or not here"];
    if (wrong.length > 0) {
      const told = `${request.method} ${request.url}: ${wrong.join("; ")}`;
      violations.push(told);
      return refuse(599, told);
    }
    if (request.headers.authorization !== `Bearer ${options.token}`) return refuse(401, "Bad credentials");
    const { owner, repo } = incoming.parameters;
    if (owner !== undefined && `${owner}/${repo}` !== repository) return refuse(404, "Not Found");
    const operation = matched?.operation;
    const routed = operation && table[operation.id]?.(incoming);
    if (!routed) return refuse(599, "the stand-in has no such route");
    const trouble = answerProblem(operation, routed.status, routed.body);
    if (trouble) violations.push(`the stand-in's answer to ${request.method} ${request.url}: ${trouble}`);
    return routed;
  }

  function say(response: ServerResponse, { status, body, headers }: Routed): void {
    const limits = { "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "0" };
    const type = body === null ? {} : { "Content-Type": "application/json; charset=utf-8" };
    response.writeHead(status, { ...limits, ...type, ...options.headers, ...headers });
    response.end(body === null ? undefined : JSON.stringify(body));
  }

  const storage = createServer((request, response) => {
    if (request.headers.authorization) violations.push(`the token went to ${request.url} of the storage`);
    const content = state.contents.get(Number(request.url?.split("/").at(-1)));
    response.writeHead(content ? 200 : 404, { "Content-Type": "application/octet-stream" }).end(content);
  });
  for (const server of [http, storage])
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    port,
    state,
    violations,
    requests,
    close: async () => {
      for (const server of [http, storage]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function checked(request: IncomingMessage, { operation }: Matched, incoming: Incoming): string[] {
  const { headers } = request;
  const wrong = requestProblems(operation, {
    query: incoming.query,
    contentType: incoming.contentType,
    body: incoming.json,
  });
  const content = operation.id === "repos/get-release-asset";
  const accept = content ? "application/octet-stream" : "application/vnd.github+json";
  if (headers.accept !== accept) wrong.push(`Accept is ${headers.accept}`);
  if (!headers["user-agent"]) wrong.push("there is no User-Agent");
  if (operation.id === "repos/upload-release-asset") {
    if (!headers["content-length"]) wrong.push("an upload without Content-Length");
    if (!incoming.contentType) wrong.push("an upload without Content-Type");
  }
  return wrong;
}

/** An operation, if it is for the repository that is here; uploads have a place of their own. */
function match(
  method: string,
  url: URL,
  { prefix, repository }: { prefix: string; repository: string },
): Matched | null {
  const upload = url.pathname.startsWith("/api/uploads/");
  const base = upload ? "/api/uploads" : prefix;
  if (!url.pathname.startsWith(`${base}/`)) return null;
  const path = url.pathname.slice(base.length).replace(/^\/repositories\/1(?=\/|$)/, `/repos/${repository}`);
  const matched = operationFor(method, path);
  return matched && (matched.operation.id === "repos/upload-release-asset") === upload ? matched : null;
}

function movedTo(url: URL, method: string, formerly: string | undefined, prefix: string) {
  const old = `${prefix}/repos/${formerly}`;
  if (formerly === undefined || !(url.pathname === old || url.pathname.startsWith(`${old}/`))) return null;
  const path = `${prefix}/repositories/1${url.pathname.slice(old.length)}${url.search}`;
  return { status: method === "GET" ? 301 : 307, path };
}

async function read(request: IncomingMessage): Promise<{ raw: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return { raw: Buffer.concat(chunks), whole: false };
  }
  return { raw: Buffer.concat(chunks), whole: request.complete };
}

function jsonOf(raw: Buffer): Json {
  try {
    return JSON.parse(raw.toString("utf8")) as Json;
  } catch {
    return {};
  }
}

function snapshot({ releases, tagsMade, deleted, deletedAssets, latest }: GitHubState) {
  return { releases, tagsMade, deleted, deletedAssets, latest };
}
