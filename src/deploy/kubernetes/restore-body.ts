import { type Autoscaled, isAutoscaler } from "./autoscaled.ts";
import { at, type KubeObject, keyOf, type ObjectMeta, refOf } from "./object.ts";
import { alike, listAt, textAt, without } from "./shape.ts";
import { groupKind } from "./states/kinds.ts";

/** The Deployment controller's own, counted on by every change. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";
const bindingAnnotations = /^(pv\.kubernetes\.io|volume\.(beta\.)?kubernetes\.io)\//;
/** What the server writes. */
const ofTheServer = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "managedFields",
  "selfLink",
];

/**
 * What to PUT so that what is there becomes what was captured. What is not ours to decide stays as it is now: status, replicas
 * that an autoscaler sets, addresses and volumes that the cluster has given out. Pure.
 */
export function bodyToReplace(captured: KubeObject, live: KubeObject, autoscaled: Autoscaled): KubeObject {
  const body = {
    ...without(captured, "status"),
    ...("status" in live ? { status: live["status"] } : {}),
    metadata: {
      ...(without(captured.metadata, ...ofTheServer, "deletionTimestamp") as ObjectMeta),
      ...withRevision(captured, live),
      // Not another object of the same name, and not one that has changed since it was read.
      uid: live.metadata.uid,
      resourceVersion: live.metadata.resourceVersion,
    },
  } as KubeObject;
  const kept = keptSpec(body, live, autoscaled);
  return kept === undefined ? body : { ...body, ...kept };
}

function withRevision(captured: KubeObject, live: KubeObject): { annotations?: Record<string, string> } {
  const now = live.metadata.annotations?.[revisionAnnotation];
  const annotations = without(captured.metadata.annotations ?? {}, revisionAnnotation);
  if (now === undefined && Object.keys(annotations).length === 0) return {};
  return { annotations: { ...annotations, ...(now !== undefined && { [revisionAnnotation]: now }) } };
}

function keptSpec(body: KubeObject, live: KubeObject, autoscaled: Autoscaled): object | undefined {
  const spec = body["spec"] as Record<string, unknown> | undefined;
  const liveSpec = live["spec"] as Record<string, unknown> | undefined;
  switch (groupKind(body)) {
    case "/Service":
      return { spec: { ...spec, ...addresses(spec, liveSpec) } };
    case "/PersistentVolumeClaim":
    case "/PersistentVolume":
      return {
        spec: liveSpec,
        metadata: { ...body.metadata, annotations: { ...body.metadata.annotations, ...bindings(live) } },
      };
    case "/Pod":
      return { spec: podSpec(spec, liveSpec) };
    case "batch/Job":
      return { spec: { ...spec, selector: liveSpec?.["selector"], template: liveSpec?.["template"] } };
    case "/ServiceAccount":
      return listAt(body, "secrets").length === 0 && "secrets" in live
        ? { secrets: live["secrets"] }
        : undefined;
    default: {
      const replicas = at(live, "spec", "replicas");
      const isTheirs = autoscaled.has(keyOf(refOf(body))) && typeof replicas === "number" && replicas > 0;
      return isTheirs && spec !== undefined ? { spec: { ...spec, replicas } } : undefined;
    }
  }
}

/** An address can't be changed; one that was headless before it can't get. */
function addresses(
  spec: Record<string, unknown> | undefined,
  live: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const given = ["clusterIP", "clusterIPs", "healthCheckNodePort"];
  if (spec?.["clusterIP"] === "None" || live?.["clusterIP"] === "None") return {};
  return Object.fromEntries(
    given
      .filter((key) => live?.[key] !== undefined && spec?.[key] !== undefined)
      .map((key) => [key, live?.[key]]),
  );
}

function bindings(live: KubeObject): Record<string, string> {
  const annotations = Object.entries(live.metadata.annotations ?? {});
  return Object.fromEntries(annotations.filter(([name]) => bindingAnnotations.test(name)));
}

/** Of a pod that runs, no more than its images can be changed. */
function podSpec(
  spec: Record<string, unknown> | undefined,
  live: Record<string, unknown> | undefined,
): Record<string, unknown> {
  const images = new Map(
    [...listAt(spec, "containers"), ...listAt(spec, "initContainers")].map((one) => [
      textAt(one, "name"),
      textAt(one, "image"),
    ]),
  );
  const put = (containers: readonly unknown[]) =>
    containers.map((one) => ({
      ...(one as object),
      image: images.get(textAt(one, "name")) ?? textAt(one, "image"),
    }));
  const { containers, initContainers } = {
    containers: listAt(live, "containers"),
    initContainers: listAt(live, "initContainers"),
  };
  return {
    ...live,
    containers: put(containers),
    ...(initContainers.length > 0 && { initContainers: put(initContainers) }),
  };
}

/** What to POST so that what has vanished is there again. Pure. */
export function bodyToCreate(captured: KubeObject): KubeObject {
  const annotations = without(captured.metadata.annotations ?? {}, revisionAnnotation);
  const body = {
    ...without(captured, "status"),
    metadata: {
      ...(without(captured.metadata, ...ofTheServer, "deletionTimestamp", "annotations") as ObjectMeta),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
  } as KubeObject;
  const spec = body["spec"] as object | undefined;
  switch (groupKind(body)) {
    case "/PersistentVolumeClaim": {
      const own = Object.entries(annotations).filter(([name]) => !bindingAnnotations.test(name));
      return {
        ...body,
        metadata: { ...body.metadata, annotations: Object.fromEntries(own) },
        spec: without(spec ?? {}, "volumeName"),
      };
    }
    case "/Pod":
      return { ...body, spec: without(spec ?? {}, "nodeName") };
    case "/ServiceAccount":
      return without(body, "secrets");
    default:
      return body;
  }
}

/** The same without what the cluster had given it: for when that is given to another by now. */
export function withoutAddresses(body: KubeObject): KubeObject {
  if (groupKind(body) !== "/Service" || at(body, "spec", "clusterIP") === "None") return body;
  const ports = listAt(body, "spec", "ports").map((port) => without(port as object, "nodePort"));
  return {
    ...body,
    spec: { ...without(body["spec"] as object, "clusterIP", "clusterIPs", "healthCheckNodePort"), ports },
  };
}

/** Whether what is there is already what would be PUT. */
export function isAlready(body: KubeObject, live: KubeObject): boolean {
  return alike(comparable(body), comparable(live));
}

function comparable(object: KubeObject): unknown {
  return {
    ...without(object, "status", "metadata"),
    metadata: without(object.metadata, ...ofTheServer),
  };
}

/** The order in which objects come back: what others stand on first, what moves others last. */
export function rankOf(object: Pick<KubeObject, "apiVersion" | "kind">): number {
  if (isAutoscaler(object as KubeObject)) return 6;
  const { kind } = object;
  if (/^(Namespace|CustomResourceDefinition|PriorityClass|StorageClass)$/.test(kind)) return 0;
  if (/^(ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding)$/.test(kind)) return 1;
  if (/^(ConfigMap|Secret|PersistentVolumeClaim|PersistentVolume|ResourceQuota|LimitRange)$/.test(kind))
    return 2;
  if (/^(Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod|Rollout)$/.test(kind)) return 4;
  if (
    /^(PodDisruptionBudget|Ingress|ValidatingWebhookConfiguration|MutatingWebhookConfiguration)$/.test(kind)
  )
    return 5;
  return 3;
}
