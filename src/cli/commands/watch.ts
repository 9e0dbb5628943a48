import { resolve } from "node:path";
import { errorAlert, watchAlert } from "../../app/alert.ts";
import { runWatch, type WatchRequest } from "../../app/watch.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { WatchOutcome } from "../../flows/watch/outcome.ts";
import type { WatchSeen } from "../../flows/watch/watch.ts";
import type { Context } from "../context.ts";
import { momentOption } from "../ledger-world.ts";
import { logEvent } from "../logging.ts";
import { isNews } from "../news.ts";
import { deliver } from "../watch-deliver.ts";
import type { WatchOptions } from "../watch-options.ts";
import { createWatchScreen } from "../watch-screen.ts";

const notKept = {
  type: "notice",
  level: "info",
  from: "release-sentinel.watch",
  message:
    "Not kept: with --repo there is no git folder to keep the watch in, and killed it begins anew → --state FILE",
} as const;

/** A watch ends by itself: this is only for what hangs. */
const longestMs = 24 * 24 * 3_600_000;

export async function run(context: Context, options: WatchOptions): Promise<number> {
  const { sentinel, toolVersion } = context;
  const request = requestOf(context, options);
  const { environment, version } = request;
  const { readers } = sentinel.clients;
  const github = context.env["GITHUB_ACTIONS"] === "true" ? await import("../watch-github.ts") : undefined;
  github?.begin(context);
  if (context.folder !== context.cwd && options.state === undefined) logEvent(notKept);
  const screen = await createWatchScreen(context, options, request);
  let last: WatchSeen | undefined;
  let outcome: WatchOutcome;
  try {
    const { config, configRef, timeout: timeoutMs = longestMs } = options;
    const job = {
      command: "watch",
      environment,
      version: version ?? undefined,
      config,
      configRef,
      timeoutMs,
    };
    outcome = await sentinel.job(job, (work) =>
      runWatch(work, request, {
        seen(seen) {
          last = seen;
          screen.seen(seen);
        },
        alarm: (alarm, by) => sentinel.alert(watchAlert(alarm, request, readers, toolVersion), by),
      }),
    );
  } catch (error) {
    screen.stop();
    if (error instanceof SentinelError && isNews(error, options))
      await sentinel.alert(errorAlert(error, { environment, version }, readers, toolVersion));
    throw error;
  } finally {
    context.listen(logEvent);
  }
  screen.end(outcome);
  const unwritten = await deliver(context, options, outcome, last);
  github?.publish(context, outcome);
  for (const failure of unwritten) context.fail(failure);
  return unwritten.length > 0 ? outcome.exitCode || 2 : outcome.exitCode;
}

/** @throws SentinelError `flag-invalid` */
function requestOf({ env, cwd }: Context, options: WatchOptions): WatchRequest {
  const environment = options.env ?? env["ENV"];
  const version = options.version ?? (env["VERSION"] || null);
  if (!environment) {
    throw new SentinelError(
      "flag-invalid",
      "--env (or ENV) missing",
      "for example: release-sentinel watch --env prod --for 10m",
    );
  }
  twoReports(cwd, options);
  const since = momentOption("--since", options.since, false);
  const sinceMs = since === undefined ? undefined : Date.parse(since);
  if (sinceMs !== undefined && sinceMs > Date.now() + 1000) {
    throw new SentinelError(
      "flag-invalid",
      `--since ${printable(options.since ?? "", 100)} is yet to come`,
      "say when it was deployed, or leave it out: now",
    );
  }
  return {
    environment,
    version,
    forMs: options.for,
    everyMs: options.every,
    since: sinceMs,
    source: options.source,
    prometheusUrl: options.prometheusUrl,
    serviceUrl: options.serviceUrl,
    state: options.state === undefined ? undefined : resolve(cwd, options.state),
    fresh: options.fresh,
    command: "watch",
    resume: (deployedAt) => resumeCommand(options, environment, version, deployedAt),
  };
}

function twoReports(cwd: string, { report }: WatchOptions): void {
  const paths = report.map(({ path }) => resolve(cwd, path));
  const twice = report.find((_, i) => !paths[i]?.startsWith("/dev/") && paths.indexOf(paths[i] ?? "") !== i);
  if (!twice) return;
  throw new SentinelError(
    "flag-invalid",
    `two reports would be written to ${printable(twice.path, 200)}`,
    "give each --report a file of its own",
  );
}

/** The same command again, of the same deploy. */
function resumeCommand(
  options: WatchOptions,
  environment: string,
  version: string | null,
  deployedAt: Date,
): string {
  const flag = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  const span = (name: string, ms: number | undefined) =>
    flag(name, ms === undefined ? undefined : ms % 60_000 === 0 ? `${ms / 60_000}min` : `${ms / 1000}s`);
  const words = [
    ...flag("--env", environment),
    ...flag("--version", version ?? undefined),
    ...flag("--since", deployedAt.toISOString()),
    ...span("--for", options.for),
    ...span("--every", options.every),
    ...flag("--source", options.source),
    ...flag("--prometheus-url", options.prometheusUrl),
    ...flag("--service-url", options.serviceUrl),
    ...flag("--state", options.state),
    ...flag("--repo", options.repo),
    ...flag("--ref", options.ref),
    ...flag("--config", options.config),
    ...flag("--config-ref", options.configRef),
    ...span("--timeout", options.timeout),
    ...(options.json ? ["--json"] : flag("--format", options.format)),
    ...options.report.flatMap(({ format, path }) => ["--report", `${format}=${path}`]),
    ...flag("--log-format", options.logFormat === "text" ? undefined : options.logFormat),
    ...flag("--log-level", options.logLevel),
    ...(options.quiet ? ["--quiet"] : []),
    ...(options.verbose ? ["--verbose"] : []),
    ...(options.color ? [] : ["--no-color"]),
  ];
  return `release-sentinel watch ${words.map(shellWord).join(" ")}`;
}
