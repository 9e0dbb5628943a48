import { errorAlert, verdictAlert } from "../../app/alert.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import type { EvidenceOptions } from "../evidence-options.ts";
import { judge, requestOf } from "../judge.ts";
import { isNews } from "../news.ts";

export async function run(context: Context, options: EvidenceOptions): Promise<number> {
  if (options.from !== undefined)
    return (await import("./check-from.ts")).run(context, options, options.from);
  const request = requestOf(context, options);
  const missing = [
    ...(request.environment === undefined ? ["--env (or ENV)"] : []),
    ...(request.version === undefined &&
    options.for !== "pull-request" &&
    !context.sentinel.clients.readers.ci.pullRequest
      ? ["--version (or VERSION)"]
      : []),
  ];
  if (missing.length > 0) {
    throw new SentinelError(
      "flag-invalid",
      `${missing.join(" and ")} missing`,
      "for example: release-sentinel --env prod --version v1.4.2",
    );
  }
  const { sentinel, toolVersion } = context;
  try {
    const attest =
      options.attest === undefined
        ? undefined
        : await (await import("./check-attest.ts")).prepare(context, options, options.attest);
    return await judge(
      context,
      options,
      () => sentinel.check(request),
      async (verdict) => {
        if (verdict.exitCode !== 0)
          await sentinel.alert(verdictAlert(verdict, sentinel.clients.readers, toolVersion), verdict);
        await attest?.(verdict, sentinel.recordedAt(verdict)?.split("@")[0] ?? null);
      },
    );
  } catch (error) {
    if (error instanceof SentinelError && isNews(error, options)) {
      const asked = { environment: request.environment ?? "", version: request.version ?? null };
      await sentinel.alert(errorAlert(error, asked, sentinel.clients.readers, toolVersion));
    }
    throw error;
  }
}
