import { sendAlert } from "../../app/alert.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import { judge, requestOf } from "../judge.ts";
import type { GateOptions } from "../options.ts";

export async function run(context: Context, options: GateOptions): Promise<number> {
  const request = requestOf(context, options);
  const missing = [
    ...(request.environment === undefined ? ["--env (or ENV)"] : []),
    ...(request.version === undefined && options.for !== "pull-request" && !context.sentinel.clients.readers.ci.pullRequest ? ["--version (or VERSION)"] : []),
  ];
  if (missing.length > 0) {
    throw new SentinelError("flag-invalid", `${missing.join(" and ")} missing`, "for example: release-sentinel --env prod --version v1.4.2");
  }
  const verdict = await judge(context, options, () => context.sentinel.check(request));
  if (verdict.exitCode !== 0) await sendAlert(context.sentinel, verdict, context.toolVersion);
  return verdict.exitCode;
}
