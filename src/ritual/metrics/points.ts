import { labelName, type MetricPoint } from "../../clients/metrics/point.ts";
import type { RitualRelease } from "../release.ts";
import type { Deploy } from "./deploys.ts";
import type { Dora, Measure } from "./types.ts";

/** What is told of a release. */
export interface Told {
  readonly release: RitualRelease;
  readonly dora: Dora;
  /** Commits that no earlier release has, without merges; null where that is not known. */
  readonly commits: number | null;
  /** Seconds, the median of its commits; null where that is not known. */
  readonly leadTime: number | null;
  /** Of the environment that counts, all versions. */
  readonly deploys: readonly Deploy[];
  /** The configuration's own. */
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type Numbered = Omit<MetricPoint, "name" | "labels" | "at"> & {
  readonly name: string;
  readonly more?: Readonly<Record<string, string>>;
};

/** Every number as a point. A rehearsal's have names of their own, so that nobody's graph counts them. */
export function pointsOf(told: Told): readonly MetricPoint[] {
  const { release, labels, dora, at } = told;
  const prefix = release.rehearsal ? "release_sentinel_rehearsal_" : "release_sentinel_";
  const environment = release.environment ?? dora.environment;
  const own = {
    ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [labelName(name), value])),
    ...(release.repository === null ? {} : { repository: release.repository }),
    ...(environment === null ? {} : { environment }),
    version: release.tag,
    ...(release.rehearsal ? { rehearsal: "true" } : {}),
  };
  return [...releasePoints(told), ...deployPoints(told), ...doraPoints(dora)].map(
    ({ name, more = {}, ...point }) => ({
      ...point,
      name: `${prefix}${name}`,
      labels: { ...own, ...more },
      at,
    }),
  );
}

function releasePoints({ release, commits, leadTime, at }: Told): Numbered[] {
  const tagged = Math.min(Date.parse(release.taggedAt) || at, at);
  return [
    {
      name: "releases_total",
      help: "Releases: 1 for each version.",
      value: 1,
      unit: "{release}",
      kind: "sum",
      since: tagged,
      more: { commit: release.commit },
    },
    gauge("release_tagged_timestamp_seconds", "When the release was tagged.", "s", tagged / 1000),
    ...maybe("release_commits", "Commits that no earlier release has, without merges.", "{commit}", commits),
    ...maybe(
      "release_lead_time_seconds",
      "Median time from writing a commit of this release until it was deployed (or tagged).",
      "s",
      leadTime,
    ),
  ];
}

function deployPoints({ release, deploys, at }: Told): Numbered[] {
  const mine = deploys.filter(({ command, version }) => command === "apply" && version === release.tag);
  const results = { good: "ok", "rolled-back": "failed", broken: "failed", unknown: "unknown" } as const;
  const counted = new Map<string, number>();
  for (const { outcome } of mine) counted.set(results[outcome], (counted.get(results[outcome]) ?? 0) + 1);
  const since = Math.min(at, ...mine.map(({ began, ended }) => began ?? ended));
  const last = mine.findLast(({ outcome, began }) => outcome === "good" && began !== null);
  const seconds = last && last.began !== null ? (last.ended - last.began) / 1000 : null;
  return [
    ...[...counted].map(
      ([result, value]): Numbered => ({
        name: "deploys_total",
        help: "Deploys of this version by their result.",
        value,
        unit: "{deployment}",
        kind: "sum",
        since,
        more: { result },
      }),
    ),
    ...maybe("deploy_duration_seconds", "How long the last good deploy of this version took.", "s", seconds),
  ];
}

function doraPoints(dora: Dora): Numbered[] {
  const { deploymentFrequency, leadTimeForChanges, changeFailureRate, timeToRestore } = dora;
  const numbers = [
    ["deployment_frequency", "per_day", "Deploys a day", "{deployment}/d", deploymentFrequency],
    ["lead_time_for_changes", "seconds", "Lead time for changes, the median", "s", leadTimeForChanges],
    ["change_failure", "ratio", "Share of deploys that failed", "1", changeFailureRate],
    ["time_to_restore", "seconds", "Time to restore after a failed deploy, the median", "s", timeToRestore],
  ] as const;
  return numbers.flatMap(([name, suffix, help, unit, measure]) => [
    ...maybe(`dora_${name}_${suffix}`, `${help} (${days(measure)} days).`, unit, measure.value, {
      source: measure.source,
    }),
    {
      ...gauge(
        "dora_samples",
        "How many deploys, releases, commits or failures a DORA number was computed from.",
        "{sample}",
        measure.samples,
      ),
      more: { number: name },
    },
  ]);
}

function days({ window }: Measure): number {
  return Math.round((Date.parse(window.to) - Date.parse(window.from)) / 86_400_000);
}

function gauge(name: string, help: string, unit: string, value: number): Numbered {
  return { name, help, unit, value, kind: "gauge" };
}

function maybe(
  name: string,
  help: string,
  unit: string,
  value: number | null,
  more: Readonly<Record<string, string>> = {},
): Numbered[] {
  return value === null || !Number.isFinite(value) ? [] : [{ ...gauge(name, help, unit, value), more }];
}
