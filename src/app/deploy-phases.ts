import { parseDuration } from "../config/schema.ts";
import { migrationPhases } from "../deploy/migrations/phases.ts";
import type { Place } from "../flows/apply/survey.ts";
import type { LooksAsked } from "./deploy-looks.ts";
import type { Job } from "./job.ts";
import { migrationWorld } from "./migrate.ts";

/** The project's own work before and after, as the configuration names it. */
export function phasesFor(
  job: Job,
  { settings, environment, version, commit, run, root }: LooksAsked,
): Pick<Place, "before" | "after"> {
  const { readers } = job.clients;
  const { driver, context, namespace } = settings;
  const isCluster = driver === "kubernetes" || driver === "argo-rollouts";
  return migrationPhases(settings.migrations, {
    cwd: root,
    programs: readers.programs,
    env: readers.env,
    secrets: job.secrets,
    variables: {
      RS_VERSION: version,
      RS_ENVIRONMENT: environment,
      ...(commit === null ? {} : { RS_COMMIT: commit }),
    },
    cluster: isCluster
      ? async () => {
          const { createKubectl } = await import("../clients/kubectl.ts");
          return createKubectl({ env: job.env, cwd: root, context, namespace });
        }
      : null,
    runId: run.id,
    migrations: migrationWorld({ ...job, cwd: root }),
    milliseconds: parseDuration,
  });
}
