import type { PrometheusPlace } from "../../clients/prometheus/types.ts";
import type { EnvReader, HttpReader, ProgramReader } from "../../clients/readers.ts";

/** What a source works with; all of it is the caller's to close. */
export interface SourceClients {
  readonly http: HttpReader;
  readonly env: EnvReader;
  readonly programs: ProgramReader;
}

/** Prometheus, and what it may fill into a query besides labels: `{{version}}`, `{{environment}}`. */
export interface PrometheusOptions extends PrometheusPlace {
  readonly values?: Readonly<Record<string, string>>;
  /** A minute is read when it has been over for so long: scrapes and remote writes take their time. Default: 15 s. */
  readonly settleMs?: number;
}

export interface ProberOptions {
  readonly url: string;
  /** Requests a second. Default: 5. */
  readonly rate?: number;
  /** Requests in flight. Default: 10. */
  readonly concurrency?: number;
  /** Milliseconds; a request that takes longer is a bad one. Default: 10 s. */
  readonly timeoutMs?: number;
  /** Default: 5. */
  readonly maxRedirects?: number;
  readonly caFile?: string;
}

export interface K6Options {
  /** What `k6 run --summary-export FILE` or a script's `handleSummary` wrote, as JSON. */
  readonly summary: string;
}

export interface ExecOptions {
  readonly run: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Milliseconds for one run. Default: 30 s. */
  readonly timeoutMs?: number;
  /** Names of variables that the program gets besides the few that every one gets; taken as secrets. */
  readonly env?: readonly string[];
}

/**
 * What `SignalQuery.query` may say to Prometheus. All of it are templates: `{{labels}}` stands for the query's labels
 * (`job="shop",version="v1.4.2"`), `{{window}}` for `1m`; `{{version}}`, `{{environment}}`, `{{service}}`, `{{arm}}` stand
 * within quotes only.
 *
 * A counter's selector alone (`http_requests_total{code=~"5..",{{labels}}}`; labels are put in where it says none) is
 * counted from one minute's end to the next, so that every request counts exactly once, new series and restarts included.
 * Anything else is PromQL that gives a number for the minute before the moment it is asked for: `sum(increase(x{{{labels}}}[{{window}}]))`.
 */
export interface PrometheusQuery {
  /** `errors`, and `latency` without a histogram. Default: `http_requests_total`. */
  readonly total?: string;
  /** Default, for `errors`: `http_requests_total{code=~"5.."}`. */
  readonly bad?: string;
  /** `latency`: name, or selector, of a classic or native histogram, without `_bucket`. Default: `http_request_duration_seconds`. */
  readonly histogram?: string;
  /** `saturation`: 0 to 1. */
  readonly query?: string;
  /** `true`: the saturation's query gives 0 to 100. */
  readonly percent?: string;
}

/** What it may say to the prober. */
export interface ProberQuery {
  /** Default: that of the options. */
  readonly url?: string;
}

/** What it may say to k6. */
export interface K6Query {
  /** `errors`: the rate metric to read. Default: `http_req_failed`. `latency`: the trend, in milliseconds. Default: `http_req_duration`. */
  readonly metric?: string;
  /** `errors`: a metric whose thresholds are read instead, `*` for all: every request counts as bad when one was crossed. */
  readonly thresholds?: string;
}
