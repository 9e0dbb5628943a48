import { createGrafana } from "../../clients/grafana/client.ts";
import { GrafanaFailure } from "../../clients/grafana/failure.ts";
import type { Grafana } from "../../clients/grafana/types.ts";
import { type DeliverLimits, deliverLimits } from "../../clients/metrics/deliver.ts";
import { createGrafanaLive } from "../../clients/metrics/grafana-live.ts";
import { createOtlp } from "../../clients/metrics/otlp.ts";
import { otlpEnvironment } from "../../clients/metrics/otlp-environment.ts";
import type { Pusher } from "../../clients/metrics/pusher.ts";
import { createPushgateway } from "../../clients/metrics/pushgateway.ts";
import { createRemoteWrite } from "../../clients/metrics/remote-write.ts";
import type { EnvReader, HttpReader, HttpWriter } from "../../clients/readers.ts";
import type { Secrets } from "../../core/mask.ts";
import { StepFailure } from "../../core/step.ts";
import { showUrl } from "../../core/text.ts";
import type { RitualRelease } from "../release.ts";
import { type Access, accessOf, type Problem } from "./access.ts";
import type { MetricsSettings } from "./settings.ts";

/** Where the numbers of a release go. */
export interface MetricsPlaces {
  readonly pushers: readonly Pusher[];
  /** Where the deploy is marked; null where it is not. */
  readonly grafana: Grafana | null;
  /** What was asked for and cannot be, each with what to do. */
  readonly problems: readonly Problem[];
  /** Why nothing is pushed; null where something is, or was asked for. */
  readonly nowhere: string | null;
}

export interface PlacesWorld {
  readonly env: EnvReader;
  readonly secrets: Secrets;
  readonly http: HttpReader & HttpWriter;
  /** A flag's or the configuration's; GRAFANA_URL is read here. */
  readonly grafanaUrl: string | undefined;
  readonly toolVersion: string;
  readonly limits?: DeliverLimits;
}

/** What the configuration names; where it names nothing, OTLP if its variable is set, else Grafana Live if Grafana is known. */
export function metricsPlaces(
  settings: MetricsSettings,
  world: PlacesWorld,
  release: Pick<RitualRelease, "rehearsal" | "repository" | "environment">,
): MetricsPlaces {
  const problems: Problem[] = [];
  const attempt = <T>(make: () => T | null): T | null => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof StepFailure || error instanceof GrafanaFailure)) throw error;
      problems.push({ message: error.message, ...(error.remedy && { remedy: error.remedy }) });
      return null;
    }
  };
  const named = [
    attempt(() => otlp(settings.otlp, world)),
    attempt(() => remoteWrite(settings.remoteWrite, world)),
    attempt(() => pushgateway(settings.pushgateway, world, release)),
  ].filter((pusher) => pusher !== null);
  const asksForGrafana = settings.grafanaLive === true || settings.annotation === true;
  const grafana = attempt(() => grafanaOf(asksForGrafana, world));
  const isAlone = named.length === 0 && problems.length === 0;
  const live = grafana !== null && (settings.grafanaLive ?? isAlone) ? [liveOf(grafana, release)] : [];
  const pushers = [...named, ...live];
  const nothing = pushers.length === 0 && problems.length === 0;
  return {
    pushers,
    grafana: settings.annotation === false ? null : grafana,
    problems,
    nowhere: nothing
      ? "neither OTEL_EXPORTER_OTLP_ENDPOINT nor GRAFANA_URL and GRAFANA_API_KEY are set, and ritual.metrics names nothing"
      : null,
  };
}

function otlp(settings: MetricsSettings["otlp"], world: PlacesWorld): Pusher | null {
  if (settings === false) return null;
  const { env, http, toolVersion, limits = deliverLimits } = world;
  const said = otlpEnvironment(env);
  const place = settings?.url ?? said.endpoint?.url;
  if (place === undefined) {
    if (settings === undefined) return null;
    throw new StepFailure(
      "ritual.metrics.otlp names no url, and OTEL_EXPORTER_OTLP_ENDPOINT is not set",
      "set OTEL_EXPORTER_OTLP_ENDPOINT=https://host:4318, or name ritual.metrics.otlp.url",
    );
  }
  if (settings?.url === undefined && said.grpc !== null) {
    throw new StepFailure(
      `${said.grpc} is grpc, and metrics are sent by OTLP/HTTP only`,
      "set OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/json and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=https://host:4318/v1/metrics, or ritual.metrics.otlp: false",
    );
  }
  const headersFrom = settings?.headersFrom ?? said.headersFrom ?? undefined;
  const access = accessOf(headersFrom === undefined ? {} : { headersFrom }, world);
  return createOtlp(http, {
    url: httpUrl(
      place,
      settings?.url === undefined ? (said.endpoint?.variable ?? "") : "ritual.metrics.otlp.url",
    ),
    ...access,
    resource: { "service.name": "release-sentinel", ...said.resource },
    toolVersion,
    limits: said.timeoutMs === undefined ? limits : { ...limits, attemptMs: said.timeoutMs },
  });
}

function remoteWrite(settings: MetricsSettings["remoteWrite"], world: PlacesWorld): Pusher | null {
  if (settings === undefined) return null;
  const { url, access } = receiver(settings, "ritual.metrics.remoteWrite", world);
  return createRemoteWrite(world.http, { url, ...access, limits: world.limits ?? deliverLimits });
}

function pushgateway(
  settings: MetricsSettings["pushgateway"],
  world: PlacesWorld,
  { rehearsal, repository, environment }: Pick<RitualRelease, "rehearsal" | "repository" | "environment">,
): Pusher | null {
  if (settings === undefined) return null;
  const { url, access } = receiver(settings, "ritual.metrics.pushgateway", world);
  const job = settings.job ?? "release-sentinel";
  const group = {
    job: rehearsal ? `${job}-rehearsal` : job,
    ...(repository === null ? {} : { repository }),
    ...(environment === null ? {} : { environment }),
  };
  return createPushgateway(world.http, { url, ...access, group, limits: world.limits ?? deliverLimits });
}

function receiver(
  settings: NonNullable<MetricsSettings["remoteWrite"]>,
  key: string,
  world: PlacesWorld,
): { readonly url: string; readonly access: Access } {
  const { urlFrom, url = urlFrom === undefined ? undefined : world.env.secret(urlFrom) } = settings;
  if (url === undefined) {
    throw new StepFailure(
      `${urlFrom ?? key}, by which ${key} is found, is not set`,
      `set ${urlFrom ?? `${key}.url`}; what a ritual needs: release-sentinel ritual secrets`,
    );
  }
  return { url: httpUrl(url, urlFrom ?? `${key}.url`), access: accessOf(settings, world) };
}

/** @throws StepFailure */
function httpUrl(text: string, from: string): string {
  const url = URL.parse(text.trim());
  if (url && /^https?:$/.test(url.protocol)) return text.trim();
  throw new StepFailure(
    `${from} is no http(s) URL: ${showUrl(text)}`,
    "write it with https:// or http:// before it",
  );
}

/** @throws StepFailure when it was asked for and is not known; GrafanaFailure when it has no address that can be used */
function grafanaOf(isAskedFor: boolean, { env, http, secrets, grafanaUrl }: PlacesWorld): Grafana | null {
  const url = grafanaUrl ?? env.get("GRAFANA_URL");
  const token = env.secret("GRAFANA_API_KEY");
  if (url !== undefined && token !== undefined) return createGrafana({ url, token, http, secrets });
  if (!isAskedFor) return null;
  const missing = [
    ...(url === undefined ? ["GRAFANA_URL"] : []),
    ...(token === undefined ? ["GRAFANA_API_KEY"] : []),
  ];
  throw new StepFailure(
    `${missing.join(" and ")}, by which Grafana is reached, ${missing.length === 1 ? "is" : "are"} not set`,
    `set ${missing.join(" and ")}; what a ritual needs: release-sentinel ritual secrets`,
  );
}

function liveOf(grafana: Grafana, { rehearsal }: Pick<RitualRelease, "rehearsal">): Pusher {
  return createGrafanaLive({
    grafana,
    stream: rehearsal ? "release_sentinel_rehearsal" : "release_sentinel",
  });
}
