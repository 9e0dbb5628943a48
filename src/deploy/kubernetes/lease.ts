import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { Lock, LockClaim, LockHolder } from "../driver.ts";
import { grantRemedy } from "./grant.ts";
import type { ObjectRef } from "./object.ts";
import { recordKey } from "./record.ts";

export interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

const reasonAnnotation = "release-sentinel/reason";
/** Servers of one control plane agree on the time to about this, and so does what we measure of it. */
const toleranceMs = 3_000;
const attempts = 6;

/**
 * One deploy per target at a time: a Lease `release-sentinel.NAME`. All its times are the API server's, as measured by who
 * writes them, so that nobody's own clock counts; who takes it over does so on condition that it has not changed since it was read.
 */
export function createLeaseLock(place: {
  readonly kubectl: Kubectl;
  readonly namespace: string;
  readonly name: string;
  /** Whether a holder is known to be dead. */
  readonly isDead: (holder: string) => boolean;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}): Lock {
  const { kubectl, namespace, isDead, now = monotonicMs } = place;
  const name = `release-sentinel.${recordKey(place.name)}`;
  /** What the server's clock is ahead of ours. */
  let offsetMs: number | undefined;
  let held: { claim: LockClaim; lease: Lease } | undefined;

  const read = async (signal: AbortSignal): Promise<Lease | null> => {
    const args = [
      "get",
      "leases.coordination.k8s.io",
      name,
      `--namespace=${namespace}`,
      "--ignore-not-found",
    ];
    const text = await kubectl.text([...args, "-o", "json"], { signal });
    return text.trim() === "" ? null : (JSON.parse(text) as Lease);
  };
  const write = async (verb: "create" | "replace", lease: Lease, signal: AbortSignal): Promise<Lease> => {
    const input = JSON.stringify({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", ...lease });
    return await kubectl.json<Lease>([verb, "-f", "-", "-o", "json"], { signal, input });
  };
  const serverNow = async (signal: AbortSignal): Promise<number> => {
    offsetMs ??= (await serverTime(kubectl, namespace, signal)) - now();
    return now() + offsetMs;
  };
  const leaseFor = (claim: LockClaim, time: number, before: Lease | null): Lease => ({
    metadata: {
      name,
      namespace,
      // The uid too: a lease may be created by a PUT, and one that somebody has deleted must not be.
      ...(before && { uid: before.metadata.uid, resourceVersion: before.metadata.resourceVersion }),
      annotations: { ...before?.metadata.annotations, [reasonAnnotation]: printable(claim.reason, 500) },
    },
    spec: {
      holderIdentity: claim.holder,
      leaseDurationSeconds: Math.max(1, Math.ceil(claim.ttlMs / 1000)),
      acquireTime:
        before?.spec.holderIdentity === claim.holder && before.spec.acquireTime
          ? before.spec.acquireTime
          : microTime(time),
      renewTime: microTime(time),
      leaseTransitions:
        (before?.spec.leaseTransitions ?? 0) +
        (before && before.spec.holderIdentity !== claim.holder ? 1 : 0),
    },
  });
  const keep = (claim: LockClaim, lease: Lease) => {
    held = { claim, lease };
  };

  return {
    async acquire(claim, signal) {
      return await guarded(place, "taken", async () => {
        for (let attempt = 1; ; attempt++) {
          const before = await read(signal);
          const time = await serverNow(signal);
          const theirs = before && holderOf(before);
          const holder = before?.spec.holderIdentity ?? "";
          if (theirs && holder !== claim.holder && !isDead(holder)) {
            if (time <= Date.parse(theirs.expiresAt) + toleranceMs) return theirs;
          }
          try {
            const lease = leaseFor(claim, time, before);
            keep(claim, await write(before ? "replace" : "create", lease, signal));
            return null;
          } catch (error) {
            if (!isRace(error) || attempt >= attempts) throw error;
          }
        }
      });
    },
    async renew(signal) {
      const mine = held;
      if (mine === undefined) return false;
      const { claim } = mine;
      return await guarded(place, "renewed", async () => {
        let before = mine.lease;
        for (let attempt = 1; ; attempt++) {
          try {
            const time = await serverNow(signal);
            keep(claim, await write("replace", leaseFor(claim, time, before), signal));
            return true;
          } catch (error) {
            // Without an answer nobody knows whose it is, however late: whoever has taken it over has changed it, and the
            // server will refuse ours then.
            if (!isRace(error)) throw error;
          }
          const there = await read(signal);
          if (there === null || there.spec.holderIdentity !== claim.holder || attempt >= attempts) {
            held = undefined;
            return false;
          }
          before = there;
        }
      });
    },
    async release(signal) {
      const mine = held;
      if (mine === undefined) return;
      held = undefined;
      await guarded(place, "let go of", async () => {
        const there = await read(signal);
        if (there === null || there.spec.holderIdentity !== mine.claim.holder) return;
        await remove(kubectl, there, signal);
      });
    },
  };
}

/** Null: nobody has it. */
export function holderOf(lease: Lease): LockHolder | null {
  const { holderIdentity, leaseDurationSeconds = 0, acquireTime, renewTime } = lease.spec;
  if (!holderIdentity) return null;
  const renewed = Date.parse(renewTime ?? "") || 0;
  return {
    holder: printable(holderIdentity, 300),
    reason: printable(lease.metadata.annotations?.[reasonAnnotation] ?? "", 500),
    since: acquireTime ?? renewTime ?? "",
    expiresAt: new Date(renewed + leaseDurationSeconds * 1000).toISOString(),
  };
}

const microTime = (ms: number) => new Date(ms).toISOString().replace("Z", "000Z");

const isRace = (error: unknown) =>
  error instanceof KubectlFailure &&
  ["Conflict", "AlreadyExists", "NotFound"].includes(error.reason) &&
  !/namespaces ".*" not found/.test(error.message);

/** The API server's clock, to the second. Who holds a lock may create leases in any case, and needs no other permission. */
export function serverTime(kubectl: Kubectl, namespace: string, signal: AbortSignal): Promise<number> {
  return timeOf(kubectl, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace }, signal);
}

/** The same: what it would write into an object that is created now. Nothing is. @throws KubectlFailure, StepFailure */
export async function timeOf(
  kubectl: Kubectl,
  { apiVersion, kind, namespace }: Omit<ObjectRef, "name">,
  signal: AbortSignal,
): Promise<number> {
  const probe = { apiVersion, kind, metadata: { generateName: "release-sentinel-clock-", namespace } };
  const created = await kubectl.json<{ metadata: { creationTimestamp: string } }>(
    ["create", "-f", "-", "--dry-run=server", "-o", "json"],
    { signal, input: JSON.stringify(probe) },
  );
  const time = Date.parse(created.metadata.creationTimestamp);
  if (Number.isNaN(time)) throw new StepFailure("the API server does not say what time it is");
  // It leaves out the fraction.
  return time + 500;
}

/** On condition that it is still the one that was read. Where nothing may be deleted it is only given up. */
async function remove(kubectl: Kubectl, lease: Lease, signal: AbortSignal): Promise<void> {
  const { name, namespace, uid, resourceVersion } = lease.metadata;
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  const preconditions = { uid, resourceVersion };
  const input = JSON.stringify({ apiVersion: "v1", kind: "DeleteOptions", preconditions });
  try {
    await kubectl.text(["delete", "--raw", path, "-f", "-"], { signal, input });
  } catch (error) {
    if (isRace(error)) return;
    if (!(error instanceof KubectlFailure && error.reason === "Forbidden")) throw error;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    const freed = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: lease.metadata, spec };
    await kubectl.text(["replace", "-f", "-", "-o", "name"], { signal, input: JSON.stringify(freed) });
  }
}

async function guarded<T>(
  place: { readonly kubectl: Kubectl; readonly namespace: string },
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
    const { kubectl, namespace } = place;
    if (error.reason === "Forbidden") {
      const verbs = ["get", "create", "update"];
      throw new StepFailure(
        `the lock may not be ${what}: leases.coordination.k8s.io in namespace ${namespace} need ${verbs.join(", ")} (${error.message})`,
        grantRemedy(kubectl, namespace, "lock", verbs, "leases.coordination.k8s.io"),
        true,
      );
    }
    if (/namespaces ".*" not found/.test(error.message)) {
      const message = `the lock cannot be ${what}: there is no namespace ${namespace}`;
      throw new StepFailure(message, kubectl.typed(["create", "namespace", namespace]), true);
    }
    throw new StepFailure(
      `the lock could not be ${what}: ${error.message}`,
      undefined,
      !error.transient && !isRace(error),
    );
  }
}
