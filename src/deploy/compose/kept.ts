import { type Container, hashOf, type Image, serviceOf } from "./containers.ts";
import type { ComposeModel, ComposeService } from "./model.ts";
import { synthesize } from "./synthesize.ts";

/** Everything that it takes to have a project run again as it ran at one moment. */
export interface Kept {
  readonly version: string | null;
  readonly model: ComposeModel;
  readonly services: Readonly<Record<string, KeptService>>;
  /** Names on the engine of the project's own networks. */
  readonly networks: readonly string[];
  /** What the model could not be made to say, `web: DeviceRequests`. */
  readonly lost: readonly string[];
}

export interface KeptService {
  /** As written: `app:1.4.1`. */
  readonly image: string;
  /** The image's id on the engine. */
  readonly id: string;
  /** `name@sha256:…`, by which a registry has it. */
  readonly digests: readonly string[];
  /** Compose's hash of the service, on its containers. */
  readonly hash: string | null;
  readonly count: number;
  /** Whether all of it ran, or had ended well. */
  readonly well: boolean;
}

/** A model whose containers are known by the hashes that compose gave them. */
export interface Candidate {
  readonly model: ComposeModel;
  readonly hashes: Readonly<Record<string, string | null>>;
}

/**
 * What runs now, as a model. The definition of each service is taken from a model that its containers were made from, if one
 * is known; else it is made from the container.
 */
export function keep(now: {
  readonly project: string;
  readonly version: string | null;
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
  readonly networks: readonly string[];
  /** The likeliest first. */
  readonly candidates: readonly Candidate[];
}): Kept {
  const { project, containers, images, candidates, version, networks } = now;
  const top = { networks: {}, volumes: {}, configs: {}, secrets: {} } as Record<Top, Record<string, unknown>>;
  const services: Record<string, ComposeService> = {};
  const kept: Record<string, KeptService> = {};
  const lost: string[] = [];
  for (const [name, its] of Object.entries(byService(containers))) {
    const [first] = its;
    if (first === undefined) continue;
    const image = images.find(({ Id }) => Id === first.Image);
    kept[name] = keptService(first, its, image);
    const known = candidates.find(({ hashes, model }) => {
      return hashes[name] !== undefined && hashes[name] === hashOf(first) && model.services[name];
    });
    const service = known?.model.services[name];
    if (known && service) {
      services[name] = service;
      for (const kind of tops) top[kind] = { ...known.model[kind], ...top[kind] };
      continue;
    }
    const made = synthesize(first, image, its.length === 1);
    services[name] = placed(made, top, { project, candidates });
    lost.push(...made.lost.map((field) => `${name}: ${field}`));
  }
  const model = { name: project, ...rendered(candidates), services: consistent(services), ...top };
  return { version, model, services: kept, networks, lost };
}

type Top = "networks" | "volumes" | "configs" | "secrets";
const tops: readonly Top[] = ["networks", "volumes", "configs", "secrets"];

/** v1 wants to know the version of the format, v2 ignores it. */
function rendered(candidates: readonly Candidate[]): { version?: string } {
  const version = candidates.find(({ model }) => model.version !== undefined)?.model.version;
  return version === undefined ? {} : { version };
}

function keptService(first: Container, its: readonly Container[], image: Image | undefined): KeptService {
  return {
    image: first.Config.Image,
    id: first.Image,
    digests: image?.RepoDigests ?? [],
    hash: hashOf(first),
    count: its.length,
    well: its.every(({ State }) =>
      State.Running ? State.Health?.Status !== "unhealthy" && !State.Restarting : State.ExitCode === 0,
    ),
  };
}

/** Containers by service; those that are half replaced come last, so that the first one is what ran. */
export function byService(containers: readonly Container[]): Record<string, Container[]> {
  const result: Record<string, Container[]> = {};
  const age = ({ State }: Container) => (State.Running ? 0 : 1);
  for (const container of [...containers].sort((a, b) => age(a) - age(b))) {
    const service = serviceOf(container);
    if (service !== "") result[service] = [...(result[service] ?? []), container];
  }
  return result;
}

/**
 * With its networks and volumes as a known model has them: if that is the one that is applied meanwhile, they are as it says.
 * Others are there already, and not this model's to make.
 */
function placed(
  made: ReturnType<typeof synthesize>,
  top: Record<Top, Record<string, unknown>>,
  known: { readonly project: string; readonly candidates: readonly Candidate[] },
): ComposeService {
  const keyOf = (kind: Top, name: string) => {
    for (const said of [top[kind], ...known.candidates.map(({ model }) => model[kind] ?? {})]) {
      const found = Object.entries(said).find(
        ([key, how]) => ((how as { name?: string } | null)?.name ?? `${known.project}_${key}`) === name,
      );
      if (found === undefined) continue;
      top[kind][found[0]] = found[1];
      return found[0];
    }
    top[kind][name] = { name, external: true };
    return name;
  };
  const networks = made.service["networks"] as Record<string, unknown> | undefined;
  const volumes = made.service.volumes as readonly { type: string; source?: string }[] | undefined;
  return {
    ...made.service,
    ...(networks === undefined
      ? {}
      : {
          networks: Object.fromEntries(
            Object.entries(networks).map(([name, how]) => [keyOf("networks", name), how]),
          ),
        }),
    ...(volumes === undefined
      ? {}
      : {
          volumes: volumes.map((volume) =>
            volume.type === "volume" && volume.source
              ? { ...volume, source: keyOf("volumes", volume.source) }
              : volume,
          ),
        }),
  } as ComposeService;
}

/** Nothing may wait for a service that is not there. */
function consistent(services: Record<string, ComposeService>): Record<string, ComposeService> {
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { depends_on: needs, ...rest } = service;
      if (needs === undefined) return [name, service];
      const left = Object.entries(needs).filter(([needed, how]) =>
        Object.hasOwn(services, Array.isArray(needs) ? String(how) : needed),
      );
      if (left.length === 0) return [name, rest];
      const still = Array.isArray(needs) ? left.map(([, how]) => how) : Object.fromEntries(left);
      return [name, { ...rest, depends_on: still } as ComposeService];
    }),
  );
}
