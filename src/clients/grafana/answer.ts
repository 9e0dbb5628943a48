import { parseObject } from "../../core/json.ts";
import { printable } from "../../core/text.ts";
import type { HttpAnswer } from "../readers.ts";
import { GrafanaFailure } from "./failure.ts";

/** What was asked for, as it is said when it cannot be had. */
export interface Asked {
  /** `read dashboard abc` */
  readonly doing: string;
  /** A right that a token needs for it: `dashboards:read`. */
  readonly right?: string;
  /** What is not there, when the answer is 404. */
  readonly what?: string;
  readonly isWrite?: boolean;
}

/** JSON of a good answer. @throws GrafanaFailure for every other */
export function jsonOf(answer: HttpAnswer, asked: Asked): unknown {
  if (answer.status !== 200 && answer.status !== 207) throw refusal(answer, asked);
  if (answer.bodyCut) throw tooLarge(answer, asked);
  if (isTooDeep(answer.body)) throw tooDeep(asked);
  const json = parseObject(answer.body);
  if (json === undefined) throw stranger(answer, asked);
  return json;
}

export function tooLarge({ body }: HttpAnswer, { doing }: Asked): GrafanaFailure {
  const megabytes = Math.round(Buffer.byteLength(body) / 1e6);
  return new GrafanaFailure("too-large", `cannot ${doing}: the answer is larger than ${megabytes} MB`);
}

/** Deeper than anything that Grafana's page makes; what walks through it goes as deep. */
const deepest = 200;

export function isTooDeep(json: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < json.length; i++) {
    const mark = json[i];
    if (isInText) {
      if (mark === "\\") i += 1;
      else isInText = mark !== '"';
    } else if (mark === '"') isInText = true;
    else if (mark === "[" || mark === "{") depth += 1;
    else if (mark === "]" || mark === "}") depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

export function tooDeep({ doing }: Asked): GrafanaFailure {
  return new GrafanaFailure("too-large", `cannot ${doing}: the answer is nested more than ${deepest} deep`);
}

export function refusal(answer: HttpAnswer, asked: Asked): GrafanaFailure {
  const { status } = answer;
  const { doing, right, what, isWrite = false } = asked;
  if (status >= 300 && status < 400) return redirected(answer, asked);
  const said = wordsOf(answer.body);
  // A login page, or a proxy's own error, is not Grafana's word.
  if (said === null && status !== 429 && status < 500) return stranger(answer, asked);
  const because = said ? `: ${said}` : "";
  if (status === 401) {
    return new GrafanaFailure("token", `cannot ${doing}: Grafana does not accept the token (401)${because}`, {
      status,
      remedy: "put the token of a service account that still exists into GRAFANA_API_KEY",
    });
  }
  if (status === 403) {
    return new GrafanaFailure("permission", `cannot ${doing}: the token may not (403)${because}`, {
      status,
      remedy: right
        ? `give the service account the right ${right}, or the role that has it`
        : "give the service account more rights",
    });
  }
  if (status === 404) {
    return new GrafanaFailure("missing", `cannot ${doing}: ${what ?? "it"} is not there (404)${because}`, {
      status,
    });
  }
  if (status === 413) {
    return new GrafanaFailure(
      "too-large",
      `cannot ${doing}: it is too large for Grafana, or for a proxy (413)`,
      {
        status,
      },
    );
  }
  if (status === 429 || status >= 500) {
    return new GrafanaFailure("down", `cannot ${doing}: Grafana answered ${status}${because}`, {
      status,
      remedy: "look at Grafana's log, then run it again",
      passing: status !== 500,
      uncertain: isWrite && status >= 500,
    });
  }
  return new GrafanaFailure("refused", `cannot ${doing}: Grafana answered ${status}${because}`, { status });
}

/** `message` of Grafana's own errors; null when it is none of them. One line, without markup. */
export function wordsOf(body: string): string | null {
  const json = parseObject(body) ?? {};
  const said = json["message"] ?? json["error"];
  return typeof said === "string" ? printable(said, 400) : null;
}

function redirected({ status, headers }: HttpAnswer, { doing }: Asked): GrafanaFailure {
  const to = printable((headers["location"] ?? "nowhere").replace(/[?#].*/s, ""), 200);
  const isLogin = /\/(login|signin|sign_in|oauth|auth)\b/i.test(to);
  return new GrafanaFailure(
    isLogin ? "token" : "address",
    isLogin
      ? `cannot ${doing}: it leads to a login (${status}, ${to})`
      : `cannot ${doing}: it redirects (${status}) to ${to}`,
    {
      status,
      remedy: isLogin
        ? "a proxy before Grafana wants its own login: name an address at which GRAFANA_API_KEY is enough"
        : "set GRAFANA_URL to where Grafana really is",
    },
  );
}

function stranger({ status, headers, body }: HttpAnswer, { doing }: Asked): GrafanaFailure {
  const isHtml = /html/i.test(headers["content-type"] ?? "") || /^\s*<(!doctype|html)/i.test(body);
  const what = isHtml ? "an HTML page" : "something that is not Grafana's JSON";
  return new GrafanaFailure("address", `cannot ${doing}: what answers there gives ${what} (${status})`, {
    status,
    remedy: isHtml
      ? "is that a login page? GRAFANA_URL must be the address before /api, with its path, and open to a token"
      : "GRAFANA_URL must be the address before /api, with its path",
  });
}
