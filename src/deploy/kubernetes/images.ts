import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { ImageUse } from "../driver.ts";
import { repositoryOf } from "./nearby.ts";
import { at, type KubeObject, refOf, say } from "./object.ts";
import { conflict } from "./proof.ts";

/** One container of an object's pods. */
export interface Container {
  /** `Deployment shop/web, container app`. */
  readonly subject: string;
  readonly name: string;
  readonly image: string;
}

/** Where kinds keep the template of their pods; a kind of somebody else's most often does as Deployments do. */
const templates = [
  ["spec", "template", "spec"],
  ["spec", "jobTemplate", "spec", "template", "spec"],
  ["spec"],
] as const;

/** The pod that an object makes, or is. */
export function podSpecOf(object: KubeObject): unknown {
  for (const path of templates) {
    const spec = at(object, ...path);
    if (Array.isArray(at(spec, "containers"))) return spec;
  }
  return undefined;
}

export function containersOf(object: KubeObject): Container[] {
  const spec = podSpecOf(object);
  return ["initContainers", "containers"].flatMap((part) => {
    const list = at(spec, part);
    if (!Array.isArray(list)) return [];
    return list.flatMap((container: unknown): Container[] => {
      const [name, image] = [at(container, "name"), at(container, "image")];
      if (typeof name !== "string" || typeof image !== "string") return [];
      const word = part === "containers" ? "container" : "init container";
      return [{ subject: printable(`${say(refOf(object))}, ${word} ${name}`, 400), name, image }];
    });
  });
}

/** `sha256:…` of `app@sha256:…`; null for a tag. */
export function digestIn(image: string): string | null {
  return /@(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.exec(image)?.[1] ?? null;
}

/** What a tag means today; null when that cannot be found out. */
export type ResolveTag = (image: string, signal: AbortSignal) => Promise<string | null>;

/** Every image that is asked for, with the digest it is or means. Each tag is looked up once. */
export async function imageUses(
  objects: readonly KubeObject[],
  resolve: ResolveTag | undefined,
  signal: AbortSignal,
): Promise<ImageUse[]> {
  const containers = objects.flatMap(containersOf);
  const tags = new Set(containers.map(({ image }) => image).filter((image) => digestIn(image) === null));
  const looked = resolve
    ? await Promise.all([...tags].map(async (tag) => [tag, await resolve(tag, signal)] as const))
    : [];
  const digests = new Map(looked);
  return containers.map(({ subject, image }) => ({
    subject,
    image: printable(image, 500),
    digest: digestIn(image) ?? digests.get(image) ?? null,
  }));
}

/** Says of each image whether the container runs another one now, or none. */
export function withNews(uses: readonly ImageUse[], live: readonly KubeObject[]): ImageUse[] {
  const running = new Set(
    live.flatMap(containersOf).map(({ subject, image }) => `${subject}\0${printable(image, 500)}`),
  );
  return uses.map((use) => ({ ...use, isNew: !running.has(`${use.subject}\0${use.image}`) }));
}

/**
 * A tag that runs already means what runs, as far as that is one thing.
 * @param running `app@sha256:…`
 */
export function withRunning(uses: readonly ImageUse[], running: readonly string[]): ImageUse[] {
  return uses.map((use) => {
    if (use.digest !== null || use.isNew !== false) return use;
    const same = running.filter((one) => one.startsWith(`${repositoryOf(use.image)}@`));
    return same.length === 1 ? { ...use, digest: digestIn(same[0] ?? "") } : use;
  });
}

/** Where the policy is that images are named by what they are, not by what they are called today. */
export function tagProofs(uses: readonly ImageUse[]): Proof[] {
  const tags = uses.filter(({ image }) => digestIn(image) === null);
  if (tags.length === 0) return [];
  const first = tags[0];
  const shown = tags.slice(0, 5).map(({ subject, image }) => `${image} (${subject})`);
  const more = tags.length > 5 ? ` and ${tags.length - 5} more` : "";
  const digest = first?.digest ?? "sha256:…";
  const name = first === undefined ? "" : first.image.replace(/:[^/:]*$/, "");
  return [
    conflict(
      `images must be named by digest (deploy.images: digests): ${shown.join(", ")}${more}`,
      `write ${name}@${digest}`,
    ),
  ];
}
