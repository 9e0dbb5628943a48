import { resolve } from "node:path";
import { type Compose, findCompose } from "../../clients/docker/compose.ts";
import { createDocker, type Docker, DockerFailure } from "../../clients/docker.ts";
import type { Secrets } from "../../core/mask.ts";
import { StepFailure } from "../../core/step.ts";
import type { DeployRequest } from "../driver.ts";
import type { DeploySettings } from "../settings.ts";
import { createRecord, type EngineRecord, recordedProjects } from "./record.ts";
import { endpointOf, InvalidCompose, type ModelSource, type Rendered, render } from "./render.ts";
import { registerModel } from "./secrets.ts";

export interface ComposeOptions {
  readonly request: DeployRequest;
  /** Flags won over it already. */
  readonly settings: DeploySettings;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: Secrets;
  /** How long compose may take to start everything: it waits itself for what others depend on. */
  readonly waitMs: number;
  /** Good releases that are remembered. */
  readonly keep: number;
}

/** What every verb of the driver works with; each part is found out once. */
export interface ComposePlace {
  readonly docker: Docker;
  readonly options: ComposeOptions;
  readonly source: ModelSource;
  compose(signal: AbortSignal): Promise<Compose>;
  endpoint(signal: AbortSignal): Promise<string>;
  /** @throws InvalidCompose */
  rendered(signal: AbortSignal): Promise<Rendered>;
  project(signal: AbortSignal): Promise<string>;
  record(signal: AbortSignal): Promise<EngineRecord>;
}

export function createPlace(options: ComposeOptions): ComposePlace {
  const { request, settings, cwd, env, secrets } = options;
  const docker = createDocker({ env, cwd, context: settings.context });
  const source: ModelSource = {
    files:
      request.manifests.length > 0
        ? request.manifests
        : (settings.compose?.files ?? []).map((file) => resolve(cwd, file)),
    cwd,
    project: settings.compose?.project ?? settings.name,
    env,
    version: request.version,
  };
  const compose = once((signal) => findCompose(docker, signal));
  const rendered = once(async (signal) => {
    if (request.manifests.includes("-")) {
      throw new InvalidCompose("compose files cannot be read from standard input: name them");
    }
    const found = await render(await compose(signal), source, signal);
    registerModel(secrets, found.model);
    return found;
  });
  const project = once(async (signal) => {
    const named = source.project ?? env["COMPOSE_PROJECT_NAME"];
    if (named) return named;
    if (!request.returning) return (await rendered(signal)).project;
    // Its files may be broken, or somewhere else: that must not keep anybody from going back.
    const all = await recordedProjects(docker, signal);
    const ours = all.filter(({ environment }) => environment === request.environment);
    const [only, ...others] = ours;
    if (only !== undefined && others.length === 0) return only.project;
    const found = ours.length === 0 ? "none" : ours.map((one) => one.project).join(", ");
    const message = `which project of ${request.environment} is meant? On this engine there is ${found}`;
    throw new StepFailure(message, "--name PROJECT", true);
  });
  return {
    docker,
    options,
    source,
    compose,
    rendered,
    project,
    endpoint: once((signal) => endpointOf(docker, env, signal)),
    record: once(async (signal) => createRecord(docker, await project(signal), request.environment)),
  };
}

/** What failed is asked again. */
function once<T>(find: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let found: Promise<T> | undefined;
  return async (signal) => {
    signal.throwIfAborted();
    found ??= find(signal);
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
}

/** Runs one verb; what the engine refused is said as a step's failure. @throws StepFailure; the signal's reason */
export async function asStep<T>(
  { docker, options }: Pick<ComposePlace, "docker" | "options">,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof InvalidCompose) {
      throw new StepFailure(options.secrets.mask(error.message), "mend the compose file", true);
    }
    if (!(error instanceof DockerFailure)) throw error;
    const message = options.secrets.mask(error.message);
    if (error.reason === "missing") {
      throw new StepFailure(message, "install Docker and its compose plugin", true);
    }
    if (error.reason === "denied") {
      throw new StepFailure(message, "this user may not ask the engine: see `docker info`", true);
    }
    throw new StepFailure(message, error.transient ? docker.typed(["info"]) : undefined);
  }
}
