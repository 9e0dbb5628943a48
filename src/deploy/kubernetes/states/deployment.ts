import { at, type KubeObject } from "../object.ts";
import { alike, type Condition, conditionOf, listAt, numberAt, textAt, without } from "../shape.ts";
import { templateChangedAt } from "./changed-at.ts";
import { isReady, podTroubles } from "./pod.ts";
import { type Around, beforeAll, isSeen, ownedBy, type StateOf, type Trouble } from "./state.ts";

/** Rolled out as `kubectl rollout status` means it; what hinders is looked for in pods of the newest revision only. */
export const deploymentState: StateOf = (deployment, around) => {
  const common = beforeAll(deployment);
  if (common) return common;
  const { name } = deployment.metadata;
  const wanted = numberAt(deployment, "spec", "replicas") ?? 1;
  const count = (key: string) => numberAt(deployment, "status", key) ?? 0;
  if (!isSeen(deployment)) {
    return { state: "progressing", message: `${name} is not yet seen by its controller` };
  }
  const [updated, total, available] = [
    count("updatedReplicas"),
    count("replicas"),
    count("availableReplicas"),
  ];
  const isDone = updated >= wanted && total <= updated && available >= updated;
  if (isDone) return { state: "healthy", message: wanted === 0 ? `${name} scaled to 0` : `${name} ready` };
  const message =
    updated >= wanted && available >= wanted
      ? `${name} ready, ${total - updated} of the old to go`
      : `${name} ${Math.min(updated, available, readyOfNewest(deployment, around))} of ${wanted} ready`;
  if (at(deployment, "spec", "paused") === true) {
    return { state: "failed", message: `${name} is paused: nothing rolls out`, remedy: resume(deployment) };
  }
  const troubles = deploymentTroubles(deployment, around);
  const state = troubles.some(({ key }) => key.endsWith(" deadline")) ? "failed" : "progressing";
  return { state, message, troubles };
};

function resume({ metadata: { name, namespace } }: KubeObject): string {
  return `kubectl rollout resume deployment/${name}${namespace ? ` -n ${namespace}` : ""}`;
}

function readyOfNewest(deployment: KubeObject, around: Around): number {
  const newest = newestReplicaSet(deployment, around);
  return newest === undefined
    ? Number.POSITIVE_INFINITY
    : (numberAt(newest, "status", "availableReplicas") ?? 0);
}

/** The replica set of the present pod template; undefined while there is none, or none was looked for. */
export function newestReplicaSet(deployment: KubeObject, around: Around): KubeObject | undefined {
  const template = templateOf(deployment);
  return ownedBy(around, deployment, "ReplicaSet")
    .filter((set) => alike(templateOf(set), template))
    .sort((a, b) => age(a).localeCompare(age(b)))[0];
}

const age = ({ metadata }: KubeObject) => metadata.creationTimestamp ?? "";

/** Without the labels that the controllers add. */
export function templateOf(object: KubeObject): unknown {
  const template = at(object, "spec", "template") as { metadata?: { labels?: object } } | undefined;
  const hashes = ["pod-template-hash", "rollouts-pod-template-hash"];
  const labels = without(template?.metadata?.labels ?? {}, ...hashes);
  return { ...template, metadata: { ...without(template?.metadata ?? {}, "creationTimestamp"), labels } };
}

/** Pods of the present template. */
export function newestPods(deployment: KubeObject, around: Around): KubeObject[] {
  const newest = newestReplicaSet(deployment, around);
  return newest === undefined ? [] : ownedBy(around, newest, "Pod");
}

function deploymentTroubles(deployment: KubeObject, around: Around): Trouble[] {
  const pods = newestPods(deployment, around);
  const well = pods.some(isReady);
  return [
    ...refusedPods(deployment),
    ...deadline(deployment, around),
    ...pods.flatMap((pod) => podTroubles(pod, well)),
  ];
}

/** Pods that the API server does not let in: quota, admission, a service account that is not there. */
function refusedPods(deployment: KubeObject): Trouble[] {
  const condition = conditionOf(deployment, "ReplicaFailure");
  if (condition?.status !== "True") return [];
  return [
    {
      key: `${deployment.metadata.uid} refused`,
      what: `pods of ${deployment.metadata.name} are not let in (${condition.reason}): ${condition.message}`,
      graceMs: 20_000,
      uid: deployment.metadata.uid ?? "",
    },
  ];
}

function deadline(deployment: KubeObject, around: Around): Trouble[] {
  const condition = conditionOf(deployment, "Progressing");
  if (condition?.status !== "False" || condition.reason !== "ProgressDeadlineExceeded") return [];
  const limit = numberAt(deployment, "spec", "progressDeadlineSeconds") ?? 600;
  if (isStale(deployment, condition, limit, around)) return [];
  return [
    {
      key: `${deployment.metadata.uid} deadline`,
      what: `${deployment.metadata.name} made no progress for ${limit} s (ProgressDeadlineExceeded)`,
      graceMs: 0,
      uid: deployment.metadata.uid ?? "",
    },
  ];
}

/** After an undo the controller repeats what it said of the revision before, until it sees progress. */
function isStale(
  deployment: KubeObject,
  condition: Condition,
  limitSeconds: number,
  around: Around,
): boolean {
  const about = /ReplicaSet "([^"]+)"/.exec(condition.message)?.[1];
  const newest = newestReplicaSet(deployment, around);
  if (about !== undefined && newest !== undefined) return about !== newest.metadata.name;
  const changed = templateChangedAt(deployment);
  // What is about this template comes a whole limit after it; half of it leaves room for the clocks of two servers.
  return changed !== undefined && Date.parse(condition.lastUpdateTime) - changed < limitSeconds * 500;
}

/** A replica set, or a replication controller, that stands by itself. */
export const replicaSetState: StateOf = (set, around) => {
  const common = beforeAll(set);
  if (common) return common;
  const { name } = set.metadata;
  const wanted = numberAt(set, "spec", "replicas") ?? 1;
  const ready = numberAt(set, "status", "availableReplicas") ?? 0;
  const total = numberAt(set, "status", "replicas") ?? 0;
  if (isSeen(set) && ready >= wanted && total <= wanted)
    return { state: "healthy", message: `${name} ready` };
  const troubles = [...refusedPods(set), ...ownedBy(around, set, "Pod").flatMap((pod) => podTroubles(pod))];
  return { state: "progressing", message: `${name} ${Math.min(ready, wanted)} of ${wanted} ready`, troubles };
};

/** The place's own number for what a Deployment, or a Rollout, runs; undefined before its controller has seen it. */
export function deploymentRevision(deployment: KubeObject): string | undefined {
  const { annotations = {} } = deployment.metadata;
  return annotations["deployment.kubernetes.io/revision"] ?? annotations["rollout.argoproj.io/revision"];
}

/** Names of the containers of a pod template, init containers included. */
export function containersOf(object: KubeObject): readonly { name: string; image: string }[] {
  const spec = object.kind === "Pod" ? at(object, "spec") : at(object, "spec", "template", "spec");
  return [...listAt(spec, "initContainers"), ...listAt(spec, "containers")].map((container) => ({
    name: textAt(container, "name") ?? "",
    image: textAt(container, "image") ?? "",
  }));
}
