import { parseObject } from "../../core/json.ts";
import { printable } from "../../core/text.ts";
import type { HttpAnswer } from "../readers.ts";
import { PrometheusFailure } from "./failure.ts";
import type { Sample, Series, SeriesAnswer } from "./types.ts";

interface Envelope {
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/**
 * Takes the data out of what Prometheus answered.
 * @throws PrometheusFailure when it refuses, is not well, answers in part, or is no Prometheus
 */
export function envelope(answer: HttpAnswer): Envelope {
  const { status, body, bodyCut } = answer;
  if (status >= 300 && status < 400) throw redirected(answer);
  if (bodyCut) {
    throw new PrometheusFailure(
      "too-large",
      `the answer is larger than ${Math.round(Buffer.byteLength(body) / 1024 / 1024)} MiB`,
      "ask for fewer series: sum() over what does not matter",
    );
  }
  const json = parseObject(body);
  if (json?.["status"] === "success" && status < 300) {
    const partial = json["isPartial"] === true ? ["the answer is partial"] : [];
    return {
      data: json["data"],
      warnings: [...partial, ...words(json["warnings"])],
      infos: words(json["infos"]),
    };
  }
  throw json?.["status"] === "error" ? refused(answer, json) : stranger(answer, json !== undefined);
}

function refused({ status }: HttpAnswer, json: Record<string, unknown>): PrometheusFailure {
  const type = typeof json["errorType"] === "string" ? json["errorType"] : "";
  const said = typeof json["error"] === "string" ? json["error"] : "no reason given";
  // VictoriaMetrics repeats the whole of it, however long it is.
  const text = printable(said.replace(/query="(?:[^"\\]|\\.)*"/g, "the query"), 600);
  if (status === 401 || status === 403) return denied(status, text);
  if (type === "bad_data" || type === "execution" || status === 400 || status === 422) {
    return new PrometheusFailure("query", text);
  }
  // A query that took too long would only take as long again.
  return new PrometheusFailure(
    "unavailable",
    `it answered ${status}: ${text}`,
    undefined,
    type !== "timeout",
  );
}

function stranger({ status, headers, body, url }: HttpAnswer, isJson: boolean): PrometheusFailure {
  const first = printable(body.trim().split("\n", 1)[0] ?? "", 200);
  const isHtml = /html/i.test(headers["content-type"] ?? "") || /^\s*<(!doctype|html)/i.test(body);
  if (status === 401 || status === 403) return denied(status, isHtml || isJson ? "" : first);
  if (status === 429 || status >= 500) {
    const why = isHtml || !first ? "" : `: ${first}`;
    return new PrometheusFailure("unavailable", `it answered ${status}${why}`, undefined, true);
  }
  if (status === 413 || status === 414 || status === 431) {
    return new PrometheusFailure("query", `the query is too long for it (${status})`);
  }
  if (status === 422 || status === 400)
    return new PrometheusFailure("query", first || `it answered ${status}`);
  const what = isHtml ? "HTML" : isJson ? "JSON of another kind" : "something that is not JSON";
  const from = new URL(url).origin;
  return new PrometheusFailure(
    "address",
    status === 200 ? `${from} answers ${what}, not Prometheus' API` : `${from} answered ${status} (${what})`,
    isHtml
      ? "is that a login page or a web interface? The URL must be the one that /api/v1/query comes after"
      : "the URL must be the one that /api/v1/query comes after",
  );
}

function denied(status: number, text: string): PrometheusFailure {
  return new PrometheusFailure(
    "access",
    `it does not let us in: it answered ${status}${text ? `: ${text}` : ""}`,
    "name the variable of a token (tokenEnv), or of user and password, that may read",
  );
}

function redirected({ status, headers }: HttpAnswer): PrometheusFailure {
  const to = printable((headers["location"] ?? "nowhere").replace(/\?.*/s, ""), 200);
  return new PrometheusFailure(
    "address",
    `it redirects (${status}) to ${to}`,
    "set the URL to where the API really is",
  );
}

function words(list: unknown): string[] {
  return Array.isArray(list) ? list.slice(0, 20).map((text) => printable(String(text), 300)) : [];
}

/** Series out of `data`. @throws PrometheusFailure when it is of another shape */
export function seriesOf({ data, warnings, infos }: Envelope): SeriesAnswer {
  const { resultType, result } = Object(data) as { resultType?: unknown; result?: unknown };
  if (resultType === "scalar")
    return { series: [{ labels: {}, samples: [sample(result)] }], warnings, infos };
  if ((resultType !== "matrix" && resultType !== "vector") || !Array.isArray(result)) throw malformed();
  const series = result.map((one: unknown): Series => {
    const { metric, value, values } = Object(one) as Record<string, unknown>;
    const samples = resultType === "vector" ? (value === undefined ? [] : [value]) : (values ?? []);
    if (!Array.isArray(samples)) throw malformed();
    return { labels: labelsOf(metric), samples: samples.map(sample) };
  });
  return { series, warnings, infos };
}

function labelsOf(metric: unknown): Record<string, string> {
  const entries = Object.entries(Object(metric) as object);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function sample(pair: unknown): Sample {
  if (!Array.isArray(pair) || typeof pair[0] !== "number" || typeof pair[1] !== "string") throw malformed();
  return [Math.round(pair[0] * 1000), number(pair[1])];
}

function number(text: string): number {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : text === "" ? Number.NaN : Number(text);
}

function malformed(): PrometheusFailure {
  return new PrometheusFailure("address", "it answered JSON that is not of Prometheus' shape");
}
