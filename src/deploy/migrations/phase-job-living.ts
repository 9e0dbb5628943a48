import { createHash } from "node:crypto";
import type { Kubectl } from "../../clients/kubectl.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { at, type KubeObject, refOf, say } from "../kubernetes/object.ts";
import { patiently } from "../kubernetes/patience.ts";

export const managedBy = { "app.kubernetes.io/managed-by": "release-sentinel" } as const;
const phaseLabel = "release-sentinel/phase";
const placeLabel = "release-sentinel/place";
const manifestLabel = "release-sentinel/manifest";

/**
 * By which a job is found again when the run that made it is gone.
 * @param environment of the deploy
 * @param manifest the job as its file has it
 */
export function jobLabels(
  phase: string,
  environment: string,
  manifest: KubeObject,
): Readonly<Record<string, string>> {
  return {
    ...managedBy,
    [phaseLabel]: phase,
    [placeLabel]: short(JSON.stringify([environment, manifest.metadata.name])),
    [manifestLabel]: short(JSON.stringify(manifest)),
  };
}

/**
 * A job that an earlier run has made and nobody has ended: the same work, so that a second one beside it would do it twice.
 * @throws StepFailure when other work of the same phase is still going on; KubectlFailure
 */
export async function livingJob(
  kubectl: Kubectl,
  { metadata: { labels = {} } }: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject | null> {
  const selector = [...Object.keys(managedBy), phaseLabel, placeLabel]
    .map((key) => `${key}=${labels[key]}`)
    .join(",");
  const args = ["get", "jobs.batch", "-l", selector, "-o", "json"];
  const { items } = await patiently(
    () => kubectl.json<{ items: readonly KubeObject[] }>(args, { signal }),
    signal,
  );
  const living = items.filter((job) => !hasEnded(job));
  const leaving = living.find((job) => job.metadata["deletionTimestamp"] !== undefined);
  if (leaving) {
    throw new StepFailure(
      `${say(refOf(leaving))} of an earlier run is being ended, and is still at work`,
      `wait until it is gone: ${kubectl.typed(["get", "job,pod", "-l", selector])}`,
      true,
    );
  }
  const same = living.find((job) => job.metadata.labels?.[manifestLabel] === labels[manifestLabel]);
  const [other] = living;
  if (same || !other) return same ?? null;
  const name = printable(other.metadata.name, 100);
  throw new StepFailure(
    `${say(refOf(other))} of an earlier run is still at work, and is not the one that is wanted now`,
    `wait for it, or end it: ${kubectl.typed(["delete", "job", name])}`,
    true,
  );
}

function hasEnded(job: KubeObject): boolean {
  const conditions = at(job, "status", "conditions") as
    | readonly { type: string; status: string }[]
    | undefined;
  return (conditions ?? []).some(
    ({ type, status }) => ["Complete", "Failed"].includes(type) && status === "True",
  );
}

function short(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
