import type { Context } from "../context.ts";
import { judge, requestOf } from "../judge.ts";
import type { GateOptions } from "../options.ts";

export async function run(context: Context, options: GateOptions): Promise<number> {
  const verdict = await judge(context, options, () => context.sentinel.env(requestOf(context, options)));
  return verdict.exitCode;
}
