import type { Context } from "../context.ts";
import { judge, requestOf } from "../judge.ts";
import type { GateOptions } from "../options.ts";

export async function run(context: Context, options: GateOptions): Promise<number> {
  return judge(context, options, () => context.sentinel.env(requestOf(context, options)));
}
