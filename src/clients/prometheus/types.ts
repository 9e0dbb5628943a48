/** Where Prometheus, or what speaks like it (Thanos, Mimir, VictoriaMetrics), is, and how to be let in. */
export interface PrometheusPlace {
  /** With the path before `/api/v1`, if there is one; query parameters are kept. */
  readonly url: string;
  /** Names of variables; `NAME_FILE` with a mounted file counts as NAME. */
  readonly tokenEnv?: string | undefined;
  readonly userEnv?: string | undefined;
  readonly passwordEnv?: string | undefined;
  /** Values may hold `${NAME}`, which is a secret then. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly caFile?: string | undefined;
  /** Milliseconds for one question. */
  readonly timeoutMs?: number | undefined;
  /** Questions in flight. */
  readonly concurrency?: number | undefined;
}

/** Milliseconds since 1970, and the value: possibly NaN or infinite. */
export type Sample = readonly [at: number, value: number];

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

export interface SeriesAnswer {
  readonly series: readonly Series[];
  /** It said itself that this is not all, or not right. */
  readonly warnings: readonly string[];
  /** What it has to say of the query. */
  readonly infos: readonly string[];
}

/** Milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Every method throws PrometheusFailure, or the signal's reason. */
export interface Prometheus {
  /** The URL as it may be shown. */
  readonly shown: string;
  readonly concurrency: number;
  /** How many milliseconds the server's clock is ahead of ours. */
  clock(signal: AbortSignal): Promise<number>;
  /** Both ends included. */
  range(query: string, span: Span, stepMs: number, signal: AbortSignal): Promise<SeriesAnswer>;
  /** At the server's own now, or at a moment. */
  instant(query: string, at: number | null, signal: AbortSignal): Promise<SeriesAnswer>;
  /** Names of the labels that series of a selector have; none where there are no such series. */
  labelNames(selector: string, between: Span, signal: AbortSignal): Promise<readonly string[]>;
  labelValues(
    label: string,
    selector: string,
    between: Span,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
