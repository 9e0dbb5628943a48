import { resolve } from "node:path";
import { parseDuration } from "../config/schema.ts";
import { SentinelError } from "../core/errors.ts";
import type { DeployRequest, Driver } from "../deploy/driver.ts";
import type { DeploySettings } from "../deploy/settings.ts";
import type { Job } from "./job.ts";

/** What drivers are made with. */
export interface DriverAsked {
  /** Flags won over it already. */
  readonly settings: DeploySettings;
  readonly request: DeployRequest;
  /** Top of the work tree. */
  readonly root: string;
  readonly waitMs: number;
}

const keep = 5;
const callMs = 5 * 60_000;

/** Loads the driver that is meant, and no other. @throws SentinelError where none is, or where it lacks something */
export async function openDriver(job: Job, asked: DriverAsked): Promise<Driver> {
  const { settings, request, root, waitMs } = asked;
  const remembered = settings.keep ?? keep;
  const { env, secrets, cwd } = job;
  switch (settings.driver ?? (settings.exec ? "exec" : undefined)) {
    case "compose": {
      const { createComposeDriver } = await import("../deploy/drivers/compose.ts");
      return createComposeDriver({ request, settings, cwd, env, secrets, waitMs, keep: remembered });
    }
    case "kubernetes":
    case "argo-rollouts":
      return openKubernetes(job, asked, remembered);
    case "exec":
      return openExec(job, asked, remembered, root);
    default:
      throw new SentinelError(
        "flag-invalid",
        "--driver missing: how is it deployed?",
        "--driver kubernetes, argo-rollouts, compose or exec; or deploy.driver in the configuration",
      );
  }
}

async function openKubernetes(
  { env, secrets, cwd, clients: { readers } }: Job,
  { settings, request, root }: DriverAsked,
  remembered: number,
): Promise<Driver> {
  const { context, cluster, namespace, kustomize, name, serverSide, images } = settings;
  const [{ createKubectl }, { isDead }] = await Promise.all([
    import("../clients/kubectl.ts"),
    import("../clients/host/holder.ts"),
  ]);
  const target = {
    ...(context === undefined ? {} : { context }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(namespace === undefined ? {} : { namespace }),
  };
  const wanted = {
    ...request,
    ...{ name, serverSide, images, target, keep: remembered },
    kustomize: kustomize === undefined ? undefined : resolve(root, kustomize),
  };
  const kubectl = createKubectl({ env, cwd, context, namespace });
  const world = { kubectl, secrets, cwd, stdin: process.stdin, isDead };
  if (settings.driver === "kubernetes") {
    const { createKubernetesDriver } = await import("../deploy/drivers/kubernetes.ts");
    return createKubernetesDriver(wanted, world);
  }
  const { createArgoRolloutsDriver } = await import("../deploy/drivers/argo-rollouts.ts");
  const hasPlugin = readers.programs.which("kubectl-argo-rollouts") !== undefined;
  return createArgoRolloutsDriver(wanted, { ...world, hasPlugin });
}

async function openExec(
  { clients: { readers } }: Job,
  { settings, request }: DriverAsked,
  remembered: number,
  root: string,
): Promise<Driver> {
  const { exec } = settings;
  if (!exec) {
    throw new SentinelError(
      "config-invalid",
      "the driver exec has no programs",
      "name one for each verb, and the folder of its memory: deploy.exec in the configuration",
    );
  }
  const [{ createExecDriver }, { fileRegister }] = await Promise.all([
    import("../deploy/drivers/exec.ts"),
    import("../deploy/state/file.ts"),
  ]);
  const { state, env, timeout, ...verbs } = exec;
  const name = settings.name ?? "app";
  return createExecDriver({
    request,
    name,
    programs: { verbs, ...(env ? { env } : {}), timeoutMs: (timeout && parseDuration(timeout)) || callMs },
    world: { programs: readers.programs, env: readers.env, cwd: root },
    register: fileRegister(resolve(root, state), `${request.environment}-${name}`),
    keep: remembered,
  });
}
