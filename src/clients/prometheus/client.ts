import { Aborted } from "../../core/check.ts";
import { createLimit } from "../../core/limit.ts";
import { sleep } from "../../core/sleep.ts";
import { duration, printable, showUrl } from "../../core/text.ts";
import { within } from "../../core/within.ts";
import { isCertificateCode } from "../http/cause.ts";
import { type EnvReader, type HttpAnswer, type HttpReader, NetworkFailure } from "../readers.ts";
import { accessHeaders } from "./access.ts";
import { envelope, seriesOf } from "./answer.ts";
import { PrometheusFailure } from "./failure.ts";
import type { Prometheus, PrometheusPlace, Span } from "./types.ts";

/** What we read of one answer: sums are small, and nothing may fill our memory. */
const maxBodyBytes = 8 * 1024 * 1024;
/** Longer URLs are refused on the way; the same question goes as a form then. */
const longestUrl = 2000;
const maxRedirects = 3;
export const defaultConcurrency = 16;
const defaultTimeoutMs = 10_000;
/** Before asking once more what the network, or a server that is just starting, did not answer. */
const pauseMs = 1000;

type Fields = readonly (readonly [name: string, value: string])[];

/** Reads Prometheus' HTTP API. Opens nothing before it is asked. */
export function createPrometheus(
  place: PrometheusPlace,
  { http, env }: { readonly http: HttpReader; readonly env: EnvReader },
): Prometheus {
  const { timeoutMs = defaultTimeoutMs, concurrency = defaultConcurrency, caFile } = place;
  const limit = createLimit(concurrency);
  // A server, or a proxy before it, that takes no forms is asked by URL from then on.
  let formRefused = false;

  async function send(path: string, fields: Fields, signal: AbortSignal): Promise<HttpAnswer> {
    const url = address(place.url, path);
    const text = formText(fields);
    const byUrl = `${url.href}${url.search ? "&" : "?"}${text}`;
    const given = { headers: accessHeaders(place, env), maxRedirects, maxBodyBytes, signal };
    const trust = caFile === undefined ? given : { ...given, caFile };
    if (byUrl.length <= longestUrl || formRefused) return http.request({ url: byUrl, ...trust });
    const answer = await http.request({ url: url.href, form: text, ...trust });
    if (answer.status !== 405 && answer.status !== 501) return answer;
    formRefused = true;
    return http.request({ url: byUrl, ...trust });
  }

  async function once(path: string, fields: Fields, signal: AbortSignal) {
    try {
      const answer = await within(timeoutMs, signal, (inner) => send(path, fields, inner));
      return envelope(answer);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw failure(error, timeoutMs);
    }
  }

  function ask(path: string, fields: Fields, signal: AbortSignal) {
    return limit(async () => {
      if (signal.aborted) throw signal.reason;
      try {
        return await once(path, fields, signal);
      } catch (error) {
        if (!(error instanceof PrometheusFailure && error.passing)) throw error;
        await sleep(pauseMs, signal);
        return await once(path, fields, signal);
      }
    });
  }

  async function list(path: string, selector: string, { start, end }: Span, signal: AbortSignal) {
    const fields: Fields = [
      ["match[]", selector],
      ["start", String(start / 1000)],
      ["end", String(end / 1000)],
    ];
    const { data } = await ask(path, fields, signal);
    return Array.isArray(data) ? data.map((text) => printable(String(text), 200)) : [];
  }

  const timeout = ["timeout", `${Math.ceil(timeoutMs / 1000)}s`] as const;
  return {
    shown: showUrl(place.url),
    concurrency,
    async clock(signal) {
      const asked = Date.now();
      const { series } = seriesOf(await ask("query", [["query", "time()"]], signal));
      const answered = Date.now();
      const seconds = series[0]?.samples[0]?.[1];
      if (seconds === undefined || !Number.isFinite(seconds)) {
        throw new PrometheusFailure("address", "it does not tell the time when asked for time()");
      }
      return Math.round(seconds * 1000 - (asked + answered) / 2);
    },
    async range(query, { start, end }, stepMs, signal) {
      const fields: Fields = [
        ["query", query],
        ["start", String(start / 1000)],
        ["end", String(end / 1000)],
        ["step", String(stepMs / 1000)],
        timeout,
      ];
      return seriesOf(await ask("query_range", fields, signal));
    },
    async instant(query, at, signal) {
      const moment = at === null ? [] : [["time", String(at / 1000)] as const];
      return seriesOf(await ask("query", [["query", query], ...moment, timeout], signal));
    },
    async labelNames(selector, span, signal) {
      const names = await list("labels", selector, span, signal);
      // VictoriaMetrics says that much of series that are not there, too.
      if (names.join() !== "__name__") return names;
      const metrics = await list("label/__name__/values", selector, span, signal);
      return metrics.length > 0 ? names : [];
    },
    labelValues: (label, selector, span, signal) =>
      list(`label/${encodeURIComponent(label)}/values`, selector, span, signal),
  };
}

/** Much quicker than URLSearchParams: hundreds of queries are megabytes. */
function formText(fields: Fields): string {
  return fields
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`)
    .join("&");
}

function address(base: string, path: string): URL {
  const url = URL.parse(base);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new PrometheusFailure(
      "address",
      `${showUrl(base)} is no URL of a Prometheus`,
      "write it as https://host:9090",
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "")}/api/v1/${path}`;
  url.hash = "";
  return url;
}

function failure(error: unknown, timeoutMs: number): unknown {
  if (error instanceof PrometheusFailure) return error;
  if (error instanceof Aborted) {
    return new PrometheusFailure("unavailable", `no answer within ${duration(timeoutMs)}`);
  }
  if (!(error instanceof NetworkFailure)) return error;
  const { code, message } = error;
  if (code === "TIMEOUT") return new PrometheusFailure("unavailable", message);
  if (code === "BAD_URL" || code === "TOO_MANY_REDIRECTS") return new PrometheusFailure("address", message);
  if (code === "BAD_HEADER" || code === "BAD_CA" || code === "BAD_PROXY") {
    return new PrometheusFailure("access", message);
  }
  if (isCertificateCode(code)) {
    return new PrometheusFailure("access", message, "name its issuer's certificate: caFile");
  }
  return new PrometheusFailure("unavailable", message, undefined, true);
}
