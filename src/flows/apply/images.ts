import type { DeployPlan, ImageUse, Rejection, Run, TargetRecord } from "../../deploy/driver.ts";

/** What an image is known by: its digest where that is known, else as it was written. */
export function imageKey(image: string): string {
  return /sha256:[0-9a-f]{32,}/.exec(image)?.[0] ?? image;
}

/** What a good release that was left behind is rejected by, besides its images. */
export function releaseKey(id: string): string {
  return `release ${id}`;
}

/** What of a plan has been rejected at this place. */
export function rejectedOf(
  { images }: Pick<DeployPlan, "images">,
  { rejected }: Pick<TargetRecord, "rejected">,
): readonly (Rejection & { readonly image: ImageUse })[] {
  return images.flatMap((image) => {
    const keys = [image.image, ...(image.digest === null ? [] : [image.digest])].map(imageKey);
    const found = rejected.find(({ digest }) => keys.includes(imageKey(digest)));
    return found ? [{ ...found, image }] : [];
  });
}

/**
 * What is rejected when a release was taken back: the images that it brought, and not those that run without it too.
 * @param running digests that run again
 */
export function rejections(
  plan: Pick<DeployPlan, "images" | "changes" | "unfinished">,
  running: readonly string[],
  { version, actor }: Run,
  reason: string,
): readonly Rejection[] {
  const kept = new Set(running.map(imageKey));
  const at = new Date().toISOString();
  const keys = plan.images
    .filter((image) => isNew(image, plan) || mayHaveBeenNew(image, plan, kept))
    .map(({ digest, image }) => imageKey(digest ?? image));
  return [...new Set(keys)]
    .filter((key) => !kept.has(key))
    .map((digest) => ({ digest, version, reason: reason.slice(0, 500), at, by: actor }));
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
