import type { Readers } from "../clients/readers.ts";
import type { PolicyFiles } from "../config/files.ts";
import { Aborted } from "../core/check.ts";
import type { Secrets } from "../core/mask.ts";
import { type Clients, renewed, withoutProgramsOf } from "./clients.ts";
import { type Cleanup, isDistrusted, policySource } from "./policy-source.ts";

/** What one run looks at the world with: nothing that another run remembers or can take away. */
export interface Run {
  readonly readers: Readers;
  /** Where programs are found that are trusted. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the policy is read from. @throws SentinelError `config-ref` */
  files(): Promise<PolicyFiles>;
  /** Ends what still runs, and removes what was put aside. */
  close(): Promise<void>;
}

export function openRun(
  world: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly secrets: Secrets;
    readonly clients: Clients;
  },
  configRef: string | undefined,
): Run {
  const over = new AbortController();
  const cleanup: Cleanup = [];
  const { readers: shared } = world.clients;
  const { cwd, secrets } = world;
  const env = isDistrusted(shared, configRef) ? withoutProgramsOf(cwd, world.env) : world.env;
  const readers = renewed(shared, { cwd, env, secrets, signal: over.signal });
  return {
    readers,
    env,
    files() {
      // Asked first and awaited later: git starts while the configuration is read.
      void readers.git.repository().catch(() => {});
      return policySource(readers, configRef, { cwd, cleanup });
    },
    async close() {
      over.abort(new Aborted("not-needed", "the run is over"));
      for (const clean of cleanup) clean();
    },
  };
}
