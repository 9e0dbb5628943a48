import type { Phase } from "../driver.ts";
import type { DeploySettings, PhaseSettings } from "../settings.ts";
import { checkPhase } from "./phase-check.ts";
import { jobPhase } from "./phase-job.ts";
import { programPhase } from "./phase-program.ts";
import type { PhaseWorld } from "./phase-world.ts";

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
