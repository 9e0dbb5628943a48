import { parseDuration } from "../config/schema.ts";
import type { Run } from "../deploy/driver.ts";
import { migrationPhases } from "../deploy/migrations/phases.ts";
import type { DeploySettings } from "../deploy/settings.ts";
import type { Place } from "../flows/apply/survey.ts";
import type { Job } from "./job.ts";
import { migrationWorld } from "./migrate.ts";

export interface PhasesAsked {
  readonly environment: string;
  readonly version: string;
  readonly settings: DeploySettings;
  readonly run: Run;
  readonly commit: string | null;
  /** Top of the work tree. */
  readonly root: string;
}

/** The project's own work before and after, as the configuration names it. */
export function phasesFor(
  job: Job,
  { settings, environment, version, commit, run, root }: PhasesAsked,
): Pick<Place, "before" | "after"> {
  const { readers } = job.clients;
  const { driver } = settings;
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
    cluster: isCluster ? clusterOf(job, settings, root) : null,
    runId: run.id,
    migrations: migrationWorld({ ...job, cwd: root }),
    milliseconds: parseDuration,
  });
}

/** Doors to one and the same cluster, whatever becomes the current context meanwhile. */
function clusterOf({ env, signal }: Job, { context, namespace }: DeploySettings, cwd: string) {
  let pinned = context;
  return async () => {
    const { createKubectl, KubectlFailure } = await import("../clients/kubectl.ts");
    const door = createKubectl({ env, cwd, context: pinned, namespace });
    if (pinned !== undefined) return door;
    try {
      pinned = (await door.text(["config", "current-context"], { signal })).trim() || undefined;
    } catch (error) {
      // In a pod there is none, and the service account's cluster is the only one.
      if (error instanceof KubectlFailure) return door;
      throw error;
    }
    door.close();
    return createKubectl({ env, cwd, context: pinned, namespace });
  };
}
