import { printable } from "../../core/text.ts";
import type { KubeObject } from "../kubernetes/object.ts";
import { textAt } from "../kubernetes/shape.ts";
import type { WaitedKinds } from "../kubernetes/states/kinds.ts";
import { isReady, podTroubles } from "../kubernetes/states/pod.ts";
import {
  type Around,
  beforeAll,
  ownedBy,
  type Trouble,
  type WorkloadState,
} from "../kubernetes/states/state.ts";
import type { Commands } from "./commands.ts";
import {
  isAborted,
  isObserved,
  isPausedByHand,
  isPromoted,
  pauseOf,
  phaseOf,
  type RolloutPhase,
  whereabouts,
} from "./rollout.ts";

/** For the controller to take in a change: another one may have to take over first. */
const controllerMs = 60_000;

/** How a Rollout is doing: by the phase that its controller gives it. */
function rolloutState(rollout: KubeObject, around: Around, commands: Commands): WorkloadState {
  const common = beforeAll(rollout);
  if (common) return common;
  const { name } = rollout.metadata;
  if (!isObserved(rollout)) {
    const message = `${name} is not yet seen by the Argo Rollouts controller`;
    return { state: "progressing", message, troubles: [unseen(rollout)] };
  }
  const { phase, message: said } = aborting(rollout) ?? phaseOf(rollout);
  const where = whereabouts(rollout);
  const at = where === "" ? "" : ` ${where}`;
  const why = said === "" ? "" : `: ${printable(said, 300)}`;
  switch (phase) {
    case "Healthy":
      return { state: "healthy", message: `${name} ready` };
    case "Degraded":
      return {
        state: "failed",
        message: `${name} ${isAborted(rollout) ? "was aborted" : "is degraded"}${why}`,
        troubles: [degraded(rollout, said), ...podsTroubles(rollout, around)],
        remedy: commands(rollout, isAborted(rollout) ? "retry" : "get"),
      };
    case "Paused":
      return paused(rollout, at, commands);
    case "Progressing":
      return { state: "progressing", message: `${name}${at}${why}`, troubles: podsTroubles(rollout, around) };
  }
}

/** It has been told to abort, and has not yet said so itself. */
function aborting(rollout: KubeObject): RolloutPhase | undefined {
  if (!isAborted(rollout) || isPromoted(rollout)) return undefined;
  const { phase, message } = phaseOf(rollout);
  return { phase: "Degraded", message: phase === "Degraded" ? message : "" };
}

/** Who ends a pause decides what it is to us: one with a duration is only time. */
function paused(rollout: KubeObject, at: string, commands: Commands): WorkloadState {
  const { name } = rollout.metadata;
  const pause = pauseOf(rollout);
  if (pause === undefined) {
    const remedy = commands(rollout, "promote");
    const why = isPausedByHand(rollout) ? "its spec says paused" : "nobody says why";
    return { state: "failed", message: `${name} is paused${at} (${why}): nothing rolls out`, remedy };
  }
  if (pause.duration !== undefined) {
    const unit = /^\d+$/.test(pause.duration) ? " s" : "";
    return {
      state: "progressing",
      message: `${name} pauses for ${printable(pause.duration, 20)}${unit}${at}`,
    };
  }
  const waits = pause.reason === "InconclusiveAnalysis" ? "its analysis was inconclusive" : pause.reason;
  const message = `${name} is paused${at} (${printable(waits, 100)})`;
  return { state: "paused", message, remedy: commands(rollout, "promote") };
}

function unseen(rollout: KubeObject): Trouble {
  return {
    key: `${rollout.metadata.uid} unseen`,
    what: `Rollout ${rollout.metadata.name} has not been seen by the Argo Rollouts controller: it does not run, or does not look after this namespace`,
    graceMs: controllerMs,
    uid: rollout.metadata.uid ?? "",
    remedy: "kubectl get deployments -A -l app.kubernetes.io/name=argo-rollouts",
  };
}

function degraded(rollout: KubeObject, said: string): Trouble {
  return {
    key: `${rollout.metadata.uid} degraded`,
    what: `Rollout ${rollout.metadata.name} is degraded${said ? `: ${printable(said, 500)}` : ""}`,
    graceMs: 0,
    uid: rollout.metadata.uid ?? "",
  };
}

/** Pods of what it was told last; those of the stable version are not to blame. */
function rolloutPods(rollout: KubeObject, around: Around): KubeObject[] {
  const hash = textAt(rollout, "status", "currentPodHash");
  return ownedBy(around, rollout, "ReplicaSet")
    .filter(({ metadata }) => hash !== undefined && metadata.labels?.["rollouts-pod-template-hash"] === hash)
    .flatMap((set) => ownedBy(around, set, "Pod"));
}

function podsTroubles(rollout: KubeObject, around: Around): Trouble[] {
  const pods = rolloutPods(rollout, around);
  const isSomeWell = pods.some(isReady);
  return pods.flatMap((pod) => podTroubles(pod, isSomeWell));
}

/** What a driver that knows Rollouts waits for besides. */
export function rolloutKinds(commands: Commands): WaitedKinds {
  return {
    "argoproj.io/Rollout": {
      state: (rollout, around) => rolloutState(rollout, around, commands),
      pods: rolloutPods,
      nearby: "replicasets.apps",
    },
  };
}
