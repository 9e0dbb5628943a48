import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import type { Autoscaled } from "./autoscaled.ts";
import { lastApplied } from "./manner.ts";
import { argumentOf, at, type KubeObject, type ManagedFields, refOf } from "./object.ts";
import type { RawWriter } from "./raw.ts";
import { readObjects } from "./read.ts";
import { bodyToCreate, bodyToReplace, withoutAddresses } from "./restore-body.ts";
import type { RestoreAction } from "./restore-plan.ts";
import { groupKind } from "./states/kinds.ts";
import { freeStuckPods } from "./stuck.ts";

export interface RestoreGround {
  readonly kubectl: Kubectl;
  readonly writer: RawWriter;
  readonly autoscaled: Autoscaled;
}

/** Kinds that can be made anew without losing what is not in their manifest. */
const renewable = new Set([
  "/ConfigMap",
  "/Secret",
  "/Service",
  "apps/Deployment",
  "apps/DaemonSet",
  "apps/StatefulSet",
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
]);

/** For an object to be gone that is to be made anew: what others hold keeps the rest of the way back no longer. */
const goneMs = 30_000;
/** For a write of ours to come in between those of others. */
export const raceMs = 30_000;

/** One object. @throws KubectlFailure, `Conflict` when it has changed since it was read */
export async function putBack(
  ground: RestoreGround,
  action: RestoreAction,
  signal: AbortSignal,
): Promise<void> {
  const { writer } = ground;
  switch (action.kind) {
    case "same":
      if (action.live) await freeStuckPods(ground.kubectl, action.live, signal);
      return;
    case "leave":
      return;
    case "remove":
      await writer.remove(action.live, "Background", signal).catch((error) => {
        if (!(error instanceof KubectlFailure && error.reason === "NotFound")) throw error;
      });
      return;
    case "create":
      if (action.leaving) await untilGone(ground.kubectl, action.leaving, signal);
      await create(writer, action.captured, signal);
      return;
    case "replace":
      await replace(ground, action.captured, action.live, signal);
  }
}

/** In whose name: so that the fields belong to whom they belonged before. */
function managerOf(captured: KubeObject): string {
  return captured.metadata.annotations?.[lastApplied] === undefined
    ? "release-sentinel"
    : "kubectl-client-side-apply";
}

async function create(writer: RawWriter, captured: KubeObject, signal: AbortSignal): Promise<void> {
  const body = bodyToCreate(captured);
  try {
    await writer.create(body, managerOf(captured), signal);
  } catch (error) {
    const other = withoutAddresses(body);
    if (!(error instanceof KubectlFailure && error.reason === "Invalid") || other === body) throw error;
    await writer.create(other, managerOf(captured), signal);
  }
}

async function replace(
  ground: RestoreGround,
  captured: KubeObject,
  live: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { writer, autoscaled } = ground;
  const body = bodyToReplace(captured, live, autoscaled);
  try {
    const now = await writer.replace(body, managerOf(captured), signal);
    await giveBackOwnership(ground, captured, now, signal);
    await freeStuckPods(ground.kubectl, now, signal);
  } catch (error) {
    if (!isImmutable(error) || !renewable.has(groupKind(live))) throw error;
    await makeAnew(ground, captured, live, signal);
  }
}

function isImmutable(error: unknown): boolean {
  return (
    error instanceof KubectlFailure &&
    error.reason === "Invalid" &&
    /immutable|updates to .* are forbidden|may not (be )?change|cannot change/i.test(error.message)
  );
}

/** A field that can't be changed was changed by making the object anew; the way back is the same. */
async function makeAnew(
  { kubectl, writer }: RestoreGround,
  captured: KubeObject,
  live: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  // The pods of a stateful set go on, and are taken over.
  await writer.remove(live, groupKind(live) === "apps/StatefulSet" ? "Orphan" : "Background", signal);
  await untilGone(kubectl, live, signal);
  await create(writer, captured, signal);
}

/** @throws StepFailure when it is not in time; that may help later */
async function untilGone(kubectl: Kubectl, leaving: KubeObject, signal: AbortSignal): Promise<void> {
  const ref = refOf(leaving);
  for (const end = monotonicMs() + goneMs; ; ) {
    const [now] = (await readObjects(kubectl, [ref], signal)).values();
    if (now?.metadata.uid !== leaving.metadata.uid) return;
    if (monotonicMs() >= end) {
      const here = kubectl.bound(ref.namespace === undefined ? {} : { namespace: ref.namespace });
      const remedy = `see what holds it: ${here.typed(["get", argumentOf(ref), "-o", "yaml"])}`;
      throw new StepFailure("it is still being removed, and must be gone before it can come back", remedy);
    }
    await sleep(250, signal);
  }
}

/**
 * Who applies on the server's side owns fields under a name; a PUT takes those that it changes. They are given back, or the
 * next apply would find a conflict with us.
 */
async function giveBackOwnership(
  { kubectl, writer }: RestoreGround,
  captured: KubeObject,
  replaced: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const before = captured.metadata.managedFields ?? [];
  if (!before.some(({ operation }) => operation === "Apply")) return;
  let now = replaced;
  for (const end = monotonicMs() + raceMs; ; ) {
    const present = now.metadata.managedFields ?? [];
    const time = present
      .flatMap((entry) => entry.time ?? [])
      .sort()
      .at(-1);
    // With the present time: a template that comes back is a change, and its rollout begins now.
    const owners = before.filter((entry) => !ofStatus(entry)).map((entry) => ({ ...entry, time }));
    const managedFields = [...owners, ...present.filter(ofStatus)];
    try {
      const body = { ...now, metadata: { ...now.metadata, managedFields } } as KubeObject;
      await writer.replace(body, managerOf(captured), signal);
      return;
    } catch (error) {
      // Its controller was quicker.
      if (!(error instanceof KubectlFailure && error.reason === "Conflict") || monotonicMs() >= end)
        throw error;
      const [again] = (await readObjects(kubectl, [refOf(now)], signal)).values();
      if (again === undefined) return;
      now = again;
    }
  }
}

function ofStatus({ subresource, fieldsV1 }: ManagedFields): boolean {
  return subresource !== undefined || at(fieldsV1, "f:status") !== undefined;
}
