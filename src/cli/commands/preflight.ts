import type { Context } from "../context.ts";
import { judge, requestOf } from "../judge.ts";
import type { GateOptions } from "../options.ts";

interface PreflightOptions extends GateOptions {
  readonly url: readonly string[];
  readonly process: readonly string[];
  readonly require: readonly string[];
}

export async function run(context: Context, options: PreflightOptions): Promise<number> {
  const named = { urls: options.url, processes: options.process, tools: options.require };
  return judge(context, options, () =>
    context.sentinel.preflight({ ...requestOf(context, options), ...named }),
  );
}
