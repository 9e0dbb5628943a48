import type { Context } from "../context.ts";
import type { DeployOptions } from "../deploy-options.ts";
import { deploy, environmentOf } from "../deploy-run.ts";

export async function run(context: Context, options: DeployOptions): Promise<number> {
  const environment = environmentOf(context, options, "release-sentinel rollback --env prod");
  return deploy(context, options, { command: "rollback", environment, version: options.to ?? "" });
}
