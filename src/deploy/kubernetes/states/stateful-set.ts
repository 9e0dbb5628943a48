import type { KubeObject } from "../object.ts";
import { at } from "../object.ts";
import { numberAt, textAt } from "../shape.ts";
import { isReady, podTroubles } from "./pod.ts";
import { type Around, beforeAll, isSeen, ownedBy, type StateOf } from "./state.ts";

/** Rolled out as `kubectl rollout status` means it, a partition and OnDelete included. */
export const statefulSetState: StateOf = (set, around) => {
  const common = beforeAll(set);
  if (common) return common;
  const { name } = set.metadata;
  const wanted = numberAt(set, "spec", "replicas") ?? 1;
  const count = (key: string) => numberAt(set, "status", key) ?? 0;
  if (!isSeen(set)) return { state: "progressing", message: `${name} is not yet seen by its controller` };
  // Before 1.22 there is no word of what is available, and minReadySeconds means nothing.
  const ready = Math.min(count("readyReplicas"), numberAt(set, "status", "availableReplicas") ?? Infinity);
  const allReady = ready >= wanted && count("replicas") <= wanted;
  if (allReady && wanted === 0) return { state: "healthy", message: `${name} scaled to 0` };
  if (textAt(set, "spec", "updateStrategy", "type") === "OnDelete") {
    return allReady ? onDelete(set, wanted) : notReady(set, around, ready, wanted);
  }
  const partition = numberAt(set, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  const toUpdate = Math.max(0, wanted - partition);
  const isUpdated =
    partition > 0
      ? count("updatedReplicas") >= toUpdate
      : at(set, "status", "currentRevision") === revisionOf(set);
  if (!allReady || !isUpdated) return notReady(set, around, ready, wanted);
  if (partition > 0 && toUpdate < wanted) {
    return {
      state: "healthy",
      message: `${name} ready, ${toUpdate} of ${wanted} new: its partition ${partition} keeps the others as they are`,
    };
  }
  return { state: "healthy", message: `${name} ready` };
};

/** Nobody but a person ends this; it is what the manifest asks for. */
function onDelete(set: KubeObject, wanted: number) {
  const { name } = set.metadata;
  const isNew = at(set, "status", "currentRevision") === revisionOf(set);
  const updated = isNew ? wanted : (numberAt(set, "status", "updatedReplicas") ?? 0);
  if (updated >= wanted) return { state: "healthy", message: `${name} ready` } as const;
  return {
    state: "healthy",
    message: `${name} ready, ${wanted - updated} of ${wanted} still old: OnDelete changes a pod when it is deleted`,
  } as const;
}

function notReady(set: KubeObject, around: Around, ready: number, wanted: number) {
  const { name } = set.metadata;
  const pods = statefulPods(set, around);
  const updated = pods.length > 0 ? pods.filter(isReady).length : ready;
  return {
    state: "progressing",
    message: `${name} ${Math.min(updated, ready, wanted)} of ${wanted} ready`,
    troubles: pods.flatMap((pod) => podTroubles(pod)),
  } as const;
}

const revisionOf = (set: KubeObject): string => textAt(set, "status", "updateRevision") ?? "";

/** Pods of the present template; nothing can be said of them before the controller has seen it. */
export function statefulPods(set: KubeObject, around: Around): KubeObject[] {
  const revision = revisionOf(set);
  if (!isSeen(set) || revision === "") return [];
  return ownedBy(around, set, "Pod").filter(
    ({ metadata }) => metadata.labels?.["controller-revision-hash"] === revision,
  );
}
