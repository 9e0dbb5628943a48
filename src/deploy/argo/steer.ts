import type { Kubectl } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { at, type KubeObject, keyOf, type ObjectRef, refOf, say } from "../kubernetes/object.ts";
import { patiently } from "../kubernetes/patience.ts";
import { readObjects } from "../kubernetes/read.ts";
import { listAt, textAt } from "../kubernetes/shape.ts";
import { isAborted, isObserved, isPromoted, pauseOf, phaseOf, stepIndex, stepsOf } from "./rollout.ts";

/** What is written into a Rollout's status: its controller takes it for an order, as it does from its kubectl plugin. */
type Order = (rollout: KubeObject) => Readonly<Record<string, unknown>> | null;

/**
 * Gives one order to some Rollouts; the names of those that had something to obey.
 * By a PUT of the status as it was read, so that a controller that was quicker is not overruled; without its plugin.
 * @throws KubectlFailure
 */
async function give(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  order: Order,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  return await patiently(async () => {
    const live = await readObjects(kubectl, refs, signal);
    const told: KubeObject[] = [];
    for (const rollout of live.values()) {
      const change = order(rollout);
      if (change === null) continue;
      const status = { ...(rollout["status"] as object), ...change };
      const { namespace = "default", name } = rollout.metadata;
      const path = `/apis/${rollout.apiVersion}/namespaces/${encodeURIComponent(namespace)}/rollouts/${encodeURIComponent(name)}/status`;
      const args = ["replace", "--raw", path, "-f", "-"];
      await kubectl.text(args, { signal, input: JSON.stringify({ ...rollout, status }) });
      told.push(rollout);
    }
    return told;
  }, signal);
}

/**
 * Ends the pauses that wait to be ended; asked again, no others than those of the first time.
 * @param asked which pauses are meant, by the Rollout's uid: kept until an answer has come
 * @throws StepFailure where that is not ours to do; KubectlFailure
 */
export async function promote(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  asked: Map<string, string>,
  signal: AbortSignal,
): Promise<string> {
  const told = await give(
    kubectl,
    refs,
    (rollout) => {
      const pause = pauseOf(rollout);
      if (phaseOf(rollout).phase !== "Paused" || pause === undefined || pause.duration !== undefined)
        return null;
      if (pause.reason === "InconclusiveAnalysis") {
        throw new StepFailure(
          `${say(refOf(rollout))}: its analysis was inconclusive, and a person must decide`,
          `kubectl argo rollouts promote ${rollout.metadata.name}`,
          true,
        );
      }
      const { uid = "" } = rollout.metadata;
      const [condition] = listAt(rollout, "status", "pauseConditions");
      const which = `${stepIndex(rollout)} ${textAt(condition, "startTime")}`;
      // The order has arrived, and only its answer was lost: the next pause is another question.
      if ((asked.get(uid) ?? which) !== which) return null;
      asked.set(uid, which);
      return { pauseConditions: null };
    },
    signal,
  );
  return sentence(told, "promoted", "nothing waits to be promoted");
}

/** All traffic back to what was before. @throws KubectlFailure */
export async function abort(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<string> {
  const told = await give(
    kubectl,
    refs,
    (rollout) => (isAborted(rollout) || isPromoted(rollout) || isFirst(rollout) ? null : { abort: true }),
    signal,
  );
  return sentence(told, "aborted", "nothing was to be aborted");
}

/** Begins again what was aborted: told the same once more, the controller would do nothing. @throws KubectlFailure */
export async function retry(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  return await give(
    kubectl,
    refs,
    // A new template, not yet seen, ends the abort by itself.
    (rollout) =>
      isAborted(rollout) && isObserved(rollout) && !isPromoted(rollout) ? { abort: false } : null,
    signal,
  );
}

/** For the controller to see what was put back, so that an order about it is not taken for one about what was before. */
const observedMs = 60_000;

/** The way back takes no steps and waits for nobody. @throws KubectlFailure */
export async function hurryBack(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  for (const end = monotonicMs() + observedMs; monotonicMs() < end; ) {
    const live = await patiently(() => readObjects(kubectl, refs, signal), signal);
    if ([...live.values()].every(isObserved)) break;
    await sleep(300, signal);
  }
  return await give(
    kubectl,
    refs,
    (rollout) => {
      const isDone = isPromoted(rollout) || at(rollout, "status", "promoteFull") === true;
      return isDone || isFirst(rollout) || !isObserved(rollout) ? null : { promoteFull: true };
    },
    signal,
  );
}

/** Nothing was stable before it, so there is nothing to take steps from. */
function isFirst(rollout: KubeObject): boolean {
  return !at(rollout, "status", "stableRS");
}

function sentence(told: readonly KubeObject[], done: string, nothing: string): string {
  if (told.length === 0) return nothing;
  const names = told.map((rollout) => {
    const steps = stepsOf(rollout).length;
    return steps > 0 ? `${rollout.metadata.name} (${steps} steps)` : rollout.metadata.name;
  });
  return `${done} ${names.join(", ")}`;
}

/** Of these, those that are there. @throws KubectlFailure */
export async function readRollouts(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const live = await patiently(() => readObjects(kubectl, refs, signal), signal);
  return refs.flatMap((ref) => live.get(keyOf(ref)) ?? []);
}
