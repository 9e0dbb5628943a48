import type { Kubectl } from "../../clients/kubectl.ts";
import type { EnvReader, ProgramReader } from "../../clients/readers.ts";
import type { Secrets } from "../../core/mask.ts";
import type { Phase } from "../driver.ts";
import type { DeploySettings, PhaseSettings } from "../settings.ts";
import type { MigrationWorld } from "./check.ts";
import { checkPhase } from "./phase-check.ts";
import { jobPhase } from "./phase-job.ts";
import { programPhase } from "./phase-program.ts";

/** What migrations around a deploy are run with. */
export interface PhaseWorld {
  /** Where programs run, and where manifests' names start. */
  readonly cwd: string;
  readonly programs: ProgramReader;
  readonly env: EnvReader;
  readonly secrets: Secrets;
  /** Given to every program: `RS_VERSION` and the like. */
  readonly variables: Readonly<Record<string, string>>;
  /** A door of the phase's own, bound to the target's context and namespace; null where the place is no cluster. */
  readonly cluster: (() => Promise<Kubectl>) | null;
  /** Told apart from other runs' jobs by it. */
  readonly runId: string;
  /** What migration files are tried out with. */
  readonly migrations: MigrationWorld;
  /** A duration as the configuration writes it, in milliseconds. */
  readonly milliseconds: (duration: string | number) => number | undefined;
}

/** One phase with its time limit read. */
export interface TimedPhase extends PhaseSettings {
  readonly id: string;
  readonly timeoutMs: number;
}

const defaultMs = 5 * 60_000;

/**
 * The project's own work before and after a new version is applied. Where the configuration names migration files, they are
 * checked first of all: what is not safe stops the deploy before anything is touched.
 */
export function migrationPhases(
  settings: DeploySettings["migrations"],
  world: PhaseWorld,
): { readonly before: readonly Phase[]; readonly after: readonly Phase[] } {
  const { before = [], after = [], check = [] } = settings ?? {};
  const phases = (when: "before" | "after", all: readonly PhaseSettings[]) =>
    all.map((one, i) => {
      const id = `migration.${when}${all.length > 1 ? `.${i + 1}` : ""}`;
      const timed = { ...one, id, timeoutMs: (one.timeout && world.milliseconds(one.timeout)) || defaultMs };
      return one.job === undefined ? programPhase(timed, world) : jobPhase(timed, one.job, world);
    });
  return {
    before: [...(check.length > 0 ? [checkPhase(check, world)] : []), ...phases("before", before)],
    after: phases("after", after),
  };
}
