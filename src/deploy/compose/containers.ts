import { type Docker, type DockerCall, DockerFailure } from "../../clients/docker.ts";

/** A container as `docker inspect` shows it, as far as it is looked at. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: ContainerState;
  readonly Config: {
    readonly Image: string;
    readonly Env?: readonly string[] | null;
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly [key: string]: unknown;
  };
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly Mounts: readonly ContainerMount[];
  readonly NetworkSettings: { readonly Networks?: Readonly<Record<string, ContainerNetwork>> | null };
}

export interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Restarting: boolean;
  readonly Paused?: boolean;
  readonly OOMKilled?: boolean;
  readonly ExitCode: number;
  readonly Error?: string;
  readonly StartedAt: string;
  readonly Health?: {
    readonly Status: string;
    readonly FailingStreak?: number;
    readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[] | null;
  };
}

export interface Image {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  /** `name@sha256:…`, of those that came from a registry or went to one. */
  readonly RepoDigests?: readonly string[] | null;
  readonly Config?: Readonly<Record<string, unknown>> | null;
}

export interface ContainerMount {
  readonly Type: string;
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly RW: boolean;
  readonly Propagation?: string;
}

export interface ContainerNetwork {
  readonly Aliases?: readonly string[] | null;
  readonly Links?: readonly string[] | null;
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string } | null;
}

const label = "com.docker.compose.";

export const labels = {
  project: `${label}project`,
  service: `${label}service`,
  hash: `${label}config-hash`,
  oneoff: `${label}oneoff`,
  number: `${label}container-number`,
  dependsOn: `${label}depends_on`,
  /** The id of the one that it was made to replace. */
  replace: `${label}replace`,
  network: `${label}network`,
  all: label,
} as const;

export function serviceOf(container: Container): string {
  return container.Config.Labels?.[labels.service] ?? "";
}

export function hashOf(container: Container): string | null {
  return container.Config.Labels?.[labels.hash] ?? null;
}

export function nameOf(container: Container): string {
  return container.Name.replace(/^\//, "");
}

/** A project's containers, running or not; without half-made ones and those of `compose run`. @throws DockerFailure */
export async function containersOf(
  docker: Docker,
  project: string,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  const all = await everyContainerOf(docker, project, signal);
  return all.filter((container) => !isHalfMade(container, all));
}

/**
 * Compose v2 makes the new container beside the old one, as `OLD-ID_NAME`, stops and removes the old one, and gives the new one
 * the name. Killed in between, it leaves both: the old one is the service's still.
 */
export function isHalfMade(container: Container, all: readonly Container[]): boolean {
  const replaced = container.Config.Labels?.[labels.replace];
  return replaced !== undefined && all.some(({ Id }) => Id === replaced);
}

/** With half-made ones. @throws DockerFailure */
export async function everyContainerOf(
  docker: Docker,
  project: string,
  signal: AbortSignal,
): Promise<readonly Container[]> {
  const filters = [`label=${labels.project}=${project}`, `label=${labels.oneoff}=False`];
  const listed = await docker.text(
    ["ps", "-aq", "--no-trunc", ...filters.flatMap((filter) => ["--filter", filter])],
    { signal },
  );
  const ids = listed.split("\n").filter((id) => id !== "");
  const found = await inspect<Container>(docker, "container", ids, { signal });
  return [...found].sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

/** Those that are there; what has vanished meanwhile is left out. @throws DockerFailure */
export async function inspect<T>(
  docker: Docker,
  kind: "container" | "image" | "network",
  names: readonly string[],
  call: DockerCall,
): Promise<readonly T[]> {
  if (names.length === 0) return [];
  const { code, stdout, stderr } = await docker.run([kind, "inspect", ...names], call);
  // Something that is missing makes it fail, and it shows the others all the same.
  if (code !== 0 && !/no such/i.test(stderr)) await docker.text([kind, "inspect", ...names], call);
  try {
    return JSON.parse(stdout) as T[];
  } catch {
    throw new DockerFailure("other", `docker ${kind} inspect answered with something that is not JSON`);
  }
}
