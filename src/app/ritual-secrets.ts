import { statSync } from "node:fs";
import type { EnvReader } from "../clients/readers.ts";
import { SentinelError } from "../core/errors.ts";
import { broadcastChannels, isToldOf } from "../notify/broadcast/channels.ts";
import type { BroadcastSettings } from "../notify/broadcast/settings.ts";
import type { ArchiveSettings } from "../ritual/archive/settings.ts";
import type { MetricsSettings, ReceiverSettings } from "../ritual/metrics/settings.ts";
import { ownStep, secretsOfStep } from "../ritual/own-step.ts";
import type { RitualSettings } from "../ritual/settings.ts";
import type { Job } from "./job.ts";
import { ritualForge } from "./ritual-integrity.ts";
import { remoteOf, settingsOf } from "./ritual-settings.ts";

/** A secret that a ritual uses. */
export interface SecretNeed {
  /** The variable; NAME_FILE with a file's path counts as NAME. */
  readonly name: string;
  readonly purpose: string;
  /** The least rights that it must have. */
  readonly scope: string;
  readonly rotation: string;
  /** The configuration asks for it: without it the ritual does not begin. */
  readonly needed: boolean;
}

export interface SecretState extends SecretNeed {
  readonly present: "set" | "file" | "missing" | "unreadable";
  /** What is known of its age: `file of 2026-11-01`, `expires 2027-01-01`; null: nothing. */
  readonly age: string | null;
}

const often = "every 90 days, and when somebody leaves";

/** Every secret of a ritual as it is configured, and whether it is here. Shows no value. @throws SentinelError */
export async function ritualSecrets(job: Job, environment: string | null): Promise<readonly SecretState[]> {
  const config = await job.config();
  const settings = settingsOf(config, environment);
  const own = await job.ownSteps(environment);
  const { readers, http } = job.clients;
  const ofSteps = own.flatMap((one) => {
    const variables = secretsOfStep(one);
    // One that skips itself without it can do without it.
    const isSkipped = (ownStep(one.definition, one, { readers, http }).skip?.() ?? null) !== null;
    return variables.map((variable) =>
      need(variable, `step ${one.name}`, "as that step says", often, !isSkipped),
    );
  });
  const all = [
    ...github(settings),
    ...grafana(settings),
    ...metrics(settings),
    ...archive(settings),
    ...broadcast(settings, environment, job.clients.readers.env),
    ...ofSteps,
  ];
  const expires = await gitHubExpiry(job, remoteOf(config));
  return merged(all).map((one) => {
    const state = stateOf(one, job.clients.readers.env);
    return one.name === "GITHUB_TOKEN" && expires !== null ? { ...state, age: `expires ${expires}` } : state;
  });
}

function need(name: string, purpose: string, scope: string, rotation: string, needed: boolean): SecretNeed {
  return { name, purpose, scope, rotation, needed };
}

function github(settings: RitualSettings): readonly SecretNeed[] {
  const { stores = [] } = (settings["archive"] ?? {}) as ArchiveSettings;
  const onRelease = stores.some((store) => "github" in store);
  return [
    need(
      "GITHUB_TOKEN",
      `the release and its assets, pull requests and issues${onRelease ? ", the archive on the release" : ""}, the marks on the remote`,
      `contents: ${onRelease || settings.marks !== "local" ? "write" : "read"}, pull-requests: read, issues: read`,
      "a workflow's own lives as long as its job; else an expiry of 90 days at most",
      onRelease,
    ),
  ];
}

function grafana(settings: RitualSettings): readonly SecretNeed[] {
  const { grafanaLive, annotation } = (settings["metrics"] ?? {}) as MetricsSettings;
  const isAsked = settings["dashboard"] !== undefined || grafanaLive === true || annotation === true;
  return [
    need(
      "GRAFANA_API_KEY",
      "the dashboard, its panels' data, the snapshot, the annotation",
      "a service account: dashboards:read, datasources:query, snapshots:create and snapshots:read, annotations:create and annotations:read; library.panels:read where there are library panels. The role Editor has them",
      `an expiry at the service account's token; ${often}`,
      isAsked,
    ),
  ];
}

function metrics(settings: RitualSettings): readonly SecretNeed[] {
  const { otlp, remoteWrite, pushgateway } = (settings["metrics"] ?? {}) as MetricsSettings;
  const of = (
    place: Pick<ReceiverSettings, "urlFrom" | "tokenFrom" | "basicFrom" | "headersFrom"> | undefined,
    what: string,
  ) =>
    [place?.urlFrom, place?.tokenFrom, place?.basicFrom, place?.headersFrom].flatMap((name) =>
      name === undefined ? [] : [need(name, `push metrics: ${what}`, "write metrics only", often, true)],
    );
  const named = otlp === false ? [] : of(otlp, "OTLP");
  const standard =
    otlp === false || otlp?.headersFrom !== undefined
      ? []
      : ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"].map((name) =>
          need(name, "push metrics: OTLP, where it asks for headers", "write metrics only", often, false),
        );
  return [...named, ...standard, ...of(remoteWrite, "remote write"), ...of(pushgateway, "Pushgateway")];
}

function archive(settings: RitualSettings): readonly SecretNeed[] {
  const { stores = [] } = (settings["archive"] ?? {}) as ArchiveSettings;
  return stores.flatMap((store) => {
    if ("http" in store && store.http.tokenFrom !== undefined)
      return [
        need(
          store.http.tokenFrom,
          "store the archive by HTTP",
          "create and read below that address; no delete",
          often,
          true,
        ),
      ];
    if ("exec" in store)
      return (store.exec.env ?? []).map((name) =>
        need(name, `given to ${store.exec.name ?? store.exec.run[0]}`, "as that program says", often, false),
      );
    return [];
  });
}

function broadcast(
  settings: RitualSettings,
  environment: string | null,
  env: EnvReader,
): readonly SecretNeed[] {
  const { channels } = (settings["broadcast"] ?? {}) as BroadcastSettings;
  const hook = (name: string, type: string, needed: boolean) =>
    need(
      name,
      `tell ${type}`,
      "one channel's webhook: it can post there, and nothing else",
      `make a new webhook and delete the old one; ${often}`,
      needed,
    );
  if (channels === undefined) {
    const used = broadcastChannels(undefined, null, env);
    const nameOf = (type: string, standard: string) =>
      used.find(({ channel }) => channel.type === type)?.name ?? standard;
    return [
      hook(nameOf("slack", "SLACK_WEBHOOK_URL"), "slack", false),
      hook(nameOf("discord", "DISCORD_WEBHOOK_URL"), "discord", false),
    ];
  }
  return channels.flatMap((channel) => {
    const { type, urlFrom, secretFrom } = channel;
    const isTold = isToldOf(channel, environment);
    const signing = (name: string) =>
      need(name, `sign what is sent by ${urlFrom}`, "shared with the receiver alone", often, isTold);
    return [hook(urlFrom, type, isTold), ...(secretFrom === undefined ? [] : [signing(secretFrom)])];
  });
}

/** A variable that several need is one line. */
function merged(all: readonly SecretNeed[]): readonly SecretNeed[] {
  const byName = new Map<string, SecretNeed>();
  for (const one of all) {
    const before = byName.get(one.name);
    byName.set(
      one.name,
      before
        ? { ...before, purpose: `${before.purpose}; ${one.purpose}`, needed: before.needed || one.needed }
        : one,
    );
  }
  return [...byName.values()];
}

function stateOf(one: SecretNeed, env: EnvReader): SecretState {
  const file = env.get(`${one.name}_FILE`);
  try {
    if (env.secret(one.name) === undefined) return { ...one, present: "missing", age: null };
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    return { ...one, present: "unreadable", age: null };
  }
  if (env.get(one.name) !== undefined || file === undefined) return { ...one, present: "set", age: null };
  const changed = statSync(file, { throwIfNoEntry: false })?.mtime;
  return { ...one, present: "file", age: changed ? `file of ${changed.toISOString().slice(0, 10)}` : null };
}

/** When GitHub says that the token ends; null where it does not say, or is not asked. */
async function gitHubExpiry(job: Job, remote: string): Promise<string | null> {
  try {
    const forge = await ritualForge(job, remote);
    if (!("github" in forge)) return null;
    return (await forge.github.repository(job.signal)).tokenExpires;
  } catch {
    job.signal.throwIfAborted();
    // The table is about what is here; who answers is the ritual's question.
    return null;
  }
}
