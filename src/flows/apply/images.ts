import type { DeployPlan, GoodRelease, ImageUse, Rejection, Run, TargetRecord } from "../../deploy/driver.ts";

/** What an image is known by: its digest where that is known, else as it was written. */
export function imageKey(image: string): string {
  return /sha256:[0-9a-f]{32,}/.exec(image)?.[0] ?? image;
}

/** What a good release that was left behind is rejected by, besides its images. */
export function releaseKey(id: string): string {
  return `release ${id}`;
}

/** What of a plan has been rejected at this place: images, or the whole release that was left behind. */
export function rejectedOf(
  { images }: Pick<DeployPlan, "images">,
  { rejected }: Pick<TargetRecord, "rejected">,
  wanted: string | null,
): readonly (Rejection & { readonly what: string })[] {
  const whole = rejected.filter(({ digest, version }) => isRelease(digest) && version === wanted);
  return [
    ...images.flatMap(({ image, digest }) => {
      const keys = keysOf(image, digest);
      return rejected
        .filter((one) => keys.includes(imageKey(one.digest)))
        .map((one) => ({ ...one, what: image }));
    }),
    ...whole.map((one) => ({ ...one, what: one.version })),
  ];
}

export function isRelease(key: string): boolean {
  return key.startsWith(releaseKey(""));
}

/** An image is known by its digest and by its name: what a tag means is not always known beforehand. */
function keysOf(image: string, digest: string | null): readonly string[] {
  return [...new Set([image, ...(digest === null ? [] : [digest])].map(imageKey))];
}

/** Of images as they are written, those that another release does not have. Undefined: nobody knows what it has. */
export function broughtBeside(
  images: readonly string[],
  other: Pick<GoodRelease, "images"> | undefined,
): readonly string[] | undefined {
  const kept = other?.images;
  return kept && images.filter((image) => !kept.includes(image));
}

/** What is known to be good: other releases that were well have it too. */
export function heldBy(good: readonly GoodRelease[]): ReadonlySet<string> {
  return new Set(good.flatMap(({ digests, images = [] }) => [...digests, ...images].map(imageKey)));
}

/**
 * What is rejected when a release was taken back: the images that it brought, as far as what went wrong speaks of them;
 * not those that run without it too, or that a good release has.
 * @param running digests that run again
 */
export function rejections(
  { plan, record }: { readonly plan: DeployPlan; readonly record: TargetRecord },
  running: readonly string[],
  { version, actor }: Run,
  reason: string,
): readonly Rejection[] {
  const good = new Set([...running.map(imageKey), ...heldBy(record.good)]);
  const at = new Date().toISOString();
  const brought = broughtBeside(
    plan.images.map(({ image }) => image),
    record.good.find(({ id }) => id === record.current),
  );
  const candidates = plan.images.filter((one) =>
    brought ? brought.includes(one.image) : isNew(one, plan) || mayHaveBeenNew(one, plan, good),
  );
  const named = candidates.filter(({ subject }) => speaksOf(reason, subject));
  const keys = (named.length > 0 ? named : candidates).flatMap(({ digest, image }) => keysOf(image, digest));
  return [...new Set(keys)]
    .filter((key) => !good.has(key))
    .map((digest) => ({ digest, version, reason: reason.slice(0, 500), at, by: actor }));
}

/** `Deployment shop/web, container app` in `pod web-5d8f cannot get its image`, or the service `web` in `shop-web-1 exited`. */
function speaksOf(reason: string, subject: string): boolean {
  const [whole = ""] = subject.split(",");
  const name = whole.split(/[\s/]/).at(-1) ?? "";
  const words = reason.split(/[^\w.]+/);
  return name !== "" && words.some((_, i) => startsAt(words, i, name.split("-")));
}

function startsAt(words: readonly string[], at: number, parts: readonly string[]): boolean {
  return parts.every((part, i) => words[at + i] === part);
}

/** What a run that was killed had brought is there already when the next one looks: what runs without it tells the two apart. */
function mayHaveBeenNew(
  { digest }: ImageUse,
  { unfinished }: Pick<DeployPlan, "unfinished">,
  kept: ReadonlySet<string>,
): boolean {
  return unfinished !== null && digest !== null && kept.size > 0;
}

/** By what the driver says; else by the diff, where an image that is brought stands in a line of its own. */
function isNew({ isNew: said, image, subject }: ImageUse, { changes }: Pick<DeployPlan, "changes">): boolean {
  if (said !== undefined) return said;
  const change = changes.find((one) => subject.startsWith(one.subject));
  if (change === undefined || change.action === "create") return true;
  return change.diff.split("\n").some((line) => line.startsWith("+") && line.includes(image));
}
