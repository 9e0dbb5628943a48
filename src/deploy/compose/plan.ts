import { basename } from "node:path";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type Change, type DeployPlan, type ImageUse, isReturning, type WayBack } from "../driver.ts";
import { changedSince, keptOf, keptSince } from "./changed-since.ts";
import { changesOf } from "./changes.ts";
import { type Container, containersOf, hashOf, type Image, inspect, serviceOf } from "./containers.ts";
import { digestOf, localImages, missingImages, type Resolved, remoteDigest } from "./images.ts";
import { byService, type Candidate, type Kept, keep } from "./kept.ts";
import type { ComposeModel } from "./model.ts";
import type { ComposePlace } from "./place.ts";
import { environmentProof, imageProofs, nameProof, placeProofs, portProofs } from "./proofs.ts";
import type { Stored } from "./record.ts";
import { hashesOf, type InvalidCompose, type Rendered } from "./render.ts";
import { networksOf, rehearse } from "./run.ts";
import { registerContainers } from "./secrets.ts";

/** What is there, found out once for a plan. */
export interface Findings {
  readonly project: string;
  readonly containers: readonly Container[];
  readonly stored: Stored | null;
  /** What runs now. */
  readonly now: Kept;
}

/** What is to be there. */
export interface Wanted extends Rendered {
  readonly hashes: Readonly<Record<string, string>>;
  /** Image of each service. */
  readonly images: Readonly<Record<string, Resolved>>;
  /** Services that run and are not wanted any more. */
  readonly gone: readonly string[];
}

/** What runs now, as it could be brought back. @throws DockerFailure */
export async function look(
  place: ComposePlace,
  project: string,
  candidates: readonly Candidate[],
  signal: AbortSignal,
): Promise<Findings> {
  const { docker, options } = place;
  const record = await place.record(signal);
  const [containers, stored, networks] = await Promise.all([
    containersOf(docker, project, signal),
    record.stored(signal),
    networksOf(place, project, signal),
  ]);
  registerContainers(options.secrets, containers);
  const ids = [...new Set(containers.map(({ Image: id }) => id))];
  const images = await inspect<Image>(docker, "image", ids, { signal });
  const good = stored?.good.map(({ kept }) => kept as unknown as Kept) ?? [];
  const remembered = good.map(({ model, services }) => ({ model, hashes: hashesIn(services) }));
  const version = stored?.good.find(({ id }) => id === stored.current)?.version ?? null;
  const now = keep({
    project,
    containers,
    images,
    networks,
    candidates: [...remembered, ...candidates],
    // Somebody may have changed it since by other means.
    version: stored !== null && runsAsKept(stored, containers) ? version : null,
  });
  return { project, containers, stored, now };
}

export function hashesIn(services: Kept["services"]): Record<string, string | null> {
  return Object.fromEntries(Object.entries(services).map(([name, { hash }]) => [name, hash]));
}

/** Whether what runs is what the memory says runs. */
export function runsAsKept(stored: Stored, containers: readonly Container[]): boolean {
  const kept = stored.good.find(({ id }) => id === stored.current)?.kept as unknown as Kept | undefined;
  if (kept === undefined) return false;
  const names = Object.keys(kept.services);
  const present = byService(containers);
  return (
    names.every((name) => (present[name]?.length ?? 0) > 0) &&
    containers.every((container) => {
      const its = kept.services[serviceOf(container)];
      return its !== undefined && its.id === container.Image && its.hash === hashOf(container);
    })
  );
}

/** @throws InvalidCompose, DockerFailure */
export async function wantedOf(place: ComposePlace, project: string, signal: AbortSignal): Promise<Wanted> {
  const [compose, rendered] = await Promise.all([place.compose(signal), place.rendered(signal)]);
  const { model } = rendered;
  const [hashes, images, containers] = await Promise.all([
    hashesOf(compose, project, model, signal),
    imagesOf(place, model, signal),
    containersOf(place.docker, project, signal),
  ]);
  const extra = Object.keys(byService(containers)).filter((name) => !Object.hasOwn(model.services, name));
  const dormant = extra.length > 0 ? await dormantServices(place, signal) : [];
  return { ...rendered, hashes, images, gone: extra.filter((name) => !dormant.includes(name)) };
}

/** Services of profiles that are not chosen: that they are not wanted now does not mean that they are to go. */
async function dormantServices(place: ComposePlace, signal: AbortSignal): Promise<readonly string[]> {
  const compose = await place.compose(signal);
  const { files } = await place.rendered(signal);
  const flags = files.flatMap((file) => ["-f", file]);
  const args = ["--profile", "*", "config", "--no-interpolate", "--services"];
  const answer = await compose.run([...flags, ...args], { signal, cwd: place.source.cwd });
  return answer.code === 0 ? answer.stdout.split("\n").map((line) => line.trim()) : [];
}

/** What the images of a model mean on the engine now, or else in their registries. @throws DockerFailure */
export async function imagesOf(
  { docker, options }: ComposePlace,
  model: ComposeModel,
  signal: AbortSignal,
): Promise<Record<string, Resolved>> {
  const services = Object.entries(model.services);
  const nameOf = (name: string) => model.services[name]?.image ?? `${model.name ?? ""}-${name}`;
  const local = await localImages(
    docker,
    services.map(([name]) => nameOf(name)),
    signal,
  );
  const resolved = services.map(async ([name, service]): Promise<[string, Resolved]> => {
    const image = local.get(nameOf(name));
    const pulled =
      service.pull_policy === "always" || (image === undefined && service.pull_policy !== "never");
    if (image !== undefined && !pulled) {
      return [name, { id: image.Id, digest: digestOf(nameOf(name), image) }];
    }
    const isAsked = pulled && service.build === undefined && options.settings.images !== "any";
    const none = { id: null, digest: null };
    return [name, isAsked ? await remoteDigest(docker, nameOf(name), signal) : none];
  });
  return Object.fromEntries(await Promise.all(resolved));
}

export async function planOf(
  place: ComposePlace,
  wanted: Wanted,
  { project, stored, now, containers }: Findings,
  signal: AbortSignal,
): Promise<DeployPlan> {
  const { model, images, gone, hashes } = wanted;
  const unfinished = stored?.unfinished ?? null;
  const target = wayBackFrom(unfinished, now, true);
  const [title, wayBack, rehearsal, ports, more] = await Promise.all([
    titleOf(place, project, signal),
    wayBackOf(place, project, target, signal),
    rehearse(place, project, model, signal),
    portProofs(place, project, model, signal),
    placeProofs(place, model, signal),
  ]);
  const ids = Object.fromEntries(Object.entries(images).map(([name, { id }]) => [name, id]));
  const changes: Change[] = changesOf(model, hashes, ids, now, gone);
  const proofs: (Proof | null)[] = [
    environmentProof(place, project, stored),
    await nameProof(place, wanted, containers, signal),
    ...imageProofs(place, model, images),
    ...ports,
    ...more,
    rehearsal === null ? null : { state: "conflict", message: `compose refuses it: ${rehearsal}` },
  ];
  return {
    target: { title, name: project },
    changes,
    images: imageUses(model, images, now),
    wayBack,
    proofs: proofs.filter((proof) => proof !== null),
    unfinished: unfinished?.run ?? null,
    ...theirs(unfinished, now),
  };
}

/** The plan of a roll back, or a pin: where it is, and what there is to go back to from there. */
export async function returnOf(
  place: ComposePlace,
  { project, stored, now }: Findings,
  signal: AbortSignal,
): Promise<DeployPlan> {
  const unfinished = stored?.unfinished ?? null;
  const target = wayBackFrom(unfinished, now, place.options.request.image !== undefined);
  const [title, wayBack, proofs] = await Promise.all([
    titleOf(place, project, signal),
    wayBackOf(place, project, target, signal),
    placeProofs(place, target.model, signal),
  ]);
  const wrong = environmentProof(place, project, stored);
  return {
    target: { title, name: project },
    changes: [],
    images: [],
    wayBack,
    proofs: wrong === null ? proofs : [wrong, ...proofs],
    unfinished: unfinished?.run ?? null,
    ...theirs(unfinished, now),
  };
}

/** Who goes forward keeps what somebody else has changed since as it is now; who goes back goes back all the way. */
function wayBackFrom(unfinished: Stored["unfinished"], now: Kept, forward: boolean): Kept {
  if (unfinished === null) return now;
  return forward && !isReturning(unfinished.run) ? keptSince(unfinished, now) : keptOf(unfinished);
}

function theirs(unfinished: Stored["unfinished"], now: Kept): Pick<DeployPlan, "changedSince"> {
  const names = unfinished ? changedSince(unfinished, now) : [];
  return names.length > 0 ? { changedSince: names.map((name) => `Service ${name}`) } : {};
}

async function titleOf(place: ComposePlace, project: string, signal: AbortSignal): Promise<string> {
  const endpoint = printable(await place.endpoint(signal), 200);
  const { context } = place.docker;
  return `project ${project} on ${endpoint}${context === undefined ? "" : ` (context ${context})`}`;
}

function imageUses(model: ComposeModel, images: Wanted["images"], now: Kept): ImageUse[] {
  return Object.entries(model.services).map(([name, { image }]) => {
    const { id, digest } = images[name] ?? { id: null, digest: null };
    const running = now.services[name];
    const runs = running !== undefined && (running.id === id || isAmong(digest, running.digests));
    return {
      subject: `Service ${name}`,
      image: printable(image ?? `${model.name ?? ""}-${name}`, 300),
      digest,
      isNew: !runs,
    };
  });
}

function isAmong(digest: string | null, names: readonly string[]): boolean {
  return digest !== null && names.some((name) => name.endsWith(`@${digest}`));
}

/** Whether what is kept could be put back. */
export async function wayBackOf(
  place: ComposePlace,
  project: string,
  kept: Kept,
  signal: AbortSignal,
): Promise<WayBack> {
  const { version } = kept;
  const services = Object.entries(kept.services);
  if (services.length === 0) {
    return { state: "nothing", message: "nothing runs yet: back means to remove it", version };
  }
  const { gone, fetched } = await missingImages(place.docker, kept, signal);
  if (gone.length > 0) {
    const message = `images are gone, and no registry is known to have them: ${gone.join(", ")}`;
    return { state: "none", message, remedy: "build them again, and tag them as they were", version };
  }
  if (kept.lost.length > 0) {
    const message = `what runs was not started from a file that we know, and these settings would be lost: ${kept.lost.join(", ")}`;
    const remedy =
      "docker compose up -d with the files that it was started from, then apply them once by release-sentinel";
    return { state: "none", message, remedy, version };
  }
  const refused = await rehearse(place, project, kept.model, signal);
  if (refused !== null) {
    return { state: "none", message: `compose refuses what runs now: ${refused}`, version };
  }
  const what = services.map(([name, { image, id }]) => `${name} ${printable(image, 100)} ${id.slice(7, 19)}`);
  const again = fetched.length > 0 ? `; to be fetched again: ${fetched.join(", ")}` : "";
  return {
    state: "ready",
    message: `back to ${version ?? "what runs now"} (${what.join(", ")})${again}`,
    version,
  };
}

/** The plan for files that are none. */
export function refused({ options, source }: ComposePlace, { message }: InvalidCompose): DeployPlan {
  const name = source.project ?? options.env["COMPOSE_PROJECT_NAME"] ?? basename(source.cwd);
  const shown = options.secrets.mask(message);
  return {
    target: { title: `project ${printable(name, 100)}`, name },
    changes: [],
    images: [],
    wayBack: { state: "unknown", message: "not looked for", version: null },
    proofs: [{ state: "conflict", message: shown, remedy: "mend the compose file" }],
    unfinished: null,
  };
}
