import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { StepFailure } from "../../core/step.ts";
import type { RestorePoint } from "../driver.ts";
import { isMarked, keptByMarks } from "./lost.ts";
import { isWorkload } from "./marks.ts";
import { type KubeObject, keyOf, type ObjectRef, refOf, say } from "./object.ts";
import { patiently } from "./patience.ts";
import { pinned } from "./pin.ts";
import { itemsOf, readObjects } from "./read.ts";
import type { Captured, StoredGood, StoredRecord } from "./record.ts";
import { chosenRevisions, keptRevisions } from "./revisions.ts";

/** Where the past of one application is looked up. */
export interface PointGround {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly name: string;
  readonly record: StoredRecord | null;
  /** What this very process has captured: for when the record is lost in the middle of a run. */
  readonly captured: readonly Captured[] | null;
  /** Objects of the manifest, if there is one. */
  readonly refs: readonly ObjectRef[];
}

/** The objects as they should be again. @throws StepFailure when nothing is known of that point */
export async function objectsAt(
  ground: PointGround,
  to: RestorePoint,
  signal: AbortSignal,
): Promise<readonly Captured[]> {
  const { record } = ground;
  switch (to.kind) {
    case "captured": {
      const captured = record?.unfinished?.captured ?? ground.captured;
      if (!captured) throw new StepFailure("nothing was kept that could be put back", undefined, true);
      return captured;
    }
    case "good":
      return isMarked(to.good)
        ? await markedObjects(ground, to.good.id, signal)
        : goodObjects(record, to.good.id);
    case "revision": {
      const known = record?.good.find(({ revision }) => revision !== "" && revision === to.revision);
      if (known) return goodObjects(record, known.id);
      const workloads = await liveWorkloads(ground, signal);
      const nearby = await history(ground.kubectl, workloads, signal);
      return chosenRevisions(to.revision, keptRevisions(workloads, nearby)).map(({ object }) =>
        captureOf(object),
      );
    }
    case "image": {
      const workloads = await liveWorkloads(ground, signal);
      return pinned(workloads, to.image).map(captureOf);
    }
  }
}

const captureOf = (object: KubeObject): Captured => ({ ref: refOf(object), object });

/** Pure: a release's objects, and what later ones have brought that must go. */
export function goodObjects(record: StoredRecord | null, id: string): Captured[] {
  const index = record?.good.findIndex((good) => good.id === id) ?? -1;
  const good = record?.good[index];
  if (record === null || good === undefined) {
    throw new StepFailure("nothing is kept of that release", undefined, true);
  }
  const later: readonly StoredGood[] = record.good.slice(0, index);
  const unfinished = record.unfinished?.captured.filter(({ object }) => object === null) ?? [];
  const brought = [...later.flatMap(({ created }) => created), ...unfinished.map(({ ref }) => ref)];
  const own = good.objects.filter(({ object }) => object !== null);
  const known = new Set(own.map(({ ref }) => keyOf(ref)));
  const gone = new Map(brought.filter((ref) => !known.has(keyOf(ref))).map((ref) => [keyOf(ref), ref]));
  return [...own, ...[...gone.values()].map((ref) => ({ ref, object: null }))];
}

async function markedObjects(
  { kubectl, namespace, name }: PointGround,
  id: string,
  signal: AbortSignal,
): Promise<Captured[]> {
  const kept = await patiently(() => keptByMarks(kubectl, namespace, name, signal), signal);
  const found = kept.find(({ good }) => good.id === id);
  if (found === undefined) throw new StepFailure("nothing is left of that release", undefined, true);
  return found.objects.map(captureOf);
}

/** What the record, or else the manifest, or else the workloads' own marks say belongs to the application. */
async function liveWorkloads(ground: PointGround, signal: AbortSignal): Promise<KubeObject[]> {
  const { kubectl, namespace, name, record } = ground;
  const remembered = [...(record?.unfinished?.captured ?? []), ...(record?.good[0]?.objects ?? [])];
  const refs = new Map([...remembered.map(({ ref }) => ref), ...ground.refs].map((ref) => [keyOf(ref), ref]));
  if (refs.size === 0) {
    const kept = await patiently(() => keptByMarks(kubectl, namespace, name, signal), signal);
    for (const ref of kept.flatMap(({ objects }) => objects.map(refOf))) refs.set(keyOf(ref), ref);
  }
  const live = await patiently(() => readObjects(kubectl, [...refs.values()], signal), signal);
  const workloads = [...live.values()].filter(isWorkload);
  if (workloads.length > 0) return workloads;
  throw new StepFailure(`${name} has no workloads in namespace ${namespace} that are known`, undefined, true);
}

async function history(
  kubectl: Kubectl,
  workloads: readonly KubeObject[],
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const namespaces = [...new Set(workloads.flatMap(({ metadata }) => metadata.namespace ?? []))];
  try {
    const answers = await Promise.all(
      namespaces.map((namespace) =>
        patiently(
          () =>
            kubectl.text(
              ["get", "replicasets.apps,controllerrevisions.apps", `--namespace=${namespace}`, "-o", "json"],
              { signal },
            ),
          signal,
        ),
      ),
    );
    return answers.flatMap(itemsOf);
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
    const names = workloads.map((workload) => say(refOf(workload))).join(", ");
    throw new StepFailure(
      `the revisions of ${names} cannot be read: ${error.message}`,
      undefined,
      !error.transient,
    );
  }
}
