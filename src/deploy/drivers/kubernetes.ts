import type { Readable } from "node:stream";
import type { Kubectl } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import { type Proof, StepFailure } from "../../core/step.ts";
import type { DeployPlan, DeployRequest, Driver, Lock, Memory, Run } from "../driver.ts";
import { appliedSentence, applyObjects } from "../kubernetes/apply.ts";
import { keepReplicas } from "../kubernetes/autoscaled.ts";
import { commandsByHand } from "../kubernetes/by-hand.ts";
import { aboutToWrite } from "../kubernetes/changed-since.ts";
import { type ResolveTag, withRunning } from "../kubernetes/images.ts";
import { createLeaseLock } from "../kubernetes/lease.ts";
import { type Located, locate } from "../kubernetes/locate.ts";
import { isWorkload } from "../kubernetes/marks.ts";
import { nameOfTarget } from "../kubernetes/naming.ts";
import { type KubeObject, keyOf, type ObjectRef, refOf, say } from "../kubernetes/object.ts";
import { createObserver, type Expected } from "../kubernetes/observe.ts";
import { createPast, type Past } from "../kubernetes/past.ts";
import { patiently } from "../kubernetes/patience.ts";
import { pinned } from "../kubernetes/pin.ts";
import { notice } from "../kubernetes/proof.ts";
import { readObjects } from "../kubernetes/read.ts";
import type { StoredRecord } from "../kubernetes/record.ts";
import { registerSecrets } from "../kubernetes/secret-values.ts";
import { coreKinds, type WaitedKinds } from "../kubernetes/states/kinds.ts";
import { type PlaceNow, readPlace, type Surveyed, surveyPlace } from "../kubernetes/survey.ts";
import type { TargetSettings } from "../kubernetes/target.ts";
import { asStep } from "../kubernetes/trouble.ts";
import { capturedNow, type ProvenWayBack, proveWayBack } from "../kubernetes/way-back.ts";

/** What the Kubernetes drivers are told. */
export interface KubernetesRequest extends DeployRequest {
  /** The application's name; found by the manifest or the record when it is not said. */
  readonly name?: string | undefined;
  /** A folder with a kustomization, absolute. */
  readonly kustomize?: string | undefined;
  readonly target: TargetSettings;
  /** Not said: as each object was applied before. */
  readonly serverSide?: boolean | undefined;
  readonly images?: "any" | "resolve" | "digests" | undefined;
  /** Good releases that are remembered. */
  readonly keep: number;
}

/** What they work with. */
export interface KubernetesWorld {
  /** The user's kubectl; closed with the driver. */
  readonly kubectl: Kubectl;
  readonly secrets: Secrets;
  readonly cwd: string;
  readonly stdin: Readable;
  /** Whether a lock's holder is known to be dead. */
  readonly isDead: (holder: string) => boolean;
  readonly resolveTag?: ResolveTag | undefined;
  /** Kinds that are waited for; `coreKinds` when it is not said. */
  readonly kinds?: WaitedKinds | undefined;
}

/** The place, once it is known: for drivers that are built on this one. */
export interface Opened {
  readonly located: Located;
  readonly name: string;
  readonly past: Past;
  readonly lock: Lock;
}

export interface KubernetesDriver extends Driver {
  /** @throws StepFailure */
  opened(signal: AbortSignal): Promise<Opened>;
}

/** Manifests on a cluster, by the user's own kubectl. Lock and memory lie in the cluster, next to what is deployed. */
export function createKubernetesDriver(request: KubernetesRequest, world: KubernetesWorld): KubernetesDriver {
  const { environment, target, keep, serverSide, images = "resolve" } = request;
  const { secrets, resolveTag, kinds = coreKinds } = world;
  const survey = { serverSide, images, resolveTag, secrets };
  /** The door that is shown to people: bound to the context as soon as that is known. */
  let kubectl = world.kubectl;
  let known: Located | undefined;
  let name: string | undefined;
  let seen: { readonly surveyed: Surveyed; readonly proven: ProvenWayBack | undefined } | undefined;
  let applied: ReadonlyMap<string, KubeObject> = new Map();
  const observers = new Map<string, ReturnType<typeof createObserver>>();

  const find = once(async (signal) => {
    // What is gone back to is remembered: no manifest has a say in it.
    const { manifests, kustomize } = request.returning ? { manifests: [] } : request;
    const where = { manifests, target, ...defined({ kustomize }) };
    const around = { cwd: world.cwd, stdin: world.stdin, secrets };
    known = await locate(world.kubectl, where, around, signal);
    kubectl = known.kubectl.bound({ namespace: known.home });
    return known;
  });
  const open = once(async (signal): Promise<Opened> => {
    const located = await find(signal);
    name = await patiently(() => nameOfTarget(located, request, signal), signal);
    const { home: namespace } = located;
    const place = { kubectl: located.kubectl, namespace, environment, name, keep, secrets };
    const refs = () => located.wanted.map(({ object }) => refOf(object));
    const lease = createLeaseLock({ ...place, isDead: world.isDead });
    return { located, name, past: createPast({ ...place, refs }), lock: withHome(lease, located) };
  });
  const opened = (signal: AbortSignal) => asStep(kubectl, () => open(signal));

  /** What is known of the past, and whether it could come back; the survey goes on meanwhile. */
  const lookBack = async (reading: Promise<PlaceNow>, signal: AbortSignal) => {
    const { located, past } = await open(signal);
    const [record, now] = await Promise.all([past.record(signal), reading]);
    const wanted = located.wanted.map(({ object }) => object);
    const before = {
      refs: wanted.map(refOf),
      wanted,
      record,
      pins: request.image !== undefined,
      ...now,
      ...(located.wanted.length === 0 && (await remembered(located, record, secrets, signal))),
    };
    return { record, proven: await proveWayBack(located.kubectl, before, signal, kinds) };
  };

  const expectedNow = async (expected: "applied" | "restored", signal: AbortSignal) => {
    const { located, past } = await open(signal);
    if (expected === "restored") return await past.expected(signal);
    if (located.wanted.length === 0) {
      // Nothing is applied: what is there of what is remembered says what runs.
      const { live } = await remembered(located, await past.record(signal), secrets, signal);
      return [...live.values()].map((object): Expected => ({ ref: refOf(object), object, isRaw: true }));
    }
    const results = new Map(seen?.surveyed.results.map((object) => [keyOf(refOf(object)), object]));
    return located.wanted.map(({ object }): Expected => {
      const [ref, key] = [refOf(object), keyOf(refOf(object))];
      return { ref, object: applied.get(key) ?? results.get(key) ?? object };
    });
  };

  return {
    name: "kubernetes",
    opened,
    async plan(signal): Promise<DeployPlan> {
      return await asStep(kubectl, async () => {
        const located = await find(signal);
        const reading = readPlace(located, secrets, signal);
        const looking = lookBack(reading, signal).catch((error: unknown) => ({ error }));
        const [surveyed, back] = await Promise.all([surveyPlace(located, survey, reading, signal), looking]);
        if ("error" in back) throw worse(back.error, surveyed.proofs);
        const { record, proven } = back;
        seen = { surveyed, proven };
        const { changes, images: used } = surveyed;
        const changedSince = proven.changedSince.map(say);
        return {
          target: { title: located.title, name: name ?? located.home },
          changes,
          images: withRunning(used, proven.digests),
          wayBack: proven.wayBack,
          proofs: [...surveyed.proofs, ...proven.proofs, ...homeNotice(located, surveyed)],
          unfinished: record?.unfinished?.run ?? null,
          ...(changedSince.length > 0 ? { changedSince } : {}),
        };
      });
    },
    async capture(run: Run, signal) {
      const { located, past } = await opened(signal);
      // As it is at this moment: somebody may have changed it since the plan was made, and that would be lost.
      const { live, refs } = await asStep(kubectl, async () =>
        located.wanted.length === 0
          ? await remembered(located, await past.record(signal), secrets, signal)
          : await readNow(
              located,
              located.wanted.map(({ object }) => refOf(object)),
              secrets,
              signal,
            ),
      );
      const before = seen?.surveyed.now.live ?? live;
      // The namespace that the record itself lies in is not taken away with what it remembers.
      const kept = capturedNow({ refs, live }).filter(
        ({ ref }) => before.has(keyOf(ref)) || !isHome(ref, located),
      );
      const workloads = [...live.values()].filter(isWorkload);
      const isPin = request.image !== undefined && run.returning === undefined;
      const written = isPin ? pinned(workloads, request.image) : (seen?.surveyed.results ?? []);
      const wrote = aboutToWrite(written);
      return await past.capture(run, kept, seen?.proven?.digests ?? [], signal, wrote);
    },
    async apply(signal) {
      return await asStep(kubectl, async () => {
        const { located } = await open(signal);
        const { now, manners } =
          seen?.surveyed ?? (await surveyPlace(located, survey, readPlace(located, secrets, signal), signal));
        const objects = await withLiveReplicas(located, now, signal);
        const results = await applyObjects(located.kubectl, objects, manners, signal);
        applied = new Map(results.map((object) => [keyOf(refOf(object)), object]));
        return appliedSentence(results, now.live);
      });
    },
    async status(expected, signal) {
      return await asStep(kubectl, async () => {
        const { located } = await open(signal);
        const observer =
          observers.get(expected) ?? createObserver({ kubectl: located.kubectl, secrets, kinds });
        observers.set(expected, observer);
        return await observer.look(await expectedNow(expected, signal), signal);
      });
    },
    prove: async (to, signal) => await (await opened(signal)).past.prove(to, signal),
    async restore(to, signal) {
      observers.delete("restored");
      return await (await opened(signal)).past.restore(to, signal);
    },
    lock: {
      acquire: async (claim, signal) => await (await opened(signal)).lock.acquire(claim, signal),
      renew: async (signal) => await (await opened(signal)).lock.renew(signal),
      release: async (signal) => await (await opened(signal)).lock.release(signal),
    },
    memory: remembering(async (signal) => (await opened(signal)).past.memory),
    byHand() {
      const wanted = known?.wanted.map(({ object }) => object) ?? [];
      const before = [...(seen?.surveyed.now.live.values() ?? [])];
      return commandsByHand({ kubectl, home: known?.home ?? "default", name, wanted, before });
    },
    async close() {
      world.kubectl.close();
    },
  };
}

/** Asked again only if it failed. */
function once<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let running: Promise<T> | undefined;
  return async (signal) => {
    running ??= work(signal);
    try {
      return await running;
    } catch (error) {
      running = undefined;
      throw error;
    }
  };
}

function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}

/** Of two things that are wrong, what the survey knows for certain says more than that the record could not be read. */
function worse(error: unknown, proofs: readonly Proof[]): unknown {
  const conflicts = proofs.filter(({ state }) => state === "conflict");
  if (!(error instanceof StepFailure) || conflicts.length === 0) return error;
  const messages = conflicts.map(({ message }) => message).join("; ");
  return new StepFailure(messages, conflicts.find(({ remedy }) => remedy)?.remedy, true);
}

/** What an autoscaler has decided since the plan was made is what is applied. */
async function withLiveReplicas(located: Located, now: PlaceNow, signal: AbortSignal): Promise<KubeObject[]> {
  const objects = located.wanted.map(({ object }) => object);
  const scaled = objects.filter((object) => now.autoscaled.has(keyOf(refOf(object))));
  if (scaled.length === 0) return objects;
  const live = await patiently(() => readObjects(located.kubectl, scaled.map(refOf), signal), signal);
  return objects.map((object) => keepReplicas(object, live.get(keyOf(refOf(object))), now.autoscaled));
}

/** Without a manifest the application is what its record says: all of that is looked at, and kept. Values of Secrets are registered. */
async function remembered(
  located: Located,
  record: StoredRecord | null,
  secrets: Secrets,
  signal: AbortSignal,
) {
  const objects = [...(record?.unfinished?.captured ?? []), ...(record?.good[0]?.objects ?? [])];
  const refs = [...new Map(objects.map(({ ref }) => [keyOf(ref), ref])).values()];
  return await readNow(located, refs, secrets, signal);
}

async function readNow(
  { kubectl }: Located,
  refs: readonly ObjectRef[],
  secrets: Secrets,
  signal: AbortSignal,
) {
  const live = await patiently(() => readObjects(kubectl, refs, signal), signal);
  for (const object of live.values()) registerSecrets(object, secrets);
  return { refs, live };
}

function isHome({ kind, name }: { kind: string; name: string }, { home }: Located): boolean {
  return kind === "Namespace" && name === home;
}

function homeNotice(located: Located, { now }: Surveyed): Proof[] {
  const own = ownNamespace(located);
  if (own === undefined || now.live.has(keyOf(refOf(own)))) return [];
  return [notice(`namespace ${located.home} is created first, for the lock and the record, and stays`)];
}

function ownNamespace(located: Located): KubeObject | undefined {
  return located.wanted.find(({ object }) => isHome(refOf(object), located))?.object;
}

/** Lock and record need the namespace that they lie in, which the manifest may be about to bring. */
function withHome(lock: Lock, located: Located): Lock {
  const own = ownNamespace(located);
  if (own === undefined) return lock;
  return {
    ...lock,
    async acquire(claim, signal) {
      const live = await patiently(() => readObjects(located.kubectl, [refOf(own)], signal), signal);
      if (live.size === 0) await applyObjects(located.kubectl, [own], new Map(), signal);
      return await lock.acquire(claim, signal);
    },
  };
}

function remembering(memory: (signal: AbortSignal) => Promise<Memory>): Memory {
  return {
    read: async (signal) => await (await memory(signal)).read(signal),
    good: async (run, status, signal) => await (await memory(signal)).good(run, status, signal),
    rolledBack: async (rejected, current, signal) =>
      await (await memory(signal)).rolledBack(rejected, current, signal),
    pardon: async (digests, signal) => await (await memory(signal)).pardon(digests, signal),
  };
}
