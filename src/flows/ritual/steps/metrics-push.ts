import { createHash } from "node:crypto";
import { GrafanaFailure } from "../../../clients/grafana/failure.ts";
import type { Pusher } from "../../../clients/metrics/pusher.ts";
import type { ReleaseFolder } from "../../../clients/release-folder.ts";
import type { Mark, Marks } from "../../../core/marks.ts";
import type { Secrets } from "../../../core/mask.ts";
import { StepFailure } from "../../../core/step.ts";
import { count } from "../../../core/text.ts";
import { readManifest } from "../../../ritual/archive/manifest.ts";
import { annotate } from "../../../ritual/metrics/annotation.ts";
import { type Metrics, metricsFileOf, readMetrics, writeMetrics } from "../../../ritual/metrics/file.ts";
import type { MetricsPlaces } from "../../../ritual/metrics/places.ts";
import { doraLines } from "../../../ritual/metrics/words.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { RitualContext, StepReport } from "../../../ritual/step.ts";

export interface PushWorld {
  readonly secrets: Secrets;
  /** Where the dashboard is that the annotation is put on; without it, it belongs to the whole organisation. */
  readonly dashboardUid: string | undefined;
  /** What other machines know of what was pushed; null: nothing is kept. */
  readonly marks: Pick<Marks, "read" | "append"> | null;
  /** Who acts, in a mark. */
  readonly claimant: Pick<Mark, "by" | "run" | "commit">;
  /** Milliseconds since 1970. */
  now(): number;
}

interface Pushing {
  readonly world: PushWorld;
  readonly context: RitualContext;
  readonly places: MetricsPlaces;
  readonly metrics: Metrics;
  /** Those that have not got the numbers. */
  readonly missing: readonly Pusher[];
}

/**
 * Sends the numbers to whoever has not got them, and marks the deploy. One receiver's failure does not keep them from the
 * others. Who was killed before it was marked is sent the same again: that does no harm. @throws StepFailure
 */
export async function push(pushing: Pushing, signal: AbortSignal): Promise<StepReport> {
  const { world, context, places, missing } = pushing;
  // What is dated in the past is refused by most receivers.
  const at = world.now();
  const stamped = pushing.metrics.points.map((point) => ({ ...point, at }));
  let metrics = missing.length === 0 ? pushing.metrics : { ...pushing.metrics, points: stamped };
  const isKept = isArchived(context.folder, context.release);
  const keep = (more: Partial<Metrics>) => {
    metrics = { ...metrics, ...more };
    // The marks say who has the numbers; what is archived stays as it is.
    if (!isKept) writeMetrics(context.folder, context.release, metrics);
  };
  keep({});
  tellNumbers(metrics, context);
  const warnings: string[] = [];
  const failures: StepFailure[] = [];
  const when = new Date(at).toISOString();
  for (const pusher of missing) {
    try {
      warnings.push(...(await pusher.push(metrics.points, signal)));
      const to = world.secrets.mask(pusher.to);
      keep({
        pushed: [...metrics.pushed, { pusher: pusher.name, to, at: when, points: metrics.points.length }],
      });
      const mark: Mark = { kind: "sent", key: keyOf(pusher, context.release), at: when, ...world.claimant };
      await world.marks?.append(mark, () => true, signal);
    } catch (error) {
      failures.push(failureOf(error));
    }
  }
  try {
    if (places.grafana !== null) {
      const { id } = await annotate(places.grafana, context.release, world.dashboardUid, signal);
      if (metrics.annotation === null) keep({ annotation: { id, at: when } });
    }
  } catch (error) {
    failures.push(failureOf(error));
  }
  if (failures.length > 0) throw together(failures, world.secrets);
  const said = warnings.map((warning) => world.secrets.mask(warning));
  return { message: sentence(metrics, places), warnings: said, excerpt: doraLines(metrics.dora).join("\n") };
}

/** Whether the numbers are in the release's archive: then they are those that everybody gets. */
export function isArchived(folder: ReleaseFolder, release: RitualRelease): boolean {
  const manifest = readMetrics(folder, release) === null ? null : readManifest(folder, release);
  return manifest?.files.some(({ name }) => name === metricsFileOf(folder, release)) ?? false;
}

/** Says the four numbers, a line each. */
export function tellNumbers({ dora }: Metrics, { emit }: Pick<RitualContext, "emit">): void {
  for (const message of doraLines(dora))
    emit({ type: "notice", level: "info", from: "release-sentinel.ritual", message });
}

/** What a receiver's mark is about: another address is another receiver, and every environment has numbers of its own. */
export function keyOf(
  { name, to }: Pick<Pusher, "name" | "to">,
  { environment }: Pick<RitualRelease, "environment">,
): string {
  const about = environment === null ? to : `${to}\n${environment}`;
  return `metrics/${name}-${createHash("sha256").update(about).digest("hex").slice(0, 8)}`;
}

/** @throws what is no failure of a receiver */
function failureOf(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  if (error instanceof GrafanaFailure) {
    const without = "go without it: ritual.metrics.annotation: false";
    return new StepFailure(error.message, error.remedy ? `${error.remedy}, or ${without}` : without);
  }
  throw error;
}

function together(failures: readonly StepFailure[], secrets: Secrets): StepFailure {
  // A full disk is met once for every receiver.
  const message = secrets.mask([...new Set(failures.map((failure) => failure.message))].join("; "));
  const final = failures.every((failure) => failure.final);
  return new StepFailure(message, failures.find(({ remedy }) => remedy)?.remedy, final);
}

function sentence({ points, pushed, annotation }: Metrics, { nowhere }: MetricsPlaces): string {
  const by = pushed.map(({ pusher }) => pusher).join(", ");
  return [
    `DORA numbers computed: ${count(points.length, "point")}`,
    ...(by !== "" ? [`pushed by ${by}`] : nowhere === null ? [] : [`pushed nowhere: ${nowhere}`]),
    ...(annotation === null ? [] : [`the deploy is annotation ${annotation.id} in Grafana`]),
  ].join("; ");
}
