import type { Autoscaled } from "./autoscaled.ts";
import { isAutoscaler } from "./autoscaled.ts";
import { type KubeObject, keyOf, type ManagedFields, type ObjectRef } from "./object.ts";
import type { Captured } from "./record.ts";
import { bodyToReplace, isAlready, rankOf } from "./restore-body.ts";
import { conditionOf, textAt } from "./shape.ts";
import { groupKind } from "./states/kinds.ts";

/** What one object needs so that it is again what it was. */
export type RestoreAction =
  | { readonly kind: "same"; readonly ref: ObjectRef; readonly live?: KubeObject }
  | {
      readonly kind: "replace";
      readonly ref: ObjectRef;
      readonly captured: KubeObject;
      readonly live: KubeObject;
    }
  | {
      readonly kind: "create";
      readonly ref: ObjectRef;
      readonly captured: KubeObject;
      /** Of that name, and on its way out. */
      readonly leaving?: KubeObject;
    }
  | { readonly kind: "remove"; readonly ref: ObjectRef; readonly live: KubeObject }
  /** It stays as it is, and people are told. */
  | { readonly kind: "leave"; readonly ref: ObjectRef; readonly why: string };

/** What is done to every object, in the order in which it is done. Pure. */
export function restorePlan(
  captured: readonly Captured[],
  live: ReadonlyMap<string, KubeObject>,
  autoscaled: Autoscaled,
): RestoreAction[] {
  const actions = captured.map((one) => actionFor(one, live.get(keyOf(one.ref)), autoscaled));
  return actions
    .map((action, i) => ({ action, i, rank: orderOf(action) }))
    .sort((a, b) => a.rank - b.rank || (a.action.kind === "remove" ? b.i - a.i : a.i - b.i))
    .map(({ action }) => action);
}

/** New autoscalers go before they undo what comes back; everything else that is new goes when what was is there again. */
export function orderOf({ kind, ref }: RestoreAction): number {
  if (kind !== "remove") return rankOf(ref);
  return isAutoscaler(ref as unknown as KubeObject) ? -1 : 20 - rankOf(ref);
}

function actionFor(
  { ref, object: captured }: Captured,
  live: KubeObject | undefined,
  autoscaled: Autoscaled,
): RestoreAction {
  const isJob = groupKind(ref) === "batch/Job";
  if (captured === null) return live === undefined ? { kind: "same", ref } : removal(ref, live);
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) {
    // It would do its work a second time: a migration, say.
    if (isJob) return { kind: "leave", ref, why: "it is gone, and a job is not run again by going back" };
    if (captured.metadata.deletionTimestamp !== undefined) {
      return { kind: "leave", ref, why: "it was being removed already" };
    }
    return { kind: "create", ref, captured, ...(live && { leaving: live }) };
  }
  if (isJob && live.metadata.uid !== captured.metadata.uid) {
    return { kind: "leave", ref, why: "it is another one now, and a job is not run again by going back" };
  }
  const body = bodyToReplace(captured, live, autoscaled);
  return isAlready(body, live) ? { kind: "same", ref, live } : { kind: "replace", ref, captured, live };
}

function removal(ref: ObjectRef, live: KubeObject): RestoreAction {
  if (live.metadata.deletionTimestamp !== undefined) return { kind: "same", ref };
  const owner = live.metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner) return { kind: "leave", ref, why: `it belongs to ${owner.kind} ${owner.name}` };
  if (groupKind(ref) === "/PersistentVolumeClaim" && textAt(live, "status", "phase") === "Bound") {
    return { kind: "leave", ref, why: "it has a volume by now, with data that nobody else has" };
  }
  const others = othersWouldGo(ref, live);
  if (others !== undefined) return { kind: "leave", ref, why: others };
  return { kind: "remove", ref, live };
}

/** What takes along whatever came to it since, from whomever: that cannot be brought back. */
function othersWouldGo(ref: ObjectRef, live: KubeObject): string | undefined {
  switch (groupKind(ref)) {
    case "/Namespace":
      return "all that has come into it since would go with it";
    case "apiextensions.k8s.io/CustomResourceDefinition":
      return "every object of its kind would go with it";
    case "/PersistentVolume":
      return textAt(live, "status", "phase") === "Bound" ? "it is in use, with data" : undefined;
    default:
      return undefined;
  }
}

/** What must be there when the plan has been carried out: a finished job that is gone is not waited for. */
export function expectedAfter(actions: readonly RestoreAction[], captured: readonly Captured[]): Captured[] {
  const left = new Set(actions.filter(({ kind }) => kind === "leave").map(({ ref }) => keyOf(ref)));
  return captured.filter(({ ref, object }) => {
    if (left.has(keyOf(ref))) return false;
    // How a job ended before is not for a roll back to mend.
    return !(object && groupKind(ref) === "batch/Job" && conditionOf(object, "Failed")?.status === "True");
  });
}

/** The tools with which people have changed an object by hand since it was captured, by the server's clock alone. */
export function changedByHand(captured: KubeObject, live: KubeObject): string[] {
  const timeOf = ({ time = "" }: ManagedFields) => Date.parse(time) || 0;
  const known = Math.max(0, ...(captured.metadata.managedFields ?? []).map(timeOf));
  const others = (live.metadata.managedFields ?? []).filter(
    (entry) =>
      !entry.subresource &&
      timeOf(entry) > known &&
      /^kubectl-(?!client-side-apply|last-applied)/.test(entry.manager ?? ""),
  );
  return [...new Set(others.map(({ manager = "" }) => manager))];
}
