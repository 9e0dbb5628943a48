import type { MetricPoint } from "../../clients/metrics/point.ts";
import type { PusherName } from "../../clients/metrics/pusher.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import type { RitualRelease } from "../release.ts";
import type { Dora } from "./types.ts";

const metricsFile = "metrics.json";
export const metricsSchemaName = "release-sentinel/metrics/v1";

/** One receiver that has the points. */
export interface Pushed {
  readonly pusher: PusherName;
  /** Method and URL, without secrets. */
  readonly to: string;
  /** RFC 3339. */
  readonly at: string;
  readonly points: number;
}

/** `metrics.json`. Fields are added, never renamed. */
export interface Metrics {
  readonly schema: typeof metricsSchemaName;
  readonly tag: string;
  readonly commit: string;
  readonly rehearsal: boolean;
  /** The ritual's; null where none was named. Absent in files that were written before. */
  readonly environment?: string | null;
  /** RFC 3339: when the numbers were computed. */
  readonly madeAt: string;
  readonly dora: Dora;
  readonly points: readonly MetricPoint[];
  readonly pushed: readonly Pushed[];
  /** Grafana's annotation over the deploy's span; null where there is none. */
  readonly annotation: { readonly id: number; readonly at: string } | null;
}

type About = Pick<RitualRelease, "tag" | "commit" | "environment">;

/** Where a release's numbers are kept: those of another environment than the first one's come later than the archive. @throws StepFailure */
export function metricsFileOf(folder: ReleaseFolder, release: About): string {
  const { environment } = release;
  const first = read(folder, metricsFile, release)?.environment;
  const isFirst = environment === null || first === undefined || first === environment;
  return isFirst ? metricsFile : `later/metrics-${encodeURIComponent(environment)}.json`;
}

/**
 * What is known of a release's numbers; null where there is nothing, or it is about another release.
 * @throws StepFailure when the file cannot be read
 */
export function readMetrics(folder: ReleaseFolder, release: About): Metrics | null {
  return read(folder, metricsFileOf(folder, release), release);
}

function read(folder: ReleaseFolder, file: string, { tag, commit }: About): Metrics | null {
  const metrics = parsed(folder.read(file)?.toString("utf8") ?? "");
  return metrics?.tag === tag && metrics.commit === commit ? metrics : null;
}

export function writeMetrics(folder: ReleaseFolder, release: About, metrics: Metrics): void {
  folder.write(metricsFileOf(folder, release), metricsText(metrics));
}

export function metricsText(metrics: Metrics): string {
  return `${JSON.stringify(metrics, null, 2)}\n`;
}

function parsed(text: string): Metrics | null {
  try {
    const value = JSON.parse(text) as Partial<Metrics> | null;
    const isWhole =
      value?.schema === metricsSchemaName &&
      typeof value.tag === "string" &&
      typeof value.commit === "string" &&
      Array.isArray(value.points) &&
      Array.isArray(value.pushed) &&
      typeof value.dora === "object" &&
      value.dora !== null;
    return isWhole ? (value as Metrics) : null;
  } catch {
    return null;
  }
}
