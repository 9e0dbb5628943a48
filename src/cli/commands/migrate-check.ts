import { runMigrateCheck } from "../../app/migrate.ts";
import type { Context } from "../context.ts";
import { judge } from "../judge.ts";
import type { CommonOptions } from "../options.ts";

/** Options of `migrate check`. */
export interface MigrateOptions extends CommonOptions {
  readonly env?: string;
  readonly configRef?: string;
  readonly lintOnly?: boolean;
  readonly since?: string;
}

export async function run(
  context: Context,
  options: MigrateOptions,
  args: readonly string[],
): Promise<number> {
  const { sentinel, env } = context;
  const { config, configRef, timeout, lintOnly = false, since } = options;
  const environment = options.env ?? (env["ENV"] || undefined);
  const request = { command: "migrate check", environment, config, configRef, timeoutMs: timeout };
  return judge(context, { ...options, only: [], skip: [] }, () =>
    sentinel.job(request, (job) => runMigrateCheck(job, { environment, names: args, lintOnly, since })),
  );
}
