import { runPreview } from "../../app/preview.ts";
import { shellWord } from "../../core/text.ts";
import { jsonText } from "../../gate/report/words.ts";
import type { Context } from "../context.ts";
import { logEvent } from "../logging.ts";
import type { CommonOptions } from "../options.ts";
import { writeOut } from "../terminal.ts";

/** Options of the commands about previews. */
export interface PreviewOptions extends CommonOptions {
  readonly env?: string;
  readonly configRef?: string;
  readonly pr?: string;
  readonly manifest?: readonly string[];
  readonly kustomize?: string;
  readonly context?: string;
  readonly ttl?: string;
  /** Milliseconds. */
  readonly wait?: number;
  readonly dryRun?: boolean;
}

type Command = "deploy" | "cleanup" | "sweep";

export const deploy = (context: Context, options: PreviewOptions) => run("deploy", context, options);
export const cleanup = (context: Context, options: PreviewOptions) => run("cleanup", context, options);
export const sweep = (context: Context, options: PreviewOptions) => run("sweep", context, options);

async function run(command: Command, context: Context, options: PreviewOptions): Promise<number> {
  const { sentinel, env, terminal } = context;
  const { config, configRef, timeout, manifest, kustomize, ttl, wait, dryRun = false } = options;
  const environment = options.env ?? (env["ENV"] || undefined);
  context.listen(logEvent);
  const request = {
    command: `preview ${command}`,
    environment,
    config,
    configRef,
    timeoutMs: timeout,
    dryRun,
  };
  const asked = {
    ...{ command, environment, dryRun, manifests: manifest, kustomize, ttl, waitMs: wait },
    context: options.context,
    pr: options.pr,
    stdin: process.stdin,
    resume: typed(command, options),
    cleanup: typed("cleanup", options),
  };
  const outcome = await sentinel.job(request, (job) => runPreview(job, asked));
  if (options.json || options.format === "json")
    await writeOut(terminal.stdout, jsonText(sentinel.secrets.maskDeep(outcome)));
  return outcome.exitCode;
}

/** The command again, ready to type. */
function typed(command: Command, options: PreviewOptions): string {
  const { pr, env, config, context, manifest = [], kustomize, ttl } = options;
  const given = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, value]);
  const words = [
    ...(command === "sweep" ? [] : given("--pr", pr)),
    ...(command === "deploy"
      ? [
          ...manifest.flatMap((file) => ["--manifest", file]),
          ...given("-k", kustomize),
          ...given("--ttl", ttl),
        ]
      : []),
    ...given("--env", env),
    ...given("--context", context),
    ...given("--config", config),
  ];
  return ["release-sentinel preview", command, ...words.map(shellWord)].join(" ");
}
