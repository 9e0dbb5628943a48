/** One fixed minute: `[start, start + 60 000)`, milliseconds since 1970, `start` a multiple of 60 000. */
export interface CountBucket {
  readonly start: number;
  /** Requests. May be fractional where a source extrapolates; never negative, NaN or infinite. */
  readonly total: number;
  /** Of these, the bad ones: errors, or slower than the threshold. */
  readonly bad: number;
}

export interface LevelBucket {
  readonly start: number;
  /** 0 to 1: the highest of the minute. */
  readonly level: number;
}

/** `canary` is what was deployed, `baseline` what it is compared with; `all` where they are not told apart. */
export type Arm = "all" | "baseline" | "canary";

/** One signal of one service, as a source is asked for it. */
export interface SignalQuery {
  /** `shop/latency`. */
  readonly id: string;
  readonly kind: "errors" | "latency" | "saturation";
  readonly service: string;
  readonly arm: Arm;
  /** Seconds; only for `latency`: above this a request is bad. */
  readonly thresholdSeconds?: number;
  /** What the source is told to ask; its own language, templates filled in by the source. */
  readonly query: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whole minutes only: both multiples of 60 000. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

interface Asked {
  /** What was sent, for the receipt; no secret. */
  readonly sent: readonly string[];
  readonly tookMs: number;
}

/** What a source says: numbers with their time, or why there are none. Never a guess, and never zero for nothing. */
export type Answer =
  | (Asked & {
      readonly state: "counts";
      readonly range: TimeRange;
      readonly buckets: readonly CountBucket[];
      /** Why the newest minutes are not among them, where the source knows. */
      readonly why?: string;
    })
  | (Asked & {
      readonly state: "levels";
      readonly range: TimeRange;
      readonly buckets: readonly LevelBucket[];
      readonly why?: string;
    })
  /** It answered, and there is nothing: no series, no traffic was ever counted, a gap. */
  | (Asked & { readonly state: "no-data"; readonly why: string })
  /** It could not be asked, or what it said makes no sense. */
  | (Asked & { readonly state: "telemetry-error"; readonly why: string; readonly remedy?: string });

/** Where numbers come from. */
export interface Source {
  /** `prometheus`, `prober`, `k6`, `exec`. */
  readonly id: string;
  /**
   * A query that is wrong is found before the deploy. One sentence each for what is.
   * @param over the minutes that will be judged, of which some may be yet to come; default: the last ones
   */
  prove(
    queries: readonly SignalQuery[],
    signal: AbortSignal,
    over?: TimeRange,
  ): Promise<readonly SourceProof[]>;
  /** Buckets of the whole minutes in the range that the source has; fewer than asked where it has not. Never throws but for `signal`. */
  read(query: SignalQuery, range: TimeRange, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface SourceProof {
  readonly state: "ok" | "notice" | "conflict" | "unknown";
  readonly message: string;
  readonly remedy?: string;
}

/** Four values, never two. */
export type SignalState = "ok" | "breach" | "no-data" | "telemetry-error";

/** What one criterion says of one signal at one moment, with the arithmetic that led there. */
export interface Reading {
  /** `shop/latency`. */
  readonly signal: string;
  /** `p95 > 1.5 s for 5 min`. */
  readonly criterion: string;
  readonly state: SignalState;
  /** `p95 above 1.5 s for 5 consecutive minutes: 12 % of 4,100 requests slower`. */
  readonly message: string;
  /** Every number that went in, and the comparison that was made. */
  readonly arithmetic: Readonly<Record<string, number | string>>;
  /** It was so before the deploy, or is so in the control arm too: not this deploy's fault. */
  readonly excused?: string;
}

/** What to do about it. */
export type Action = "hold" | "promote" | "rollback";

export interface Decision {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly action: Action;
  /** The watch is over: nothing that comes can change it. */
  readonly final: boolean;
  /** One sentence. */
  readonly message: string;
  readonly reasons: readonly string[];
  readonly readings: readonly Reading[];
  /** Of the canary judge, per metric. */
  readonly evidence: readonly Evidence[];
}

/** How far the judge has come with one metric. Plain JSON: it is saved, and gone on from. */
export interface Evidence {
  readonly metric: string;
  readonly outcome: "abort" | "promote" | "not-yet";
  /** E-values as natural logarithms, one for a hypothesis. */
  readonly lnAbort: number;
  readonly lnPromote: number;
  /** ln(1/α) of this metric. */
  readonly bound: number;
  /** `about 140 clean requests more, 6 min at this rate`. */
  readonly message: string;
  readonly requests: { readonly baseline: number; readonly canary: number };
  readonly bad: { readonly baseline: number; readonly canary: number };
  readonly dispersion: number;
}
