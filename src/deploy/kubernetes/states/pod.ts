import { printable } from "../../../core/text.ts";
import { at, type KubeObject } from "../object.ts";
import { conditionOf, listAt, numberAt, textAt } from "../shape.ts";
import { beforeAll, type StateOf, type Trouble } from "./state.ts";

/** Crashes in a row, each a start and an end, after which a container is taken for broken. */
const crashes = 3;
/** Where another pod of the same revision is well, it is probably not the revision. */
const crashesAmongTheWell = 6;

const seconds = 1000;

/** How long each may last. Registries, operators that bring secrets, and autoscalers of nodes need their time. */
const grace = {
  image: 10 * seconds,
  registry: 60 * seconds,
  configuration: 20 * seconds,
  unschedulable: 30 * seconds,
  never: Number.POSITIVE_INFINITY,
};

/** What keeps one pod from being ready. @param wellOthers whether another pod of its revision is ready */
export function podTroubles(pod: KubeObject, wellOthers = false): Trouble[] {
  if (pod.metadata.deletionTimestamp !== undefined || isReady(pod) || phaseOf(pod) === "Succeeded") return [];
  const containers = [
    ...listAt(pod, "status", "initContainerStatuses"),
    ...listAt(pod, "status", "containerStatuses"),
  ].flatMap((status) => containerTrouble(pod, status, wellOthers) ?? []);
  return [...unscheduled(pod), ...(phaseOf(pod) === "Failed" ? ended(pod, containers) : containers)];
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, "Ready")?.status === "True";
}

export const phaseOf = (pod: KubeObject): string => textAt(pod, "status", "phase") ?? "Pending";

/** A pod by itself. */
export const podState: StateOf = (pod) => {
  const common = beforeAll(pod);
  if (common) return common;
  const { name } = pod.metadata;
  const phase = phaseOf(pod);
  if (phase === "Succeeded") return { state: "healthy", message: `${name} has done its work` };
  if (isReady(pod)) return { state: "healthy", message: `${name} ready` };
  const troubles = podTroubles(pod);
  if (phase === "Failed") return { state: "failed", message: `${name} has failed`, troubles };
  return { state: "progressing", message: `${name} ${phase.toLowerCase()}, not ready`, troubles };
};

function unscheduled(pod: KubeObject): Trouble[] {
  const condition = conditionOf(pod, "PodScheduled");
  if (condition?.status !== "False" || condition.reason !== "Unschedulable") return [];
  // Room is being made for it.
  if (textAt(pod, "status", "nominatedNodeName")) return [];
  return [
    {
      key: `${pod.metadata.uid} unschedulable`,
      what: `pod ${pod.metadata.name} cannot be scheduled: ${printable(condition.message, 300)}`,
      graceMs: grace.unschedulable,
      uid: pod.metadata.uid ?? "",
    },
  ];
}

/** A pod that has ended and is not started again: evicted, or with a restart policy of Never. */
function ended(pod: KubeObject, containers: readonly Trouble[]): Trouble[] {
  if (containers.length > 0) return [...containers];
  const reason = [textAt(pod, "status", "reason"), textAt(pod, "status", "message")]
    .filter(Boolean)
    .join(": ");
  return [
    {
      key: `${pod.metadata.uid} failed`,
      what: `pod ${pod.metadata.name} has failed${reason && `: ${printable(reason, 300)}`}`,
      graceMs: grace.never,
      uid: pod.metadata.uid ?? "",
    },
  ];
}

function containerTrouble(pod: KubeObject, status: unknown, wellOthers: boolean): Trouble | undefined {
  const name = textAt(status, "name") ?? "";
  const trouble = (key: string, what: string, graceMs: number, log?: "current" | "previous"): Trouble => ({
    key: `${pod.metadata.uid} ${name} ${key}`,
    what: `container ${name} of pod ${pod.metadata.name} ${what}`,
    graceMs,
    uid: pod.metadata.uid ?? "",
    ...(log && {
      log: {
        namespace: pod.metadata.namespace ?? "",
        pod: pod.metadata.name,
        container: name,
        previous: log === "previous",
      },
    }),
  });
  const waiting = textAt(status, "state", "waiting", "reason");
  if (waiting !== undefined && waiting !== "CrashLoopBackOff") {
    const message = printable(textAt(status, "state", "waiting", "message") ?? "", 300);
    return waitingTrouble(waiting, message, textAt(status, "image") ?? "", trouble);
  }
  const restarts = numberAt(status, "restartCount") ?? 0;
  const last = at(status, "state", "terminated") ?? at(status, "lastState", "terminated");
  const exit = last === undefined ? "" : endOf(pod, name, last);
  if (waiting === "CrashLoopBackOff") {
    // The run that the back-off waits to repeat is one more than the restarts.
    const enough = restarts + 1 >= (wellOthers ? crashesAmongTheWell : crashes);
    const what = `crashes again and again (CrashLoopBackOff, ${restarts + 1} times): ${exit || "it ended"}`;
    return trouble("crash", what, enough ? 0 : grace.never, "current");
  }
  if (at(status, "state", "terminated") !== undefined) {
    if (numberAt(status, "state", "terminated", "exitCode") === 0) return undefined;
    return trouble("crash", `crashed: ${exit}`, grace.never, "current");
  }
  if (at(status, "state", "running") === undefined || at(status, "ready") === true) return undefined;
  if (exit) return trouble("crash", `is not ready; before, ${exit}`, grace.never, "previous");
  return trouble("unready", "runs and is not ready", grace.never, "current");
}

function waitingTrouble(
  reason: string,
  message: string,
  image: string,
  trouble: (key: string, what: string, graceMs: number) => Trouble,
): Trouble | undefined {
  const because = message && `: ${message}`;
  switch (reason) {
    case "ContainerCreating":
    case "PodInitializing":
      return trouble("creating", `is being created (${reason})${because}`, grace.never);
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return trouble("image", `has an image that cannot be used, ${image} (${reason})${because}`, 0);
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "ImageInspectError":
    case "RegistryUnavailable":
      return trouble(
        "image",
        `cannot get its image ${image} (${reason})${because}`,
        isBusy(message) ? grace.registry : grace.image,
      );
    default:
      // CreateContainerConfigError, CreateContainerError, RunContainerError, StartError, and what is yet to come.
      return trouble("create", `cannot be started (${reason})${because}`, grace.configuration);
  }
}

/** What may be over in a minute: the registry is busy or away, but it does not say that there is no such image. */
function isBusy(message: string): boolean {
  return (
    /timeout|timed out|deadline|refused|reset|unavailable|too many requests|toomanyrequests|\b(429|50[0234])\b|EOF|no such host|TLS handshake/i.test(
      message,
    ) && !/not found|manifest unknown|unauthorized|denied|forbidden/i.test(message)
  );
}

function endOf(pod: KubeObject, container: string, terminated: unknown): string {
  const code = numberAt(terminated, "exitCode") ?? 0;
  const reason = textAt(terminated, "reason");
  if (reason === "OOMKilled") {
    const limit = [...listAt(pod, "spec", "containers"), ...listAt(pod, "spec", "initContainers")]
      .filter((one) => at(one, "name") === container)
      .map((one) => textAt(one, "resources", "limits", "memory"))[0];
    return `it was killed for using more memory than it may (OOMKilled${limit ? `, limit ${printable(limit, 30)}` : ""})`;
  }
  const message = textAt(terminated, "message");
  const said = message ? `: ${printable(message.trim(), 300)}` : "";
  return `it ended with exit code ${code}${reason && reason !== "Error" ? ` (${printable(reason, 60)})` : ""}${said}`;
}
