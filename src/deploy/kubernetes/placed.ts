import type { Proof } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import { type Kinds, kindKey } from "./kinds.ts";
import type { Wanted } from "./manifests.ts";
import { type KubeObject, refOf, say } from "./object.ts";
import { conflict } from "./proof.ts";
import type { KubeTarget } from "./target.ts";

/** Every object in its namespace, in the order in which they are applied. */
export interface Placed {
  readonly wanted: readonly Wanted[];
  /** Of the namespaced objects, sorted. */
  readonly namespaces: readonly string[];
  readonly proofs: readonly Proof[];
}

/** Fills in namespaces, refuses foreign ones and kinds that the cluster does not know, and sorts. */
export function place(wanted: readonly Wanted[], kinds: Kinds, target: KubeTarget): Placed {
  const proofs: Proof[] = [];
  const foreign: Wanted[] = [];
  const placed = wanted.flatMap((one): Wanted[] => {
    const { object, where } = one;
    const facts = kinds.get(kindKey(object.apiVersion, object.kind));
    if (facts === undefined) {
      proofs.push(conflict(unknownKind(object, where), "install its CRD first, or mend apiVersion and kind"));
      return [];
    }
    if (!facts.namespaced) return [{ ...one, object: withNamespace(object, undefined) }];
    const namespace = object.metadata.namespace || target.namespace;
    if (target.fixed && namespace !== target.namespace) foreign.push(one);
    return [{ ...one, object: withNamespace(object, namespace) }];
  });
  const namespaces = new Set(placed.flatMap(({ object }) => object.metadata.namespace ?? []));
  return {
    wanted: inOrder(placed),
    namespaces: [...namespaces].sort(),
    proofs: [...foreignProofs(foreign, target), ...proofs],
  };
}

function foreignProofs([first, ...others]: readonly Wanted[], { namespace }: KubeTarget): Proof[] {
  if (first === undefined) return [];
  const verb = others.length === 0 ? "is" : `and ${count(others.length, "more object")} are`;
  const message = `${first.where}: ${say(refOf(first.object))} ${verb} not in namespace ${namespace}, which this deploy is for`;
  return [conflict(message, "take the namespace out of the manifest, or deploy it with its own")];
}

function unknownKind({ apiVersion, kind }: KubeObject, where: string): string {
  return `${where}: the cluster knows no ${printable(kind, 100)} in ${printable(apiVersion, 100)}`;
}

function withNamespace(object: KubeObject, namespace: string | undefined): KubeObject {
  const { namespace: _, ...rest } = object.metadata;
  return { ...object, metadata: { ...rest, ...(namespace === undefined ? {} : { namespace }) } };
}

const first = ["Namespace", "CustomResourceDefinition"];
const late = new Set([
  "Pod",
  "ReplicaSet",
  "ReplicationController",
  "Deployment",
  "StatefulSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "Rollout",
]);
/** They watch over others, and must not stand in the way of the very release that brings what they call. */
const last = new Set([
  "HorizontalPodAutoscaler",
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "APIService",
]);

/** What others need comes first; within that, the order that they were written in. */
export function inOrder(wanted: readonly Wanted[]): Wanted[] {
  const rank = ({ object }: Wanted) => {
    const early = first.indexOf(object.kind);
    if (early >= 0) return early;
    if (last.has(object.kind)) return 9;
    return late.has(object.kind) ? 5 : 3;
  };
  return wanted.toSorted((a, b) => rank(a) - rank(b));
}

/** Objects that others of the same manifest have to make room for first: they can be neither read nor rehearsed. */
export function waitFor(object: KubeObject, missing: Missing): boolean {
  const { apiVersion, kind, metadata } = object;
  return (
    (metadata.namespace !== undefined && missing.namespaces.has(metadata.namespace)) ||
    missing.kinds.has(kindKey(apiVersion, kind))
  );
}

export interface Missing {
  /** Namespaces of this manifest that are not there yet. */
  readonly namespaces: ReadonlySet<string>;
  /** `Kind.group` of its CRDs that are not there yet. */
  readonly kinds: ReadonlySet<string>;
}
