import { isCertificateCode } from "../../clients/http/cause.ts";
import type { HttpAnswer, SentinelCheck } from "../../clients/readers.ts";
import { TryAgain } from "../../core/check.ts";
import type { Judgement } from "../../core/finding.ts";
import { retryAfterMs } from "../../core/retry-after.ts";
import { duration, shellWord, showUrl } from "../../core/text.ts";
import { urlHost } from "./address.ts";
import { bodyProblems } from "./assertions.ts";
import { type Failure, failed, limits } from "./attempt.ts";
import { versionExpected, versionProblems, versionTold } from "./deployed-version.ts";
import { type HttpOptions, httpSchema, type Status, secretNames } from "./http-options.ts";

type Answer = {
  status: number;
  redirects: number;
  /** Scheme, host and port that answered. */
  origin: string;
  /** To the headers of the last answer. */
  seconds: number;
  /** Assertions about the body that do not hold. Of the body itself nothing is kept. */
  problems: string[];
  /** The version that was told, null when none was (or none was asked about). */
  version: string | null;
};
type Seen = { answer: Answer; failure: null } | { answer: null; failure: Failure };

const bodyBytes = 1024 * 1024;
const passing = new Set([429, 500, 502, 503, 504]);

/** Does the URL answer as expected? */
export const http: SentinelCheck<HttpOptions, Seen> = {
  id: "http",
  question: "Does the URL answer as expected?",
  kind: "health",
  reach: "network",
  paths: ["caFile"],
  defaults: { url: "", method: "GET", status: 200, maxRedirects: 5 },
  schema: httpSchema,
  host: urlHost,
  secrets: secretNames,
  limits,
  async observe({ readers, options, signal }) {
    const { url, method, headers = {}, maxRedirects, caFile } = options;
    let answer: HttpAnswer;
    try {
      const trust = caFile === undefined ? {} : { caFile };
      const maxBodyBytes = wantsBody(options) ? bodyBytes : 0;
      answer = await readers.http.request({
        url,
        method,
        headers,
        maxRedirects,
        maxBodyBytes,
        ...trust,
        signal,
      });
    } catch (error) {
      return failed<Seen>(error, (failure) => ({ answer: null, failure }));
    }
    const seen: Seen = { answer: observed(answer, options), failure: null };
    if (passing.has(answer.status) && !accepts(options.status, answer.status)) {
      throw new TryAgain(seen, { retryAfterMs: retryAfterMs(answer.headers["retry-after"]) });
    }
    return seen;
  },
  judge(seen, { options, target }) {
    const url = showUrl(options.url);
    if (!seen.answer) {
      return {
        status: "fail",
        message: `API CRITICAL: ${url} unreachable (${seen.failure.cause})`,
        remedy: reach(options.url, seen.failure.code),
      };
    }
    const { answer } = seen;
    const metrics = [{ name: "time", value: answer.seconds, unit: "s" }];
    if (!accepts(options.status, answer.status)) {
      const by = answer.redirects > 0 ? [`answered by ${answer.origin} after redirects`] : [];
      const message = `API CRITICAL: ${url} returned ${answer.status}`;
      return {
        status: "fail",
        message,
        details: [...by, ...expected(options.status)],
        remedy: reach(options.url),
        metrics,
      };
    }
    const expectedVersion = versionExpected(options.version, target);
    const version = versionProblems(answer.version, expectedVersion, options.version);
    const problems = [...answer.problems, ...version, ...slow(answer.seconds, options.maxLatencyMs)];
    if (problems.length > 0) {
      const message = `API CRITICAL: ${url}: ${problems.join("; ")}`;
      return { status: "fail", message, remedy: reach(options.url), metrics };
    }
    if (options.version && expectedVersion === undefined) return noVersion(url);
    return { status: "ok", message: `API OK: ${url}`, metrics };
  },
};

function observed(answer: HttpAnswer, options: HttpOptions): Answer {
  const { status, redirects, url, tookMs, body, bodyCut } = answer;
  const asExpected = accepts(options.status, status);
  const problems =
    options.method === "HEAD" && wantsBody(options)
      ? ["an answer to HEAD has no body: use GET"]
      : bodyProblems(body, bodyCut, options.body ?? {});
  return {
    status,
    redirects,
    origin: new URL(url).origin,
    seconds: Math.round(tookMs) / 1000,
    problems: asExpected ? problems : [],
    version: asExpected ? versionTold(answer, options.version) : null,
  };
}

function wantsBody({ body, version }: HttpOptions): boolean {
  return body !== undefined || (version !== undefined && version.header === undefined);
}

function noVersion(url: string): Judgement {
  return {
    status: "unknown",
    message: `API: ${url}: there is no version to compare the deployed one with`,
    remedy: "give --version, or set version.equals",
  };
}

function slow(seconds: number, maxLatencyMs: number | undefined): string[] {
  if (maxLatencyMs === undefined || seconds * 1000 <= maxLatencyMs) return [];
  return [`took ${duration(seconds * 1000)}, expected at most ${duration(maxLatencyMs)}`];
}

function accepts(wanted: Status, status: number): boolean {
  if (typeof wanted === "string") return wanted[0] === String(status)[0];
  return Array.isArray(wanted) ? wanted.includes(status) : wanted === status;
}

function expected(wanted: Status): string[] {
  return wanted === 200 ? [] : [`expected ${Array.isArray(wanted) ? wanted.join(", ") : wanted}`];
}

/** What to type to see for oneself. */
function reach(url: string, code = ""): string {
  if (code === "BAD_URL") return "write it as https://host/path";
  if (code === "BAD_HEADER") return "look for line breaks in the variables that the headers name";
  if (isCertificateCode(code))
    return "trust its issuer with caFile or NODE_EXTRA_CA_CERTS, or renew the certificate";
  return `curl -sv -o /dev/null ${shellWord(showUrl(url))}`;
}
