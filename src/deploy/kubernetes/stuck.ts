import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import { type KubeObject, refOf, say } from "./object.ts";
import { itemsOf, readObjects } from "./read.ts";
import { numberAt, textAt } from "./shape.ts";
import { groupKind } from "./states/kinds.ts";
import { isReady } from "./states/pod.ts";
import { isSeen } from "./states/state.ts";

/** For its controller to see what was written. */
const seenMs = 60_000;

/**
 * A stateful set that starts its pods in order waits for a broken pod for ever, even when its template is well again: Kubernetes
 * leaves it to people to delete such pods. Those of another template than the present one, and not ready, are.
 */
export async function freeStuckPods(kubectl: Kubectl, set: KubeObject, signal: AbortSignal): Promise<void> {
  if (groupKind(set) !== "apps/StatefulSet" || isWhole(set)) return;
  if (textAt(set, "spec", "podManagementPolicy") === "Parallel") return;
  if (textAt(set, "spec", "updateStrategy", "type") === "OnDelete") return;
  const seen = await untilSeen(kubectl, set, signal);
  if (!isSeen(seen) || isWhole(seen)) return;
  const revision = (key: string) => textAt(seen, "status", key);
  const partition = numberAt(seen, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  // Below a partition the old revision is meant to stay.
  const wanted = [revision("updateRevision"), partition > 0 ? revision("currentRevision") : undefined];
  const pods = itemsOf(
    await kubectl.text(["get", "pods", `--namespace=${set.metadata.namespace}`, "-o", "json"], { signal }),
  );
  const stuck = pods.filter(
    (pod) =>
      pod.metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid) &&
      !wanted.includes(pod.metadata.labels?.["controller-revision-hash"]) &&
      pod.metadata.deletionTimestamp === undefined &&
      !isReady(pod),
  );
  if (stuck.length === 0) return;
  const names = stuck.map(({ metadata }) => metadata.name);
  const command = ["delete", "pod", ...names];
  const here = kubectl.bound({ namespace: set.metadata.namespace ?? "default" });
  try {
    await here.text([...command, "--wait=false", "--ignore-not-found"], { signal });
  } catch (error) {
    if (!(error instanceof KubectlFailure) || error.transient) throw error;
    throw new StepFailure(
      `${say(refOf(set))} is put back, but ${count(names.length, "broken pod")} must be deleted before it goes on, and may not be: ${error.message}`,
      here.typed(command),
      true,
    );
  }
}

async function untilSeen(kubectl: Kubectl, set: KubeObject, signal: AbortSignal): Promise<KubeObject> {
  let seen = set;
  for (const end = monotonicMs() + seenMs; !isSeen(seen) && monotonicMs() < end; ) {
    await sleep(200, signal);
    seen = [...(await readObjects(kubectl, [refOf(set)], signal)).values()][0] ?? seen;
  }
  return seen;
}

/** All of its pods are ready, and of one template. */
function isWhole(set: KubeObject): boolean {
  const replicas = numberAt(set, "spec", "replicas") ?? 1;
  return (
    isSeen(set) &&
    (numberAt(set, "status", "readyReplicas") ?? 0) >= replicas &&
    textAt(set, "status", "currentRevision") === textAt(set, "status", "updateRevision")
  );
}
