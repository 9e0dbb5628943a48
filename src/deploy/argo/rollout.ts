import { at, groupOf, type KubeObject } from "../kubernetes/object.ts";
import { conditionOf, listAt, numberAt, textAt } from "../kubernetes/shape.ts";

/** What a Rollout of Argo Rollouts says of itself. */
export type Phase = "Healthy" | "Degraded" | "Progressing" | "Paused";

export interface RolloutPhase {
  readonly phase: Phase;
  /** `waiting for all steps to complete`. */
  readonly message: string;
}

/** Why it is paused, and who ends it. */
export interface Pause {
  /** `CanaryPauseStep`, `BlueGreenPause`, `InconclusiveAnalysis`. */
  readonly reason: string;
  /** Seconds or `10m`, when the controller ends it by itself. */
  readonly duration?: string;
}

export function isRollout({ apiVersion, kind }: { apiVersion: string; kind: string }): boolean {
  return groupOf(apiVersion) === "argoproj.io" && kind === "Rollout";
}

/** Whether its controller has taken in what it is told now. */
export function isObserved(rollout: KubeObject): boolean {
  const { generation = 0 } = rollout.metadata;
  const observed = textAt(rollout, "status", "observedGeneration") ?? "";
  if (observed === "" || !/^\d+$/.test(observed)) return observed !== "";
  return Number(observed) >= generation && isWorkloadObserved(rollout);
}

/** Of a Rollout that borrows the template of a Deployment: the Deployment's generation stands in an annotation. */
function isWorkloadObserved(rollout: KubeObject): boolean {
  if (at(rollout, "spec", "workloadRef") === undefined) return true;
  const wanted = rollout.metadata.annotations?.["rollout.argoproj.io/workload-generation"];
  const observed = textAt(rollout, "status", "workloadObservedGeneration");
  return wanted === undefined || observed === undefined || wanted === observed;
}

/** As the controller and its kubectl plugin see it, whatever version of the controller wrote the status. */
export function phaseOf(rollout: KubeObject): RolloutPhase {
  if (!isObserved(rollout)) {
    return { phase: "Progressing", message: "waiting for rollout spec update to be observed" };
  }
  const pauses = listAt(rollout, "status", "pauseConditions");
  if (pauses.length === 0 && at(rollout, "status", "controllerPause") === true && !isPausedByHand(rollout)) {
    // The controller has not yet noticed that it was told to go on.
    return { phase: "Progressing", message: "waiting for rollout to unpause" };
  }
  const phase = textAt(rollout, "status", "phase");
  if (phase === "Degraded" && !isAborted(rollout) && saysAborted(rollout)) {
    return { phase: "Progressing", message: "waiting for rollout to begin again" };
  }
  if (phase === "Healthy" || phase === "Degraded" || phase === "Progressing" || phase === "Paused") {
    return { phase, message: textAt(rollout, "status", "message") ?? "" };
  }
  return calculated(rollout);
}

/** Of controllers before 1.0, which do not say it. */
function calculated(rollout: KubeObject): RolloutPhase {
  const invalid = conditionOf(rollout, "InvalidSpec");
  if (invalid?.status === "True") return { phase: "Degraded", message: `InvalidSpec: ${invalid.message}` };
  const progress = conditionOf(rollout, "Progressing");
  if (progress && /^(RolloutAborted|ProgressDeadlineExceeded)$/.test(progress.reason)) {
    return { phase: "Degraded", message: `${progress.reason}: ${progress.message}` };
  }
  if (isPausedByHand(rollout)) return { phase: "Paused", message: "manually paused" };
  const [pause] = listAt(rollout, "status", "pauseConditions");
  if (pause !== undefined) return { phase: "Paused", message: textAt(pause, "reason") ?? "" };
  const count = (key: string) => numberAt(rollout, "status", key) ?? 0;
  const wanted = numberAt(rollout, "spec", "replicas") ?? 1;
  const going = (message: string): RolloutPhase => ({ phase: "Progressing", message });
  if (count("updatedReplicas") < wanted) return going("more replicas need to be updated");
  if (count("availableReplicas") < count("updatedReplicas")) {
    return going("updated replicas are still becoming available");
  }
  const current = textAt(rollout, "status", "currentPodHash");
  const isBlueGreen = at(rollout, "spec", "strategy", "blueGreen") !== undefined;
  if (isBlueGreen && textAt(rollout, "status", "blueGreen", "activeSelector") !== current) {
    return going("active service cutover pending");
  }
  if (textAt(rollout, "status", "stableRS") !== current) return going("waiting for all steps to complete");
  if (!isBlueGreen && count("replicas") > count("updatedReplicas")) {
    return going("old replicas are pending termination");
  }
  return { phase: "Healthy", message: "" };
}

export function isPausedByHand(rollout: KubeObject): boolean {
  return at(rollout, "spec", "paused") === true;
}

export function isAborted(rollout: KubeObject): boolean {
  return at(rollout, "status", "abort") === true;
}

/** What it says while it is aborted, and until it notices that it is not any more. */
function saysAborted(rollout: KubeObject): boolean {
  return /^RolloutAborted\b/.test(textAt(rollout, "status", "message") ?? "");
}

/** Whether what it runs for everybody is what it was told last. */
export function isPromoted(rollout: KubeObject): boolean {
  const current = textAt(rollout, "status", "currentPodHash");
  return current !== undefined && textAt(rollout, "status", "stableRS") === current;
}

/** The pause that it is in now; undefined when it is in none. */
export function pauseOf(rollout: KubeObject): Pause | undefined {
  const [condition] = listAt(rollout, "status", "pauseConditions");
  const reason = textAt(condition, "reason");
  if (reason === undefined) return undefined;
  const said =
    reason === "BlueGreenPause"
      ? at(rollout, "spec", "strategy", "blueGreen", "autoPromotionSeconds")
      : at(stepsOf(rollout)[stepIndex(rollout)], "pause", "duration");
  // A duration of 0 is none, as for the controller.
  const isTimed = reason !== "InconclusiveAnalysis" && said !== undefined && said !== 0 && said !== "0";
  return { reason, ...(isTimed ? { duration: String(said) } : {}) };
}

export function stepsOf(rollout: KubeObject): readonly unknown[] {
  return listAt(rollout, "spec", "strategy", "canary", "steps");
}

/** From 0; as many as there are steps once all are done. */
export function stepIndex(rollout: KubeObject): number {
  return numberAt(rollout, "status", "currentStepIndex") ?? 0;
}

/** `at step 2 of 5, weight 20%`; empty when there is nothing to say. */
export function whereabouts(rollout: KubeObject): string {
  const steps = stepsOf(rollout);
  if (at(rollout, "spec", "strategy", "blueGreen") !== undefined) {
    return isPromoted(rollout) ? "" : "with the new version as its preview";
  }
  if (steps.length === 0 || isPromoted(rollout)) return "";
  const index = stepIndex(rollout);
  const weights = steps.slice(0, index + 1).map((step) => numberAt(step, "setWeight"));
  const weight = weights.filter((one) => one !== undefined).at(-1) ?? 0;
  const step =
    index >= steps.length ? `the end of ${steps.length} steps` : `step ${index + 1} of ${steps.length}`;
  return `at ${step}, weight ${index >= steps.length ? 100 : weight}%`;
}
