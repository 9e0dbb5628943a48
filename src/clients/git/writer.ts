import type { Secrets } from "../../core/mask.ts";
import { createGitCommand } from "./command.ts";
import { readSettings } from "./writer-config.ts";
import { unattended, userEnvironment } from "./writer-environment.ts";
import { createTagMaker } from "./writer-local.ts";
import { createTagPusher } from "./writer-push.ts";
import { createUserGit } from "./writer-run.ts";
import type { GitWriter } from "./writer-types.ts";

export type { GitWriter } from "./writer-types.ts";

/** A writer for the repository around `cwd`, which is the top of its work tree. */
export function createGitWriter(deps: {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  /** Milliseconds that a remote may take. Default: 60 s, and 10 min for a push with a hook before it. */
  readonly limitMs?: number;
}): GitWriter {
  const { cwd, secrets, limitMs } = deps;
  const env = userEnvironment(deps.env);
  const read = createGitCommand(cwd, deps.env);
  let settings: ReturnType<typeof readSettings> | undefined;
  const world = {
    cwd,
    env,
    secrets,
    limitMs,
    read,
    settings: () => (settings ??= readSettings(read, secrets)),
  };
  return {
    ...createTagMaker({ ...world, git: createUserGit(cwd, unattended(env)) }),
    ...createTagPusher({ ...world, git: createUserGit(cwd, env) }),
  };
}
