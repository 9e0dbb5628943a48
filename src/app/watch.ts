import { createHash } from "node:crypto";
import type { ConfigFile } from "../config/file.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { duration, printable } from "../core/text.ts";
import { createWatchClock } from "../flows/watch/clock.ts";
import type { WatchOutcome } from "../flows/watch/outcome.ts";
import { type Alarm, type WatchSeen, watch } from "../flows/watch/watch.ts";
import type { SourceName, WatchSettings } from "../watch/settings.ts";
import { lasting, policyFrom, queriesFrom } from "../watch/settings-policy.ts";
import { createSource } from "../watch/sources/index.ts";
import type { WatchLook } from "../watch/state.ts";
import { inTime } from "./in-time.ts";
import type { Job } from "./job.ts";
import { watchEvent } from "./watch-event.ts";
import { openMemory } from "./watch-memory.ts";
import { sourceFrom } from "./watch-source.ts";

/** What to watch, and how; what is missing says the configuration. */
export interface WatchRequest {
  readonly environment: string;
  readonly version: string | null;
  /** Milliseconds. */
  readonly forMs?: number | undefined;
  readonly everyMs?: number | undefined;
  /** When the deploy was, milliseconds since 1970; default: now. */
  readonly since?: number | undefined;
  readonly source?: SourceName | undefined;
  readonly prometheusUrl?: string | undefined;
  readonly serviceUrl?: string | undefined;
  /** The file that the watch is kept in; default: in the git folder. */
  readonly state?: string | undefined;
  /** Whatever an earlier watch has found. */
  readonly fresh?: boolean | undefined;
  /** How it was just before the deploy. */
  readonly before?: WatchLook | undefined;
  /** In the ledger, and in what is kept of the watch. */
  readonly command: string;
  /** The command that goes on with a watch of a deploy at that time. Null: there is none. */
  resume(deployedAt: Date): string | null;
}

/** Hears how it goes. */
export interface WatchListener {
  seen(seen: WatchSeen): void;
  alarm(alarm: Alarm, config: ConfigFile): Promise<void>;
}

export type WatchWorld = Pick<Job, "cwd" | "clients" | "secrets" | "emit" | "signal" | "book">;

/** Watches by the configuration. @throws SentinelError for wrong input, and where there is nothing to watch with */
export async function runWatch(
  job: Job,
  request: WatchRequest,
  listener: WatchListener,
): Promise<WatchOutcome> {
  const config = await inTime(configMs, job.signal, "the configuration could not be read", () =>
    job.config(),
  );
  const settings = withFlags(sectionFor<WatchSettings>(config, request.environment, "watch"), request);
  return watchBy(job, settings, request, { ...listener, alarm: (alarm) => listener.alarm(alarm, config) });
}

const configMs = 60_000;

/** Watches by settings that are known. */
export async function watchBy(
  world: WatchWorld,
  settings: WatchSettings,
  request: WatchRequest,
  listener: { seen(seen: WatchSeen): void; alarm(alarm: Alarm): Promise<void> },
): Promise<WatchOutcome> {
  const { clients, emit, signal, secrets, cwd, book } = world;
  const { environment, version } = request;
  const filled = { environment, version };
  const policy = policyFrom(settings);
  const choice = sourceFrom(settings, clients.readers, filled, cwd);
  const queries = queriesFrom(settings, policy, filled, choice.kind);
  const tell = (level: "info" | "warning", message: string) =>
    emit({ type: "notice", level, from: "release-sentinel.watch", message });
  const clock = createWatchClock((ms) =>
    tell(
      "warning",
      `This machine's clock went back by ${Math.round(ms / 1000)} s: time is taken from before`,
    ),
  );
  const now = clock.now();
  const wanted = { policy, since: request.since ?? null, now, fresh: request.fresh ?? false };
  const asked = createHash("sha256").update(JSON.stringify(queries)).digest("hex");
  const key = { command: request.command, environment, version, source: choice.kind, queries: asked };
  const memory = openMemory({ cwd, secrets, tell }, key, wanted, request.state);
  if (request.command === "watch" && !memory.saved && choice.kind === "prober")
    refusePast(request.since ?? now, now);
  const deployedAt = memory.saved?.state.deployedAt ?? request.since ?? now;
  if (memory.saved && !memory.saved.state.decision)
    tell(
      "info",
      `Going on with the watch that was begun at ${new Date(memory.saved.state.startedAt).toISOString()}`,
    );
  const about = {
    environment,
    version,
    commit: await commitOf(world),
    source: choice.kind,
    deployedAt,
    policy,
  };
  const from = await createSource(choice, clients.readers);
  try {
    return await watch({
      ...about,
      queries,
      from,
      before: request.before,
      saved: memory.saved ?? null,
      resume: request.resume(new Date(deployedAt)),
      clock,
      signal,
      save: memory.save,
      record: (receipt) => book.note(watchEvent(receipt, request.command)),
      alarm: listener.alarm,
      seen: listener.seen,
      proven({ state, message, remedy }) {
        if (state !== "ok") tell("warning", remedy === undefined ? message : `${message} → ${remedy}`);
      },
    });
  } finally {
    await from.close();
  }
}

/** @throws SentinelError `flag-invalid` */
function refusePast(since: number, now: number): void {
  if (now - since <= recentMs) return;
  throw new SentinelError(
    "flag-invalid",
    `--since is ${duration(now - since)} ago, and the prober knows nothing of the past`,
    "leave --since out, or watch by Prometheus: --source prometheus",
  );
}

/** What a budget for missing numbers bridges. */
const recentMs = 2 * 60_000;

function withFlags(settings: WatchSettings, request: WatchRequest): WatchSettings {
  const { everyMs, source, prometheusUrl, serviceUrl } = request;
  return {
    ...lasting(settings, request.forMs),
    ...(everyMs === undefined ? {} : { every: `${everyMs}ms` }),
    ...(source === undefined ? {} : { source }),
    ...(prometheusUrl === undefined ? {} : { prometheus: { ...settings.prometheus, url: prometheusUrl } }),
    ...(serviceUrl === undefined ? {} : { prober: { ...settings.prober, url: serviceUrl } }),
  };
}

/** What runs there is the version's commit; a watch outside of a repository knows of none. */
async function commitOf({ clients }: WatchWorld): Promise<string | null> {
  const repository = await clients.readers.git.repository().catch(() => null);
  return repository?.state === "ready" ? printable(repository.commit, 64) : null;
}
