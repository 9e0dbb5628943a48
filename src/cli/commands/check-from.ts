import { judgeSaved } from "../../app/replay.ts";
import { SentinelError } from "../../core/errors.ts";
import type { Context } from "../context.ts";
import type { EvidenceOptions } from "../evidence-options.ts";
import { judge } from "../judge.ts";
import { logEvent } from "../logging.ts";

/** `check --from FILE`: nothing is looked at, and nobody is told. Answers the exit code. */
export async function run(context: Context, options: EvidenceOptions, file: string): Promise<number> {
  const { sentinel, cwd } = context;
  const { config, configRef, attest, env, version, at, only, skip } = options;
  const together = [
    ...(attest === undefined ? [] : ["--attest"]),
    ...(at === undefined ? [] : ["--at"]),
    ...(only.length === 0 ? [] : ["--only"]),
    ...(skip.length === 0 ? [] : ["--skip"]),
    ...(options.breakGlass ? ["--break-glass"] : []),
  ];
  if (together.length > 0) {
    throw new SentinelError(
      "flag-invalid",
      `--from goes without ${together.join(", ")}: a saved verdict is what it is`,
      "leave it out, or ask the gate itself, without --from",
    );
  }
  // The live view shows checks in flight, and there are none.
  const emit = context.interactive ? () => {} : logEvent;
  const request = { file, cwd, config, configRef, environment: env, version };
  return judge(context, options, async () =>
    sentinel.secrets.maskDeep(await judgeSaved(sentinel, request, emit)),
  );
}
