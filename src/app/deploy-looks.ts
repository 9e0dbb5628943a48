import type { ConfigFile } from "../config/file.ts";
import { parseDuration } from "../config/schema.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { interpolate } from "../core/interpolate.ts";
import type { Look } from "../deploy/driver.ts";
import type { DeployCommand } from "../flows/apply/outcome.ts";
import type { Place } from "../flows/apply/survey.ts";
import type { WatchSettings } from "../watch/settings.ts";
import type { PhasesAsked } from "./deploy-phases.ts";
import type { Job } from "./job.ts";

export interface LookFlags {
  /** Milliseconds to watch the golden signals. */
  readonly watchMs?: number | undefined;
  readonly serviceUrl?: string | undefined;
}

export interface LooksAsked extends LookFlags, PhasesAsked {
  readonly command: DeployCommand;
  readonly config: ConfigFile;
}

const verifyMs = 60_000;

/** What looks at a deploy, in which order, and the project's own work around it. @throws SentinelError for settings that cannot be used */
export async function looksFor(
  job: Job,
  asked: LooksAsked,
): Promise<Pick<Place, "looks" | "backLooks" | "before" | "after">> {
  const { command, settings, serviceUrl } = asked;
  const { verify = {} } = settings;
  const { http, env } = job.clients.readers;
  const forMs = (verify.for === undefined ? undefined : parseDuration(verify.for)) ?? verifyMs;
  const url = serviceUrl ?? filled(job, asked, verify.url) ?? env.get("SERVICE_URL");
  const forward: Look[] = [];
  const back: Look[] = [];
  if (url !== undefined) {
    const { urlLook } = await import("../deploy/looks/url.ts");
    const look = urlLook(http, url, forMs);
    forward.push(look.forward);
    back.push(look.back);
  }
  // Who goes back by hand does so because it is not well: that it was not well before excuses nothing.
  if (command === "rollback") return { looks: forward, backLooks: forward, before: [], after: [] };
  // What is pinned has a version of its own.
  if (command === "pin") return { looks: forward, backLooks: back, before: [], after: [] };
  if (verify.version) {
    const { versionLook } = await import("../deploy/looks/version.ts");
    const { field } = verify.version;
    const at = filled(job, asked, verify.version.url) ?? "";
    forward.push(
      versionLook(http, {
        url: at,
        ...(field === undefined ? {} : { field }),
        version: asked.version,
        forMs,
      }),
    );
  }
  const watched = await watching(job, asked, url);
  const phases = await migrations(job, asked);
  return { looks: [...forward, ...watched], backLooks: back, ...phases };
}

/** The golden signals, last: they take longest. */
async function watching(
  job: Job,
  asked: LooksAsked,
  serviceUrl: string | undefined,
): Promise<readonly Look[]> {
  const { settings, config, environment, version, watchMs, serviceUrl: serviceUrlFlag } = asked;
  const configured = settings.watch === undefined ? undefined : parseDuration(settings.watch.for);
  const forMs = watchMs ?? configured;
  if (forMs === undefined) return [];
  const { watchLook } = await import("./watch-look.ts");
  const about = sectionFor<WatchSettings>(config, environment, "watch");
  return [watchLook(job, about, { environment, version, forMs, serviceUrl, serviceUrlFlag })];
}

async function migrations(job: Job, asked: LooksAsked): Promise<Pick<Place, "before" | "after">> {
  if (asked.settings.migrations === undefined) return { before: [], after: [] };
  const { phasesFor } = await import("./deploy-phases.ts");
  return phasesFor(job, asked);
}

/** `${version}`, `${environment}` and variables take their places. @throws SentinelError for a variable that is not set */
function filled(
  { clients }: Job,
  { version, environment }: LooksAsked,
  url: string | undefined,
): string | undefined {
  if (url === undefined) return undefined;
  const known: Readonly<Record<string, string>> = { version, environment };
  const { value, missing } = interpolate(url, (name) => known[name] ?? clients.readers.env.get(name));
  if (missing.length === 0) return value;
  throw new SentinelError(
    "config-invalid",
    `deploy.verify: Missing required env var: ${missing.join(", ")}`,
    "set it, or write the URL without it",
  );
}
