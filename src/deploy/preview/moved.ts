import type { Proof } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import { type Kinds, kindKey } from "../kubernetes/kinds.ts";
import type { Wanted } from "../kubernetes/manifests.ts";
import { type KubeObject, refOf, say } from "../kubernetes/object.ts";
import { conflict } from "../kubernetes/proof.ts";
import { listAt, textAt } from "../kubernetes/shape.ts";

/** Puts every object into one namespace, whatever namespace it names. What belongs to the whole cluster is refused. */
export function moveTo(
  namespace: string,
  wanted: readonly Wanted[],
  kinds: Kinds,
): { readonly wanted: readonly Wanted[]; readonly problems: readonly Proof[] } {
  const wide = wanted.filter(
    ({ object }) => kinds.get(kindKey(object.apiVersion, object.kind))?.namespaced === false,
  );
  const from = new Set(wanted.map(({ object }) => object.metadata.namespace));
  const moved = wanted
    .filter((one) => !wide.includes(one))
    .map((one) => ({ ...one, object: moveObject(one.object, namespace, from) }));
  return { wanted: moved, problems: clusterWide(wide) };
}

function moveObject(
  object: KubeObject,
  namespace: string,
  from: ReadonlySet<string | undefined>,
): KubeObject {
  const { ownerReferences: _, ...metadata } = object.metadata;
  const moved = { ...object, metadata: { ...metadata, namespace } };
  const subjects = listAt(object, "subjects");
  if (object.kind !== "RoleBinding" || subjects.length === 0) return moved;
  // A service account of the same manifests comes along; those of other namespaces are meant as they are.
  const comes = (subject: unknown) =>
    textAt(subject, "kind") === "ServiceAccount" && from.has(textAt(subject, "namespace"));
  return {
    ...moved,
    subjects: subjects.map((subject) => (comes(subject) ? { ...(subject as object), namespace } : subject)),
  };
}

function clusterWide(wide: readonly Wanted[]): Proof[] {
  const [first, ...others] = wide;
  if (!first) return [];
  const more = others.length === 0 ? "" : `, and ${count(others.length, "more object")},`;
  const belongs = others.length === 0 ? "belongs" : "belong";
  const remedy =
    first.object.kind === "Namespace"
      ? "leave it out: a preview has a namespace of its own"
      : "keep it apart from what a preview is made of, and apply it once by hand";
  return [
    conflict(
      `${first.where}: ${say(refOf(first.object))}${more} ${belongs} to the whole cluster, not to a preview`,
      remedy,
    ),
  ];
}
