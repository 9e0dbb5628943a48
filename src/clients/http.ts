import { monotonicMs } from "../core/clock.ts";
import type { Secrets } from "../core/mask.ts";
import { addUrlPassword } from "./env.ts";
import { Agents } from "./http/agents.ts";
import { extraCertificates } from "./http/certificates.ts";
import { exchange, type Reply, type Sending } from "./http/exchange.ts";
import { parseUrl, redirectTarget, takeUserinfo } from "./http/url.ts";
import {
  type EnvReader,
  type HttpAnswer,
  type HttpDownload,
  type HttpDownloader,
  type HttpReader,
  type HttpRequest,
  type HttpSend,
  type HttpWriter,
  NetworkFailure,
} from "./readers.ts";

/** Bytes of the answer to what was sent that are read when nothing else is said: enough for a reason. */
const sentAnswerBytes = 4096;
const sentRedirects = 3;

const ours = { "User-Agent": "release-sentinel", Accept: "*/*", "Accept-Encoding": "identity" };

export interface HttpClient extends HttpReader, HttpWriter, HttpDownloader {
  /** Closes every connection. */
  close(): void;
}

/**
 * HTTP on node:http and node:https: kept connections, proxies from the environment.
 * @param env where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are
 * @param secrets gets the passwords that URLs hold
 */
export function createHttp({ env, secrets }: { env: EnvReader; secrets: Secrets }): HttpClient {
  const agents = new Agents(env);
  return {
    request: (request) => ask(request, agents, secrets),
    download: (download) => ask({ ...download, maxBodyBytes: sentAnswerBytes }, agents, secrets),
    post: (post) => send({ ...post, method: "POST" }, agents, secrets, 0),
    send: (sending) => send(sending, agents, secrets, sentRedirects),
    close: () => agents.close(),
  };
}

async function ask(
  request: HttpRequest & Partial<HttpDownload>,
  agents: Agents,
  secrets: Secrets,
): Promise<HttpAnswer> {
  const started = monotonicMs();
  const { form, maxRedirects = 0, maxBodyBytes = 0, signal } = request;
  const method = form === undefined ? (request.method ?? "GET") : "POST";
  addUrlPassword(request.url, secrets);
  let url = parseUrl(request.url);
  let given = withUserinfo(form === undefined ? (request.headers ?? {}) : formHeaders(request, form), url);
  const ca = await extraCertificates(request);
  for (let redirects = 0; ; redirects++) {
    const carrier = await agents.carrier(url.protocol, { direct: request.noProxy ?? false, reuse: true, ca });
    const bodyBytes = (status: number) => (maxRedirects > 0 && isRedirect(status) ? 0 : maxBodyBytes);
    const sending = {
      carrier,
      url,
      method,
      headers: { ...ours, ...given },
      bodyBytes,
      signal,
      ...pouring(request),
    };
    const reply = await exchange(form === undefined ? sending : { ...sending, body: form });
    const location = maxRedirects > 0 && isRedirect(reply.status) ? reply.headers["location"] : undefined;
    if (location === undefined) return answer(reply, url, redirects, started);
    if (redirects >= maxRedirects) {
      throw new NetworkFailure("TOO_MANY_REDIRECTS", `more than ${maxRedirects} redirects`);
    }
    const next = form === undefined ? redirectTarget(location, url) : sameAgain(reply, url);
    if (!next) return answer(reply, url, redirects, started);
    addUrlPassword(next.href, secrets);
    // Credentials, and whatever else was given, are for the host they were given for; they do not come back either.
    given = withUserinfo(next.origin === url.origin ? given : {}, next);
    url = next;
  }
}

function pouring({ into, maxBytes = 0 }: Partial<HttpDownload>): Pick<Sending, "pour"> {
  return into ? { pour: { into, maxBytes } } : {};
}

function formHeaders({ headers }: HttpRequest, form: string): Record<string, string> {
  return {
    ...headers,
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": String(Buffer.byteLength(form)),
  };
}

async function send(
  sending: HttpSend,
  agents: Agents,
  secrets: Secrets,
  maxRedirects: number,
): Promise<HttpAnswer> {
  const started = monotonicMs();
  const { method, body, signal, onProgress, maxBodyBytes = sentAnswerBytes } = sending;
  addUrlPassword(sending.url, secrets);
  let url = parseUrl(sending.url);
  const length = lengthOf(body);
  const headers = {
    ...ours,
    ...withUserinfo(sending.headers, url),
    ...(method === "DELETE" && length === 0 ? {} : { "Content-Length": String(length) }),
  };
  const carrier = await agents.carrier(url.protocol, { direct: false, reuse: false, ca: undefined });
  for (let redirects = 0; ; redirects++) {
    const bodyBytes = () => maxBodyBytes;
    const reply = await exchange({ carrier, url, method, headers, body, bodyBytes, onProgress, signal });
    const next = redirects < maxRedirects ? sameAgain(reply, url) : undefined;
    if (!next) return answer(reply, url, redirects, started);
    url = next;
  }
}

/** Where to send the same once more: only what asks for that, and only within the origin that the headers are for. */
function sameAgain({ status, headers }: Reply, from: URL): URL | undefined {
  const location = headers["location"];
  if ((status !== 307 && status !== 308) || location === undefined) return undefined;
  const next = redirectTarget(location, from);
  return next.origin === from.origin && !next.username && !next.password ? next : undefined;
}

function lengthOf(body: HttpSend["body"]): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.byteLength : body.bytes;
}

function answer(
  { status, headers, body, bodyCut, at }: Reply,
  url: URL,
  redirects: number,
  started: number,
): HttpAnswer {
  return { status, headers, body, bodyCut, url: url.href, redirects, tookMs: at - started };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** An Authorization header that was given wins over the URL's user information. */
function withUserinfo(headers: Readonly<Record<string, string>>, url: URL): Readonly<Record<string, string>> {
  const basic = takeUserinfo(url);
  const given = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  return basic === undefined || given ? headers : { ...headers, Authorization: basic };
}
