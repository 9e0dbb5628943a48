import type { KubeObject } from "../object.ts";
import { numberAt, textAt } from "../shape.ts";
import { isReady, podTroubles } from "./pod.ts";
import { type Around, beforeAll, isSeen, ownedBy, type StateOf } from "./state.ts";

/** Rolled out as `kubectl rollout status` means it; with a surge, a node counts as updated when its old pod is gone. */
export const daemonSetState: StateOf = (set, around) => {
  const common = beforeAll(set);
  if (common) return common;
  const { name } = set.metadata;
  const count = (key: string) => numberAt(set, "status", key) ?? 0;
  if (!isSeen(set)) return { state: "progressing", message: `${name} is not yet seen by its controller` };
  const [wanted, updated, available] = [
    count("desiredNumberScheduled"),
    count("updatedNumberScheduled"),
    count("numberAvailable"),
  ];
  const onDelete = textAt(set, "spec", "updateStrategy", "type") === "OnDelete";
  if (available >= wanted && (updated >= wanted || onDelete)) {
    if (wanted === 0) return { state: "healthy", message: `${name} has no node to run on` };
    if (updated >= wanted) return { state: "healthy", message: `${name} ready` };
    return {
      state: "healthy",
      message: `${name} ready, ${wanted - updated} of ${wanted} still old: OnDelete changes a pod when it is deleted`,
    };
  }
  const pods = daemonPods(set, around);
  return {
    state: "progressing",
    message: `${name} ${Math.min(updated, available, wanted)} of ${wanted} ready`,
    troubles: pods.flatMap((pod) => podTroubles(pod, pods.some(isReady))),
  };
};

/** Pods of the present template: of the newest controller revision. */
export function daemonPods(set: KubeObject, around: Around): KubeObject[] {
  if (!isSeen(set)) return [];
  const revisions = ownedBy(around, set, "ControllerRevision").sort(
    (a, b) => (numberAt(b, "revision") ?? 0) - (numberAt(a, "revision") ?? 0),
  );
  const hash = revisions[0]?.metadata.labels?.["controller-revision-hash"];
  return ownedBy(around, set, "Pod").filter(
    ({ metadata }) => hash !== undefined && metadata.labels?.["controller-revision-hash"] === hash,
  );
}
