import type { burnPresets } from "../core/burn.ts";

export const sourceNames = ["prometheus", "prober", "k6", "exec"] as const;
export type SourceName = (typeof sourceNames)[number];

/** Pairs of windows that people know by name. */
export type BurnPreset = keyof typeof burnPresets;

/** `30s`, `5min`, `1h`, `3d`, or seconds. */
export type Span = string | number;
/** `2%`, or 0.02. */
export type Share = string | number;
type Labels = Readonly<Record<string, string>>;

/** The configuration's `watch:`, as people write it. Every part may be missing; flags win over it. */
export interface WatchSettings {
  readonly for?: Span;
  readonly every?: Span;
  /** Default: prometheus where there is a URL for it, else the prober. */
  readonly source?: SourceName;
  readonly prometheus?: PrometheusSettings;
  readonly prober?: ProberSettings;
  readonly k6?: K6Settings;
  readonly exec?: ExecSettings;
  /** Of every query. `${VERSION}` and `${ENVIRONMENT}` are filled in. */
  readonly labels?: Labels;
  /** Without it there is one, `service`. */
  readonly services?: Readonly<Record<string, ServiceSettings | null>>;
  readonly signals?: SignalSettings;
  readonly floors?: { readonly requests?: number; readonly bad?: number };
  readonly canary?: CanarySettings;
  readonly budgets?: { readonly noData?: Span; readonly telemetry?: Span };
}

export interface PrometheusSettings {
  /** Default: PROMETHEUS_URL. */
  readonly url?: string;
  /** Names of the variables that hold the secrets. */
  readonly tokenEnv?: string;
  readonly userEnv?: string;
  readonly passwordEnv?: string;
  readonly headers?: Labels;
  readonly caFile?: string;
  readonly timeout?: Span;
  readonly concurrency?: number;
  /** How long a minute must be over before it is read. */
  readonly settle?: Span;
}

export interface ProberSettings {
  /** Default: SERVICE_URL. */
  readonly url?: string;
  /** Requests a second. */
  readonly rate?: number;
  readonly concurrency?: number;
  readonly timeout?: Span;
}

export interface K6Settings {
  /** The JSON that k6 wrote. */
  readonly summary: string;
}

export interface ExecSettings {
  readonly run: readonly [string, ...string[]];
  readonly timeout?: Span;
  /** Variables that the program gets besides the few that every one gets. */
  readonly env?: readonly string[];
}

export interface ServiceSettings {
  /** What the prober asks instead of its own URL. */
  readonly url?: string;
  readonly labels?: Labels;
  readonly signals?: SignalSettings;
}

/** Each may be `false`: not watched. */
export interface SignalSettings {
  readonly latency?: LatencySettings | boolean;
  readonly errors?: ErrorSettings | boolean;
  readonly burn?: BurnSettings | boolean;
  readonly saturation?: SaturationSettings | boolean;
}

export interface LatencySettings {
  readonly above?: Span;
  readonly percentile?: number;
  readonly for?: Span;
  /** Name of the histogram, without `_bucket`. */
  readonly histogram?: string;
  /** Queries of one's own instead. */
  readonly total?: string;
  readonly bad?: string;
  /** Of k6: the trend, in milliseconds. */
  readonly metric?: string;
}

export interface ErrorSettings {
  readonly above?: Share;
  readonly over?: Span;
  readonly total?: string;
  readonly bad?: string;
  /** Of k6: the rate, or the metric whose thresholds count. */
  readonly metric?: string;
  readonly thresholds?: string;
}

export interface BurnSettings {
  readonly slo?: string | number;
  readonly above?: number;
  /** The shorter and the longer window. */
  readonly over?: readonly Span[];
  readonly preset?: BurnPreset;
}

export interface SaturationSettings {
  readonly above?: Share;
  readonly for?: Span;
  readonly query?: string;
  /** The query gives 0 to 100. */
  readonly percent?: boolean;
}

export interface CanarySettings {
  readonly alpha?: number;
  readonly rho?: number;
  readonly noWorse?: number;
  readonly min?: Span;
  readonly max?: Span;
  readonly baseline?: ArmSettings;
  readonly canary?: ArmSettings;
}

export interface ArmSettings {
  readonly url?: string;
  readonly labels?: Labels;
}
