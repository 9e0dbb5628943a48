import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import type { Context } from "../context.ts";
import type { DeployOptions } from "../deploy-options.ts";
import { deploy } from "../deploy-run.ts";

export async function run(context: Context, options: DeployOptions): Promise<number> {
  const environment = options.env ?? context.env["ENV"];
  const version = options.version ?? context.env["VERSION"];
  const missing = [
    ...(environment ? [] : ["--env (or ENV)"]),
    ...(version ? [] : ["--version (or VERSION)"]),
  ];
  if (!environment || !version) {
    throw new SentinelError(
      "flag-invalid",
      `${missing.join(" and ")} missing`,
      "for example: release-sentinel apply --env prod --version v1.4.2 --driver kubernetes --manifest k8s/",
    );
  }
  if (!/^[\w@][\w.+@/-]*$/.test(version)) {
    throw new SentinelError(
      "flag-invalid",
      `Invalid version format: ${printable(version, 100)}`,
      "write it as vX.Y.Z",
    );
  }
  if (options.wayBack === false && !options.reason?.trim()) {
    throw new SentinelError(
      "flag-invalid",
      "--no-way-back needs --reason",
      "say why: --no-way-back --reason 'the first deploy of a demo'",
    );
  }
  if (options.kustomize !== undefined && options.manifest !== undefined) {
    throw new SentinelError("flag-invalid", "--kustomize does not go with --manifest", "leave one out");
  }
  if (options.verdictKey !== undefined && options.verdict === undefined) {
    throw new SentinelError(
      "flag-invalid",
      "--verdict-key goes with --verdict",
      "bring a signed verdict: --verdict FILE",
    );
  }
  return deploy(context, options, { command: "apply", environment, version });
}
