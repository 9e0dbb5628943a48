import { SentinelError } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import type { DeployOptions } from "../deploy-options.ts";
import { deploy, environmentOf } from "../deploy-run.ts";

export async function run(context: Context, options: DeployOptions): Promise<number> {
  const environment = environmentOf(context, options, "release-sentinel pin --env prod --image app@sha256:…");
  if (!options.image)
    throw new SentinelError("flag-invalid", "--image missing", "by its digest: --image NAME@sha256:…");
  return deploy(context, options, { command: "pin", environment, version: options.image });
}
