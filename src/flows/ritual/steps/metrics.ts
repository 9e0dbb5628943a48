import { GrafanaFailure } from "../../../clients/grafana/failure.ts";
import type { LedgerStore } from "../../../clients/ledger/store.ts";
import type { Pusher } from "../../../clients/metrics/pusher.ts";
import { parseSpan } from "../../../core/days.ts";
import { lastMark } from "../../../core/marks.ts";
import { Secrets } from "../../../core/mask.ts";
import type { Proof } from "../../../core/step.ts";
import { StepFailure } from "../../../core/step.ts";
import { annotationOf, findAnnotation } from "../../../ritual/metrics/annotation.ts";
import { computeMetrics, type NumbersWorld } from "../../../ritual/metrics/compute.ts";
import { type Metrics, metricsFileOf, metricsText, readMetrics } from "../../../ritual/metrics/file.ts";
import { type MetricsPlaces, metricsPlaces, type PlacesWorld } from "../../../ritual/metrics/places.ts";
import {
  defaultFailureWithin,
  defaultWindow,
  type MetricsSettings,
} from "../../../ritual/metrics/settings.ts";
import type { RitualRelease } from "../../../ritual/release.ts";
import type { Payload, RitualContext, RitualStep } from "../../../ritual/step.ts";
import { deployRecords } from "./metrics-ledger.ts";
import { withPlaceholders } from "./metrics-placeholders.ts";
import { isArchived, keyOf, type PushWorld, push, tellNumbers } from "./metrics-push.ts";

export interface MetricsWorld extends PlacesWorld, PushWorld, Omit<NumbersWorld, "ledger"> {
  readonly settings: MetricsSettings;
  /** Opens the ledger, to read; null where none is wanted. Closed by whoever gives it. */
  ledger(): LedgerStore | null;
}

/** Where the world stands. */
interface Seen {
  readonly places: MetricsPlaces;
  /** Null where there is no file about this release. */
  readonly metrics: Metrics | null;
  /** Those that have not got the numbers. */
  readonly missing: readonly Pusher[];
  readonly annotated: boolean;
}

/** The release and its DORA numbers: computed, pushed to where numbers are kept, and the deploy marked in Grafana. */
export function createMetricsStep(world: MetricsWorld): RitualStep {
  const { settings, secrets } = world;
  const compute = async (release: RitualRelease, signal: AbortSignal): Promise<Metrics> => {
    const store = world.ledger();
    const ledger: NumbersWorld["ledger"] = (since, inner) =>
      store === null ? Promise.resolve(null) : deployRecords(store, since, inner);
    const metrics = await computeMetrics(
      { ...world, ledger },
      {
        release,
        environment: settings.environment,
        labels: settings.labels ?? {},
        windowMs: spanOf(settings.window ?? defaultWindow),
        failureWithinMs: spanOf(settings.failureWithin ?? defaultFailureWithin),
        now: world.now(),
      },
      signal,
    );
    return secrets.maskDeep(metrics);
  };

  async function look({ release, folder }: RitualContext, signal: AbortSignal): Promise<Seen> {
    const places = metricsPlaces(settings, world, release);
    const metrics = readMetrics(folder, release);
    const marks = places.pushers.length === 0 ? [] : ((await world.marks?.read(signal)) ?? []);
    const has = (one: Pusher) =>
      metrics?.pushed.some(({ pusher, to }) => pusher === one.name && to === secrets.mask(one.to)) ||
      lastMark(marks, keyOf(one, release))?.kind === "sent";
    const annotated =
      places.grafana === null || (await findAnnotation(places.grafana, release, signal)) !== null;
    return { places, metrics, missing: places.pushers.filter((pusher) => !has(pusher)), annotated };
  }

  return {
    name: "metrics",
    title: "Compute the DORA numbers and push them",

    async observe(context, signal) {
      const { problems } = metricsPlaces(settings, world, context.release);
      const [first] = problems;
      if (first) {
        const message = problems.map((problem) => problem.message).join("; ");
        return { state: "conflict", message, ...(first.remedy && { remedy: first.remedy }) };
      }
      try {
        return said(await look(context, signal));
      } catch (error) {
        if (!(error instanceof GrafanaFailure)) throw error;
        return { state: "unknown", message: error.message, ...(error.remedy && { remedy: error.remedy }) };
      }
    },

    async prove(context, signal) {
      const { missing } = await look(context, signal);
      return Promise.all(missing.map((pusher) => proof(pusher, signal)));
    },

    async preview({ release, folder, emit }, signal) {
      const metrics = readMetrics(folder, release) ?? (await compute(release, signal));
      tellNumbers(metrics, { emit });
      // A placeholder is no secret.
      const placeholders = { env: withPlaceholders(world.env, settings), secrets: new Secrets() };
      const { pushers, grafana } = metricsPlaces(settings, { ...world, ...placeholders }, release);
      const annotation = annotationOf(release, world.dashboardUid);
      return secrets.maskDeep<Payload[]>([
        {
          to: `file ${metricsFileOf(folder, release)}`,
          type: "application/json",
          body: metricsText(metrics),
        },
        ...pushers.map((pusher) => ({
          to: pusher.to,
          type: pusher.type,
          body: pusher.render(metrics.points),
        })),
        ...(grafana === null
          ? []
          : [
              {
                to: `POST ${grafana.shown}/api/annotations`,
                type: "application/json",
                body: JSON.stringify(annotation, null, 2),
              },
            ]),
      ]);
    },

    async run(context, signal) {
      const seen = await look(context, signal);
      // All receivers get the same numbers; what nobody has yet is computed anew.
      const { metrics: known, missing } = seen;
      const { release, folder } = context;
      const isShared =
        known !== null && (known.pushed.length > 0 || missing.length === 0 || isArchived(folder, release));
      const metrics = isShared ? known : await compute(release, signal);
      return push({ world, context, ...seen, metrics }, signal);
    },
  };
}

function said({ places, metrics, missing, annotated }: Seen): Awaited<ReturnType<RitualStep["observe"]>> {
  const todo = [
    ...(metrics === null ? ["compute the DORA numbers"] : []),
    ...(missing.length > 0 ? [`push them: ${missing.map(({ to }) => to).join(", ")}`] : []),
    ...(annotated ? [] : ["mark the deploy in Grafana"]),
  ];
  if (todo.length > 0) return { state: "needed", message: todo.join("; ") };
  const where = places.pushers.map(({ name }) => name).join(", ");
  return {
    state: "done",
    message:
      where === ""
        ? `the DORA numbers are computed; pushed nowhere: ${places.nowhere}`
        : `the DORA numbers are computed, and pushed by ${where}`,
  };
}

async function proof(pusher: Pusher, signal: AbortSignal): Promise<Proof> {
  try {
    await pusher.probe(signal);
    return { state: "ok", message: `${pusher.to} takes what is pushed` };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { message, remedy } = error;
    return { state: "unknown", message, ...(remedy && { remedy }) };
  }
}

function spanOf(text: string): number {
  const ms = parseSpan(text);
  if (ms === undefined) throw new StepFailure(`${text} is no span of time`, "write it as 90d", true);
  return ms;
}
