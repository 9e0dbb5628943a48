import { groupOf, type KubeObject, type ObjectRef } from "../object.ts";
import { conditionOf, textAt } from "../shape.ts";
import { daemonPods, daemonSetState } from "./daemon-set.ts";
import { deploymentState, newestPods, replicaSetState } from "./deployment.ts";
import { jobState } from "./job.ts";
import { podState } from "./pod.ts";
import { type Around, beforeAll, ownedBy, type StateOf } from "./state.ts";
import { statefulPods, statefulSetState } from "./stateful-set.ts";

/** A kind whose objects take time to become what they should be. */
export interface WaitedKind {
  readonly state: StateOf;
  /** Pods of what it runs now; what went before is not to blame for anything. */
  readonly pods?: (object: KubeObject, around: Around) => readonly KubeObject[];
  /** What besides pods must be read to tell them apart, as kubectl names it: `replicasets.apps`. */
  readonly nearby?: string;
}

/** By group and kind: `apps/Deployment`, `/Pod`. */
export type WaitedKinds = Readonly<Record<string, WaitedKind>>;

export const groupKind = ({ apiVersion, kind }: Pick<ObjectRef, "apiVersion" | "kind">): string =>
  `${groupOf(apiVersion)}/${kind}`;

const established: StateOf = (definition) => {
  const common = beforeAll(definition);
  if (common) return common;
  const { name } = definition.metadata;
  const names = conditionOf(definition, "NamesAccepted");
  if (names?.status === "False") return { state: "failed", message: `${name}: ${names.message}` };
  if (conditionOf(definition, "Established")?.status === "True") {
    return { state: "healthy", message: `${name} established` };
  }
  return { state: "progressing", message: `${name} is not yet served` };
};

/** Without a pod that uses it, a claim may stay unbound for good reasons; with one, the pod says so. */
const claimed: StateOf = (claim) => {
  const common = beforeAll(claim);
  if (common) return common;
  const { name } = claim.metadata;
  if (textAt(claim, "status", "phase") === "Lost")
    return { state: "failed", message: `${name} has lost its volume` };
  return { state: "healthy", message: `${name} there` };
};

/** What every driver on Kubernetes waits for; an object of any other kind is well as soon as it is there. */
export const coreKinds: WaitedKinds = {
  "apps/Deployment": { state: deploymentState, pods: newestPods, nearby: "replicasets.apps" },
  "apps/StatefulSet": { state: statefulSetState, pods: statefulPods },
  "apps/DaemonSet": { state: daemonSetState, pods: daemonPods, nearby: "controllerrevisions.apps" },
  "apps/ReplicaSet": { state: replicaSetState, pods: (set, around) => ownedBy(around, set, "Pod") },
  "/ReplicationController": { state: replicaSetState, pods: (set, around) => ownedBy(around, set, "Pod") },
  "batch/Job": { state: jobState, pods: (job, around) => ownedBy(around, job, "Pod") },
  "/Pod": { state: podState, pods: (pod) => [pod] },
  "apiextensions.k8s.io/CustomResourceDefinition": { state: established },
  "/PersistentVolumeClaim": { state: claimed },
};
