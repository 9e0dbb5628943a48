import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { count, duration, printable } from "../../core/text.ts";
import { at, type KubeObject, type ObjectRef, refOf, say } from "../kubernetes/object.ts";
import { permissionProofs, refusedOf } from "../kubernetes/permissions.ts";
import { conflict, notice } from "../kubernetes/proof.ts";
import { itemsOf } from "../kubernetes/read.ts";
import { numberAt, textAt } from "../kubernetes/shape.ts";
import { typedIn } from "../kubernetes/typed.ts";
import type { Commands } from "./commands.ts";
import { isAborted, isObserved, phaseOf, stepsOf, whereabouts } from "./rollout.ts";

/** What must hold for Rollouts besides what holds for every object. @throws KubectlFailure */
export async function rolloutProofs(
  kubectl: Kubectl,
  wanted: readonly KubeObject[],
  live: readonly KubeObject[],
  around: { readonly isResumed: boolean; readonly commands: Commands },
  signal: AbortSignal,
): Promise<Proof[]> {
  if (wanted.length === 0) {
    return [notice("the manifest has no Rollout: it is deployed as by the driver kubernetes")];
  }
  const [controller, steering] = await Promise.all([
    controllerProofs(kubectl, signal),
    steeringProofs(kubectl, wanted.map(refOf), signal),
  ]);
  // What this deploy has left unfinished itself is gone on with.
  const busy = around.isResumed ? [] : live.flatMap((rollout) => busyProofs(rollout, around.commands));
  return [...controller, ...steering, ...busy, ...pauseNotices(wanted)];
}

/** Its controller, where its usual label shows it. */
async function controllerProofs(kubectl: Kubectl, signal: AbortSignal): Promise<Proof[]> {
  const args = ["get", "deployments.apps", "-A", "-l", "app.kubernetes.io/name=argo-rollouts", "-o", "json"];
  let found: KubeObject[];
  try {
    found = itemsOf(await kubectl.text(args, { signal }));
  } catch (error) {
    if (!(error instanceof KubectlFailure) || error.transient) throw error;
    return [notice(`whether the Argo Rollouts controller runs cannot be seen: ${error.message}`)];
  }
  if (found.length === 0) {
    return [
      notice(
        "no Argo Rollouts controller is seen by its usual label: should it not run, nothing will roll out",
      ),
    ];
  }
  if (found.some((deployment) => (numberAt(deployment, "status", "availableReplicas") ?? 0) > 0)) return [];
  const [first] = found;
  const where = first === undefined ? "" : ` (${say(refOf(first))})`;
  const remedy = kubectl.typed(["get", "pods", "-A", "-l", "app.kubernetes.io/name=argo-rollouts"]);
  return [conflict(`the Argo Rollouts controller does not run${where}`, remedy)];
}

/** Promoting and aborting are changes of the status. */
async function steeringProofs(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<Proof[]> {
  const needs = refs.map(({ namespace, name }) => ({
    verb: "update",
    group: "argoproj.io",
    resource: "rollouts/status",
    namespace,
    name,
  }));
  return permissionProofs(await refusedOf(kubectl, needs, signal), typedIn(kubectl));
}

/** What is half out is no version to come back to. */
function busyProofs(rollout: KubeObject, commands: Commands): Proof[] {
  const subject = say(refOf(rollout));
  if (!isObserved(rollout)) {
    return [
      conflict(
        `${subject} has a change that the Argo Rollouts controller has not seen: does it run?`,
        "kubectl get deployments -A -l app.kubernetes.io/name=argo-rollouts",
      ),
    ];
  }
  const { phase, message } = phaseOf(rollout);
  if (phase === "Healthy") return [];
  const said = message === "" ? "" : `: ${printable(message, 200)}`;
  if (isAborted(rollout)) {
    const what = `${subject} was aborted, and its template is not what runs: there would be no way back to what runs`;
    return [conflict(what, commands(rollout, "undo"))];
  }
  if (phase === "Degraded") return [notice(`${subject} is degraded already${said}`)];
  const where = whereabouts(rollout);
  return [
    conflict(
      `${subject} is in the middle of another update (${phase}${where ? `, ${where}` : ""}${said})`,
      `${commands(rollout, "promote")}, or ${commands(rollout, "abort")}`,
    ),
  ];
}

/** Pauses with a duration count towards the time that the new version may take. */
function pauseNotices(wanted: readonly KubeObject[]): Proof[] {
  return wanted.flatMap((rollout) => {
    const timed = stepsOf(rollout).flatMap((step) => milliseconds(at(step, "pause", "duration")) ?? []);
    const green = numberAt(rollout, "spec", "strategy", "blueGreen", "autoPromotionSeconds");
    const all = [...timed, ...(green === undefined ? [] : [green * 1000])];
    const total = all.reduce((sum, one) => sum + one, 0);
    if (total < 60_000) return [];
    const pauses = `${count(all.length, "pause")} of ${duration(total)} in all`;
    return [notice(`${say(refOf(rollout))} has ${pauses}: the time limit (--wait) must be longer than that`)];
  });
}

/** `30` or `"30"` seconds, `10m`, `1h30m`. */
function milliseconds(value: unknown): number | undefined {
  if (typeof value === "number") return value * 1000;
  const text = textAt({ value }, "value") ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.length === 0) return undefined;
  const unit = { h: 3_600_000, m: 60_000, s: 1000 } as const;
  return parts.reduce((sum, [, n, one]) => sum + Number(n) * unit[one as "h" | "m" | "s"], 0);
}
