import type { Kubectl } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { duration, printable } from "../../core/text.ts";
import { isReturning, type WayBack } from "../driver.ts";
import type { Autoscaled } from "./autoscaled.ts";
import { changedSince, keptSince } from "./changed-since.ts";
import { isWorkload } from "./marks.ts";
import { matching } from "./memory.ts";
import { nearbyQuestions, readNearby, runningDigests } from "./nearby.ts";
import { at, type KubeObject, keyOf, type ObjectRef, refOf, say } from "./object.ts";
import { conflict, notice } from "./proof.ts";
import type { StoredRecord } from "./record.ts";
import { rehearseAsIs, rehearseBack } from "./rehearse-back.ts";
import { restorePlan } from "./restore-plan.ts";
import { revisionsOf } from "./revisions.ts";
import { conditionOf, numberAt, textAt } from "./shape.ts";
import { containersOf } from "./states/deployment.ts";
import { coreKinds, groupKind, type WaitedKinds } from "./states/kinds.ts";
import type { Around } from "./states/state.ts";

/** What a deploy would meet. */
export interface Before {
  /** Every object of the manifest, in its order. */
  readonly refs: readonly ObjectRef[];
  /** Those that are there, by `keyOf`. */
  readonly live: ReadonlyMap<string, KubeObject>;
  /** What would be applied, by `keyOf`; of workloads at least. */
  readonly wanted: readonly KubeObject[];
  readonly autoscaled: Autoscaled;
  readonly record: StoredRecord | null;
  /** A pin: it goes forward, though nothing is applied. */
  readonly pins?: boolean;
}

export interface ProvenWayBack {
  readonly wayBack: WayBack;
  readonly proofs: readonly Proof[];
  /** Digests that run now. */
  readonly digests: readonly string[];
  /** Since an unfinished run, by somebody else. */
  readonly changedSince: readonly ObjectRef[];
}

/** Whether what is there could be put back, by a dry run of it; and what would come back. Changes nothing. @throws KubectlFailure */
export async function proveWayBack(
  kubectl: Kubectl,
  before: Before,
  signal: AbortSignal,
  kinds: WaitedKinds = coreKinds,
): Promise<ProvenWayBack> {
  const { live, record } = before;
  const present = [...live.values()];
  const workloads = present.filter(isWorkload);
  const unfinished = record?.unfinished;
  const theirs = unfinished ? changedSince(unfinished, live) : [];
  // Who goes forward keeps what is theirs as it is now; who goes back goes back all the way.
  const forward = (before.wanted.length > 0 || before.pins === true) && !isReturning(unfinished?.run);
  const kept = unfinished && (forward ? keptSince(unfinished, live) : unfinished.captured);
  const [refused, nearby] = await Promise.all([
    kept
      ? rehearseBack(kubectl, restorePlan(kept, live, before.autoscaled), before.autoscaled, signal)
      : rehearseAsIs(kubectl, present, signal),
    readNearby(kubectl, nearbyQuestions(workloads, kinds), signal),
  ]);
  const around = { nearby };
  const pods = workloads.flatMap((workload) => kinds[groupKind(workload)]?.pods?.(workload, around) ?? []);
  const digests = runningDigests(pods, workloads.flatMap(containersOf));
  const proofs = [...before.wanted.flatMap(hindrances), ...unwell(workloads, around, kinds)];
  const facts = { proofs, digests, changedSince: theirs };
  const bad = refused[0];
  if (bad !== undefined) {
    const state = bad.state === "conflict" ? "none" : "unknown";
    const wayBack: WayBack = {
      state,
      message: refused.map(({ message }) => message).join("; "),
      ...(bad.remedy !== undefined && { remedy: bad.remedy }),
      version: null,
    };
    return { wayBack, ...facts };
  }
  const wayBack = wayBackTo(before, digests, pods, forward ? theirs : []);
  // Of an unfinished run, what it has kept comes back; and who goes back does not want what is there now.
  const isNow = !unfinished && before.wanted.length > 0;
  const gone = isNow ? withoutImage(workloads, around, kinds) : [];
  if (gone.length === 0) return { wayBack, ...facts };
  const message = `what runs now could not come back: ${gone.join("; ")}`;
  return { wayBack: { ...wayBack, state: "none", message }, ...facts };
}

function wayBackTo(
  before: Before,
  digests: readonly string[],
  pods: readonly KubeObject[],
  theirs: readonly ObjectRef[],
): WayBack {
  const { record, live } = before;
  const unfinished = record?.unfinished;
  if (record && unfinished) {
    const good = record.good.find(({ id }) => id === unfinished.before.current);
    const kept = unfinished.captured.some(({ object }) => object !== null);
    const to = good?.version ?? (kept ? "what ran" : "nothing");
    const message = `back to ${to}, as kept before the run of ${printable(unfinished.run.version, 100)} that has not ended`;
    if (theirs.length > 0) {
      const asNow = `, but for what somebody else has changed since, as it is now: ${theirs.map(say).join(", ")}`;
      return { state: "ready", message: `${message}${asNow}`, version: null };
    }
    return { state: kept ? "ready" : "nothing", message, version: good?.version ?? null };
  }
  if (live.size === 0) {
    return {
      state: "nothing",
      message: "nothing is here yet: what is created would be removed",
      version: null,
    };
  }
  const good = record ? matching(record, live) : undefined;
  const revision = revisionsOf([...live.values()]);
  const facts = [revision === "" ? "" : `revision ${revision}`, shortDigests(digests)]
    .filter(Boolean)
    .join(", ");
  const estimate = estimateMs([...live.values()].filter(isWorkload), pods);
  const message = `back to ${good?.version ?? "what runs now"}${facts && ` (${facts})`}${estimate ? `, about ${duration(estimate)}` : ""}`;
  return { state: "ready", message, version: good?.version ?? null };
}

function shortDigests(digests: readonly string[]): string {
  const short = digests
    .slice(0, 3)
    .map((digest) => digest.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1…"));
  return short.join(", ") + (digests.length > 3 ? ` and ${digests.length - 3} more` : "");
}

/** How long pods took to become ready the last time, batch after batch; 0 where nothing is known. */
export function estimateMs(workloads: readonly KubeObject[], pods: readonly KubeObject[]): number {
  const took = pods.flatMap((pod) => {
    const ready = conditionOf(pod, "Ready");
    const start = Date.parse(pod.metadata.creationTimestamp ?? "");
    const end = ready?.status === "True" ? Date.parse(ready.lastUpdateTime) : Number.NaN;
    return Number.isNaN(end - start) || end < start ? [] : [end - start];
  });
  if (took.length === 0) return 0;
  const usual = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  const longest = Math.max(
    0,
    ...workloads.map((workload) => batches(workload) * (usual + minReadyMs(workload))),
  );
  return Math.ceil(longest / 5000) * 5000;
}

const minReadyMs = (workload: KubeObject) => (numberAt(workload, "spec", "minReadySeconds") ?? 0) * 1000;

function batches(workload: KubeObject): number {
  const replicas =
    numberAt(workload, "spec", "replicas") ?? numberAt(workload, "status", "desiredNumberScheduled") ?? 1;
  if (groupKind(workload) === "apps/StatefulSet") return replicas;
  const rolling =
    at(workload, "spec", "strategy", "rollingUpdate") ??
    at(workload, "spec", "updateStrategy", "rollingUpdate");
  const share = (key: string) => {
    const value = at(rolling, key);
    if (typeof value === "number") return value;
    return typeof value === "string" ? Math.ceil((Number.parseInt(value, 10) / 100) * replicas) || 0 : 0;
  };
  const atOnce = Math.max(1, share("maxSurge") + share("maxUnavailable"));
  return Math.ceil(replicas / atOnce);
}

/** What in the manifest itself keeps a rollout from ending, or makes going back harder than it looks. */
function hindrances(wanted: KubeObject): Proof[] {
  const { name, namespace } = wanted.metadata;
  const subject = say(refOf(wanted));
  if (groupKind(wanted) === "apps/Deployment" && at(wanted, "spec", "paused") === true) {
    const remedy = `take "paused" out of the manifest, or: kubectl rollout resume deployment/${name} -n ${namespace}`;
    return [conflict(`${subject} is paused: nothing would roll out`, remedy)];
  }
  if (textAt(wanted, "spec", "updateStrategy", "type") === "OnDelete") {
    return [notice(`${subject} changes a pod only when somebody deletes it (OnDelete)`)];
  }
  if (groupKind(wanted) === "apps/Deployment" && numberAt(wanted, "spec", "revisionHistoryLimit") === 0) {
    return [
      notice(
        `${subject} keeps no old revisions (revisionHistoryLimit: 0): kubectl rollout undo can't go back, we can`,
      ),
    ];
  }
  return [];
}

/** Going back to what is not well makes nobody well. */
function unwell(workloads: readonly KubeObject[], around: Around, kinds: WaitedKinds): Proof[] {
  return workloads.flatMap((workload) => {
    const now = kinds[groupKind(workload)]?.state(workload, around);
    if (now === undefined || now.state === "healthy") return [];
    return [notice(`${say(refOf(workload))} is not well now, before this deploy: ${now.message}`)];
  });
}

/** What keeps pods of now from their image: others of the same template would fare no better. */
function withoutImage(workloads: readonly KubeObject[], around: Around, kinds: WaitedKinds): string[] {
  const troubles = workloads.flatMap(
    (workload) => kinds[groupKind(workload)]?.state(workload, around).troubles ?? [],
  );
  const said = troubles.filter(({ key }) => key.endsWith(" image")).map(({ what }) => printable(what, 300));
  return [...new Set(said)].slice(0, 3);
}

/** Keys of what is there, for a capture in the manifest's order. */
export function capturedNow({ refs, live }: Pick<Before, "refs" | "live">) {
  return refs.map((ref) => ({ ref, object: live.get(keyOf(ref)) ?? null }));
}
