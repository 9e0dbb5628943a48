import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Container } from "./containers.ts";
import { labels } from "./containers.ts";
import type { Resolved } from "./images.ts";
import { type ComposeModel, publishedPorts } from "./model.ts";
import type { ComposePlace } from "./place.ts";
import { recordedProjects, type Stored } from "./record.ts";
import { isNamed, type Rendered } from "./render.ts";

/** One project is one environment's. */
export function environmentProof(
  { options }: ComposePlace,
  project: string,
  stored: Stored | null,
): Proof | null {
  const { environment } = options.request;
  if (stored === null || stored.environment === environment) return null;
  return {
    state: "conflict",
    message: `project ${project} on this engine is environment ${printable(stored.environment, 100)}, not ${environment}`,
    remedy: "another project's name (deploy.compose.project), or another engine (deploy.context)",
  };
}

/** A name that comes from the folder makes a second project of it in another folder. */
export async function nameProof(
  { docker, source, options }: ComposePlace,
  { project, files }: Rendered,
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<Proof | null> {
  if (isNamed(source, files)) return null;
  const remedy = "name it: --name, deploy.compose.project, or `name:` in the compose file";
  if (containers.length === 0) {
    const others = (await recordedProjects(docker, signal)).filter(
      (other) => other.environment === options.request.environment && other.project !== project,
    );
    const [other] = others;
    if (other !== undefined) {
      return {
        state: "conflict",
        message: `${project} is only this folder's name, and ${other.environment} on this engine is project ${other.project}: this would become a second one`,
        remedy: `${remedy} (${other.project})`,
      };
    }
  }
  return {
    state: "notice",
    message: `the project is called ${project} after its folder; from another folder it would be another project`,
    remedy,
  };
}

export function imageProofs(
  { options, docker }: ComposePlace,
  model: ComposeModel,
  images: Readonly<Record<string, Resolved>>,
): Proof[] {
  return Object.entries(model.services).flatMap(([name, service]): Proof[] => {
    const { id = null, digest = null, trouble } = images[name] ?? {};
    const shown = printable(service.image ?? "", 200);
    if (id === null && digest === null && service.build !== undefined) {
      const message = `service ${name} is built here, and has not been built`;
      return [{ state: "conflict", message, remedy: docker.typed(["compose", "build", name]) }];
    }
    if (id === null && service.pull_policy === "never") {
      const message = `image ${shown} of service ${name} is not on the engine, and pull_policy says never`;
      return [{ state: "conflict", message, remedy: docker.typed(["pull", service.image ?? name]) }];
    }
    if (options.settings.images === "digests" && !service.image?.includes("@sha256:")) {
      const message = `image ${shown} of service ${name} is named by a tag`;
      const remedy = digest?.startsWith("sha256:") ? `${shown}@${digest}` : "name it by its digest";
      return [{ state: "conflict", message, remedy }];
    }
    if (trouble === undefined) return [];
    const isMissing = /no such manifest|not found|unknown|denied|unauthorized/i.test(trouble);
    return [
      {
        state: isMissing ? "conflict" : "unknown",
        message: `image ${shown} of service ${name} is not on the engine, and its registry says: ${trouble}`,
        remedy: docker.typed(["pull", service.image ?? name]),
      },
    ];
  });
}

/** Ports that containers of others have. What other programs of that machine have shows only when it is tried. */
export async function portProofs(
  { docker }: ComposePlace,
  project: string,
  model: ComposeModel,
  signal: AbortSignal,
): Promise<Proof[]> {
  const wanted = Object.entries(model.services).flatMap(([name, service]) =>
    publishedPorts(service).map((port) => ({ name, port })),
  );
  if (wanted.length === 0) return [];
  const format = `{{.Label "${labels.project}"}}\t{{.Names}}\t{{.Ports}}`;
  const listed = await docker.text(["ps", "--format", format], { signal });
  const others = listed
    .split("\n")
    .map((line) => line.split("\t"))
    .filter(([its]) => its !== project);
  return wanted.flatMap(({ name, port }): Proof[] => {
    const [number, protocol] = port.split("/");
    const taken = others.find(
      ([, , ports = ""]) => ports.includes(`:${number}->`) && ports.includes(`/${protocol}`),
    );
    if (taken === undefined) return [];
    const message = `port ${port} of service ${name} is taken by container ${printable(taken[1] ?? "", 100)}`;
    return [{ state: "conflict", message, remedy: docker.typed(["ps", "--filter", `publish=${number}`]) }];
  });
}

/** The engine is the right one, and has what the model says is there already. */
export async function placeProofs(
  place: ComposePlace,
  model: ComposeModel,
  signal: AbortSignal,
): Promise<Proof[]> {
  const { docker, options } = place;
  const proofs: Proof[] = [];
  const { cluster } = options.settings;
  const endpoint = await place.endpoint(signal);
  if (cluster !== undefined && cluster !== endpoint) {
    const message = `the engine is ${printable(endpoint, 200)}, not ${printable(cluster, 200)} as configured`;
    proofs.push({ state: "conflict", message, remedy: "docker context use, deploy.context, or DOCKER_HOST" });
  }
  for (const kind of ["network", "volume"] as const) {
    for (const [key, said] of Object.entries(model[`${kind}s`] ?? {})) {
      const { external, name = key } = (said ?? {}) as { external?: unknown; name?: string };
      if (!external) continue;
      const found = await docker.run([kind, "inspect", name], { signal });
      if (found.code === 0) continue;
      const message = `${kind} ${printable(name, 100)} is not there, and the compose file says that it is (external)`;
      proofs.push({ state: "conflict", message, remedy: docker.typed([kind, "create", name]) });
    }
  }
  return proofs;
}
