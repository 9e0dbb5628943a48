import { monotonicMs } from "../core/clock.ts";
import type { Secrets } from "../core/mask.ts";
import { addUrlPassword } from "./env.ts";
import { Agents } from "./http/agents.ts";
import { extraCertificates } from "./http/certificates.ts";
import { exchange, type Reply } from "./http/exchange.ts";
import { parseUrl, redirectTarget, takeUserinfo } from "./http/url.ts";
import {
  type EnvReader,
  type HttpAnswer,
  type HttpPost,
  type HttpReader,
  type HttpRequest,
  type HttpWriter,
  NetworkFailure,
} from "./readers.ts";

/** Bytes of the answer to a post that are read: enough for a reason. */
const postAnswerBytes = 4096;

const ours = { "User-Agent": "release-sentinel", Accept: "*/*", "Accept-Encoding": "identity" };

export interface HttpClient extends HttpReader, HttpWriter {
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
    post: (post) => send(post, agents, secrets),
    close: () => agents.close(),
  };
}

async function ask(request: HttpRequest, agents: Agents, secrets: Secrets): Promise<HttpAnswer> {
  const started = monotonicMs();
  const { method = "GET", maxRedirects = 0, maxBodyBytes = 0, signal } = request;
  addUrlPassword(request.url, secrets);
  let url = parseUrl(request.url);
  let given = withUserinfo(request.headers ?? {}, url);
  const ca = await extraCertificates(request);
  for (let redirects = 0; ; redirects++) {
    const carrier = await agents.carrier(url.protocol, { direct: request.noProxy ?? false, reuse: true, ca });
    const bodyBytes = (status: number) => (maxRedirects > 0 && isRedirect(status) ? 0 : maxBodyBytes);
    const reply = await exchange({ carrier, url, method, headers: { ...ours, ...given }, bodyBytes, signal });
    const location = maxRedirects > 0 && isRedirect(reply.status) ? reply.headers["location"] : undefined;
    if (location === undefined) return answer(reply, url, redirects, started);
    if (redirects >= maxRedirects) {
      throw new NetworkFailure("TOO_MANY_REDIRECTS", `more than ${maxRedirects} redirects`);
    }
    const next = redirectTarget(location, url);
    addUrlPassword(next.href, secrets);
    // Credentials, and whatever else was given, are for the host they were given for; they do not come back either.
    given = withUserinfo(next.origin === url.origin ? given : {}, next);
    url = next;
  }
}

async function send(post: HttpPost, agents: Agents, secrets: Secrets): Promise<HttpAnswer> {
  const started = monotonicMs();
  addUrlPassword(post.url, secrets);
  const url = parseUrl(post.url);
  const headers = {
    ...ours,
    ...withUserinfo(post.headers, url),
    "Content-Length": String(Buffer.byteLength(post.body)),
  };
  const carrier = await agents.carrier(url.protocol, { direct: false, reuse: false, ca: undefined });
  const { body, signal } = post;
  const reply = await exchange({
    carrier,
    url,
    method: "POST",
    headers,
    body,
    bodyBytes: () => postAnswerBytes,
    signal,
  });
  return answer(reply, url, 0, started);
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
