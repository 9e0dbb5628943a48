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

export interface PromRange {
  /** Milliseconds since 1970, both included. */
  readonly start: number;
  readonly end: number;
  readonly stepMs: number;
}

/** Every method throws PrometheusFailure, or the signal's reason. */
export interface Prometheus {
  /** The URL as it may be shown. */
  readonly shown: string;
  readonly concurrency: number;
  /** How many milliseconds the server's clock is ahead of ours. */
  clock(signal: AbortSignal): Promise<number>;
  range(query: string, range: PromRange, signal: AbortSignal): Promise<SeriesAnswer>;
  /** At the server's own now, or at a moment. */
  instant(query: string, at: number | null, signal: AbortSignal): Promise<SeriesAnswer>;
  /** The labels of at most `limit` series that a selector matches; more are not told. */
  series(
    selector: string,
    between: { readonly start: number; readonly end: number },
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Readonly<Record<string, string>>[]>;
}
