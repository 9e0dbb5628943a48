import { type Proof, StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type Image, inspect } from "./containers.ts";
import { localImages, remoteDigest } from "./images.ts";
import type { Kept } from "./kept.ts";
import { repository, sameRepository } from "./model.ts";
import type { ComposePlace } from "./place.ts";
import { hashesOf } from "./render.ts";

/**
 * What runs now with one image in place of another, everything else as it is. The image is fetched if it is not there.
 * @param image `name@sha256:…`; the digest of a registry, or the id of an image that never was in one
 * @throws StepFailure, DockerFailure
 */
export async function pinned(
  place: ComposePlace,
  now: Kept,
  image: string,
  signal: AbortSignal,
): Promise<Kept> {
  const shown = printable(image, 300);
  const users = Object.entries(now.services).filter(([, its]) => sameRepository(its.image, image));
  if (users.length === 0) {
    const there = Object.values(now.services).map((its) => repository(its.image));
    throw new StepFailure(
      `no service runs ${repository(shown)}; there are ${there.join(", ") || "none"}`,
      undefined,
      true,
    );
  }
  const { id, name, digests } = await imageFor(place, image, signal);
  const services = { ...now.services };
  const models = { ...now.model.services };
  for (const [service, its] of users) {
    services[service] = { ...its, image: name, id, digests, hash: null, well: true };
    models[service] = { ...models[service], image: name };
  }
  const model = { ...now.model, services: models };
  const hashes = await hashesOf(await place.compose(signal), await place.project(signal), model, signal);
  for (const [service] of users) {
    const its = services[service];
    if (its) services[service] = { ...its, hash: hashes[service] ?? null };
  }
  return { ...now, version: null, model, services };
}

/** Whether an image that is not on the engine could be fetched; null where it is there. Changes nothing. */
export async function fetchable(
  { docker }: ComposePlace,
  image: string,
  signal: AbortSignal,
): Promise<Proof | null> {
  const digest = image.split("@")[1] ?? "";
  const there = await localImages(docker, [image, digest], signal);
  if (there.size > 0) return null;
  const { trouble } = await remoteDigest(docker, image, signal);
  const shown = printable(image, 300);
  if (trouble === undefined) return { state: "ok", message: `${shown} is fetched from its registry` };
  const message = `${shown} is not on the engine, and its registry says: ${trouble}`;
  return { state: "conflict", message, remedy: docker.typed(["pull", image]) };
}

async function imageFor(
  { docker }: ComposePlace,
  image: string,
  signal: AbortSignal,
): Promise<{ id: string; name: string; digests: readonly string[] }> {
  const [name = "", digest = ""] = image.split("@");
  const find = async (what: string) => (await inspect<Image>(docker, "image", [what], { signal }))[0];
  const byDigest = await find(image);
  if (byDigest) return { id: byDigest.Id, name: image, digests: byDigest.RepoDigests ?? [] };
  const byId = await find(digest);
  if (byId) {
    // It has no digest to be named by, so it gets a tag of its own.
    const tag = `${repository(name)}:pinned-${digest.replace("sha256:", "").slice(0, 12)}`;
    return { id: byId.Id, name: tag, digests: byId.RepoDigests ?? [] };
  }
  const { code, stderr } = await docker.run(["pull", image], { signal, timeoutMs: 10 * 60_000 });
  const pulled = code === 0 ? await find(image) : undefined;
  if (pulled) return { id: pulled.Id, name: image, digests: pulled.RepoDigests ?? [] };
  throw new StepFailure(
    `${printable(image, 300)} is not on the engine and cannot be fetched: ${printable(stderr.trim(), 300)}`,
    docker.typed(["pull", image]),
    true,
  );
}
