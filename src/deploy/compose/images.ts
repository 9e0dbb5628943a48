import type { Docker } from "../../clients/docker.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type Image, inspect } from "./containers.ts";
import type { Kept, KeptService } from "./kept.ts";
import { repository, sameRepository } from "./model.ts";

/** What an image's name means. */
export interface Resolved {
  /** The engine has it under this id; null: it has not. */
  readonly id: string | null;
  /** `sha256:…` of the registry where that is known, else the id. */
  readonly digest: string | null;
  /** Why it could not be found out. */
  readonly trouble?: string;
}

const holdLabel = "release-sentinel.hold";

/** What the engine has under these names. @throws DockerFailure */
export async function localImages(
  docker: Docker,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Image>> {
  const unique = [...new Set(names)];
  const found = await Promise.all(
    unique.map(
      async (name) => [name, (await inspect<Image>(docker, "image", [name], { signal }))[0]] as const,
    ),
  );
  return new Map(found.filter((entry): entry is readonly [string, Image] => entry[1] !== undefined));
}

/** The digest that an image is known by: that of the registry that its name says, else its id. */
export function digestOf(
  name: string,
  image: Image | { Id: string; RepoDigests?: readonly string[] },
): string {
  const named = image.RepoDigests?.find((digest) => sameRepository(digest, name));
  return named?.split("@")[1] ?? image.Id;
}

/** What a registry has under a name, asked by the docker command with the user's credentials. */
export async function remoteDigest(docker: Docker, name: string, signal: AbortSignal): Promise<Resolved> {
  const pinned = name.split("@")[1];
  const { code, stdout, stderr } = await docker.run(["manifest", "inspect", "--verbose", name], {
    signal,
    timeoutMs: 20_000,
  });
  if (code !== 0) {
    const trouble = printable(stderr.trim().split("\n").at(-1) ?? "", 200);
    return { id: null, digest: pinned ?? null, trouble: trouble || "no answer" };
  }
  try {
    const answer = JSON.parse(stdout) as
      | { Descriptor?: { digest?: string } }
      | readonly { Descriptor?: { digest?: string } }[];
    // One of several platforms: which one the engine takes is its own affair.
    const one = Array.isArray(answer) ? undefined : (answer as { Descriptor?: { digest?: string } });
    return { id: null, digest: pinned ?? one?.Descriptor?.digest ?? null };
  } catch {
    return { id: null, digest: pinned ?? null };
  }
}

/**
 * Keeps the images of what ran from being cleaned away: a tag, so that they do not dangle, and a container that is never
 * started, so that they count as used. @throws DockerFailure
 */
export async function hold(docker: Docker, project: string, kept: Kept, signal: AbortSignal): Promise<void> {
  const ids = [...new Set(Object.values(kept.services).map(({ id }) => id))];
  const images = await inspect<Image>(docker, "image", ids, { signal });
  for (const image of images) {
    const short = image.Id.replace("sha256:", "").slice(0, 12);
    await docker.text(["tag", image.Id, `release-sentinel/held:${short}`], { signal });
    const name = `release-sentinel.${project}.hold.${short}`;
    // Otherwise each place that the image declares as a volume would get one of its own.
    const places = Object.keys((image.Config?.["Volumes"] ?? {}) as object);
    const flags = [
      ["--name", name, "--label", `${holdLabel}=${project}`, "--network", "none", "--entrypoint", "held"],
      places.flatMap((place) => ["--mount", `type=tmpfs,destination=${place}`]),
    ].flat();
    const made = await docker.run(["create", ...flags, image.Id], { signal });
    if (made.code !== 0 && !/already in use/.test(made.stderr)) {
      throw new StepFailure(`image ${short} cannot be kept for the way back: ${printable(made.stderr, 300)}`);
    }
  }
}

/** Lets go of the images that nothing remembered needs any more. What cannot be let go of stays. */
export async function letGo(
  docker: Docker,
  project: string,
  needed: readonly Kept[],
  signal: AbortSignal,
): Promise<void> {
  const ids = new Set(needed.flatMap(({ services }) => Object.values(services).map(({ id }) => id)));
  const format = "{{.ID}} {{.Names}}";
  const held = await docker.text(
    ["ps", "-a", "--no-trunc", "--filter", `label=${holdLabel}=${project}`, "--format", format],
    { signal },
  );
  for (const line of held.split("\n").filter((text) => text !== "")) {
    const [container = "", name = ""] = line.split(" ");
    const short = name.split(".").at(-1) ?? "";
    if ([...ids].some((id) => id.replace("sha256:", "").startsWith(short))) continue;
    await docker.run(["rm", container], { signal });
    const others = await docker.text(["ps", "-aq", "--filter", `name=release-sentinel.*.hold.${short}`], {
      signal,
    });
    if (others.trim() === "") await docker.run(["rmi", `release-sentinel/held:${short}`], { signal });
  }
}

/**
 * Sees to it that each name means the image that ran under it: by its id, or from its registry by its digest.
 * @throws StepFailure where one is gone for good
 */
export async function bringBack(docker: Docker, kept: Kept, signal: AbortSignal): Promise<void> {
  for (const [service, wanted] of Object.entries(kept.services)) {
    const [now] = await inspect<Image>(docker, "image", [wanted.image], { signal });
    if (now?.Id === wanted.id) continue;
    const [there] = await inspect<Image>(docker, "image", [wanted.id], { signal });
    if (there === undefined) await fetchAgain(docker, service, wanted, signal);
    // What is named by its digest or id means the same for ever.
    if (!/@|^sha256:/.test(wanted.image)) await docker.text(["tag", wanted.id, wanted.image], { signal });
  }
}

/** Images that `bringBack` would have to fetch, and those that nobody has. Changes nothing. @throws DockerFailure */
export async function missingImages(
  docker: Docker,
  kept: Kept,
  signal: AbortSignal,
): Promise<{ readonly fetched: readonly string[]; readonly gone: readonly string[] }> {
  const services = Object.entries(kept.services);
  const ids = [...new Set(services.map(([, { id }]) => id))];
  const there = new Set((await inspect<Image>(docker, "image", ids, { signal })).map(({ Id }) => Id));
  const missing = services.filter(([, { id }]) => !there.has(id));
  const said = (list: typeof missing) => list.map(([name, { image }]) => `${name} ${printable(image, 200)}`);
  return {
    fetched: said(missing.filter(([, { digests }]) => digests.length > 0)),
    gone: said(missing.filter(([, { digests }]) => digests.length === 0)),
  };
}

async function fetchAgain(
  docker: Docker,
  service: string,
  { image, id, digests }: KeptService,
  signal: AbortSignal,
): Promise<void> {
  const shown = `image ${printable(image, 200)} (${id.slice(0, 19)}) of ${service}`;
  const digest = digests.find((name) => sameRepository(name, image)) ?? digests[0];
  if (digest === undefined) {
    throw new StepFailure(
      `${shown} is gone from the engine, and no registry is known to have it`,
      `build it again, then: docker tag IMAGE ${repository(image)}`,
      true,
    );
  }
  const { code, stderr } = await docker.run(["pull", digest], { signal, timeoutMs: 10 * 60_000 });
  if (code === 0) return;
  throw new StepFailure(
    `${shown} is gone from the engine and cannot be fetched: ${printable(stderr.trim(), 300)}`,
    docker.typed(["pull", digest]),
  );
}
