import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import type { Secrets } from "../../core/mask.ts";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import type { Status } from "../driver.ts";
import { type Ailing, diagnose } from "./diagnose.ts";
import { eventTroubles } from "./event-troubles.ts";
import { isSameTemplate, isWorkload } from "./marks.ts";
import { type NearbyEvent, nearbyQuestions, readEvents, readNearby, runningDigests } from "./nearby.ts";
import { type KubeObject, keyOf, type ObjectRef, say } from "./object.ts";
import { readObjects } from "./read.ts";
import { containersOf } from "./states/deployment.ts";
import { coreKinds, groupKind, type WaitedKinds } from "./states/kinds.ts";
import { type Around, beforeAll, type WorkloadState } from "./states/state.ts";

/** What should be there. */
export interface Expected {
  readonly ref: ObjectRef;
  /** As the server answered when it was written, or as it was captured; null: it should not be there. */
  readonly object: KubeObject | null;
  /** As the manifest says it, without what the server fills in: its pod template cannot be compared with what is there. */
  readonly isRaw?: boolean;
}

/** `unseen`: nothing could be asked just now, which says nothing of what is there. */
export type Observed = Status & { readonly unseen?: true };

export interface Observer {
  /** How what is expected is doing, seen once. What is wrong is remembered from look to look. @throws StepFailure */
  look(expected: readonly Expected[], signal: AbortSignal): Promise<Observed>;
}

/** What has been seen of one object. */
export interface Sight {
  readonly object: KubeObject | null;
  readonly ref: ObjectRef;
  readonly state: WorkloadState;
}

/** So long nothing but troubles are looked at, before the cluster's events and logs are asked for too. */
const patienceMs = 4_000;
/** And then no more often than this. */
const againMs = 10_000;

export function createObserver(deps: {
  readonly kubectl: Kubectl;
  readonly secrets: Secrets;
  readonly kinds?: WaitedKinds;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}): Observer {
  const { kubectl, secrets, kinds = coreKinds, now = monotonicMs } = deps;
  /** Since when each trouble has been there, look after look. */
  let since = new Map<string, number>();
  let unwellSince: number | undefined;
  let events: { at: number; events: readonly NearbyEvent[] } = { at: -Infinity, events: [] };
  let told: { at: number; keys: string; why: string; remedy?: string } | undefined;

  const withEvents = async (sights: readonly Sight[], around: Around, signal: AbortSignal) => {
    const unwell = sights.filter(({ state }) => state.state === "progressing" || state.state === "failed");
    if (unwell.length === 0) unwellSince = undefined;
    else unwellSince ??= now();
    const isDue =
      unwell.some(({ state }) => state.state === "failed") || now() - (unwellSince ?? now()) >= patienceMs;
    if (unwell.length > 0 && isDue && now() - events.at >= againMs / 2) {
      const namespaces = [...new Set(unwell.flatMap(({ ref }) => ref.namespace ?? []))];
      events = { at: now(), events: await readEvents(kubectl, namespaces, signal) };
    }
    return sights.map((sight) => {
      if (sight.object === null || !unwell.includes(sight)) return sight;
      const pods = kinds[groupKind(sight.object)]?.pods?.(sight.object, around) ?? [];
      const troubles = sight.state.troubles ?? [];
      const more = eventTroubles(sight.object, pods, troubles, around, events.events);
      const fresh = more.filter(({ key }) => troubles.every((known) => known.key !== key));
      return { ...sight, state: { ...sight.state, troubles: [...troubles, ...fresh] } };
    });
  };

  const ailingOf = (sights: readonly Sight[]): Ailing[] => {
    const present = sights.flatMap(({ state }) => state.troubles ?? []);
    since = new Map(present.map(({ key }) => [key, since.get(key) ?? now()]));
    const scaling = isScaling(events.events);
    return sights.flatMap(({ object, state }) => {
      const { troubles = [] } = state;
      if (object === null || troubles.length === 0) return [];
      const failing = troubles.filter(
        ({ key, graceMs, uid }) => now() - (since.get(key) ?? now()) >= graceMs && !scaling(key, uid),
      );
      return [{ object, troubles, failing }];
    });
  };

  const explain = async (ailing: readonly Ailing[], isFinal: boolean, signal: AbortSignal) => {
    const keys = ailing.flatMap(({ troubles }) => troubles.map(({ key }) => key)).join("\n");
    if (told && !isFinal && told.keys === keys && now() - told.at < againMs) return told;
    const namespaces = [...new Set(ailing.flatMap(({ object }) => object.metadata.namespace ?? []))];
    if (isFinal && now() - events.at >= 1000) {
      events = { at: now(), events: await readEvents(kubectl, namespaces, signal) };
    }
    const worst = isFinal ? ailing.filter(({ failing }) => failing.length > 0) : ailing;
    const said = await diagnose(kubectl, worst.length > 0 ? worst : ailing, events.events, secrets, signal);
    told = { at: now(), keys, ...said };
    return told;
  };

  return {
    async look(expected, signal) {
      let seen: { sights: Sight[]; around: Around };
      try {
        seen = await see(kubectl, expected, kinds, signal);
      } catch (error) {
        return unreachable(error, kubectl);
      }
      const sights = await withEvents(seen.sights, seen.around, signal);
      const ailing = ailingOf(sights);
      const state = stateOf(sights, ailing);
      const message = messageOf(sights, kinds);
      const digests = digestsOf(seen.sights, seen.around, kinds);
      const known = digests.length > 0 ? { digests } : {};
      if (state === "healthy") return { state, message, ...known };
      const isSlow = unwellSince !== undefined && now() - unwellSince >= patienceMs;
      const remedy = sights.find(({ state }) => state.remedy)?.state.remedy;
      if (ailing.length === 0 || !(state === "failed" || isSlow)) {
        return { state, message, ...known, ...(remedy === undefined ? {} : { remedy }) };
      }
      const { why, remedy: better } = await explain(ailing, state === "failed", signal);
      const next = remedy ?? better;
      return { state, message, why, ...known, ...(next === undefined ? {} : { remedy: next }) };
    },
  };
}

async function see(
  kubectl: Kubectl,
  expected: readonly Expected[],
  kinds: WaitedKinds,
  signal: AbortSignal,
): Promise<{ sights: Sight[]; around: Around }> {
  const objects = expected.flatMap(({ object }) => object ?? []);
  const [live, nearby] = await Promise.all([
    readObjects(
      kubectl,
      expected.map(({ ref }) => ref),
      signal,
    ),
    readNearby(kubectl, nearbyQuestions(objects, kinds), signal),
  ]);
  const around = { nearby };
  const sights = expected.map((one) => sightOf(one, live.get(keyOf(one.ref)) ?? null, around, kinds));
  return { sights, around };
}

/** Pure: one object against what is expected of it. */
export function sightOf(
  { ref, object: wanted, isRaw = false }: Expected,
  live: KubeObject | null,
  around: Around,
  kinds: WaitedKinds,
): Sight {
  const sight = (state: WorkloadState): Sight => ({ ref, object: live, state });
  const { name } = ref;
  if (wanted === null) {
    if (live === null) return sight({ state: "healthy", message: `${name} gone` });
    const isLeaving = live.metadata.deletionTimestamp !== undefined;
    return sight(
      isLeaving
        ? { state: "progressing", message: `${name} is being removed` }
        : { state: "other", message: `${say(ref)} is still there` },
    );
  }
  if (live === null) return sight({ state: "other", message: `${say(ref)} is not there` });
  if (!isRaw && isWorkload(wanted) && !isSameTemplate(wanted, live)) {
    return sight({
      state: "other",
      message: `${say(ref)} was changed by somebody else: it has another pod template`,
    });
  }
  const other = () => beforeAll(live) ?? { state: "healthy" as const, message: `${name} there` };
  return sight(kinds[groupKind(ref)]?.state(live, around) ?? other());
}

/** A node is on its way for a pod that has none. */
function isScaling(events: readonly NearbyEvent[]): (key: string, uid: string) => boolean {
  const uids = new Set(events.filter(({ reason }) => reason === "TriggeredScaleUp").map(({ uid }) => uid));
  return (key, uid) => key.endsWith(" unschedulable") && uids.has(uid);
}

function stateOf(sights: readonly Sight[], ailing: readonly Ailing[]): Status["state"] {
  const has = (state: WorkloadState["state"]) => sights.some((sight) => sight.state.state === state);
  if (has("failed") || ailing.some(({ failing }) => failing.length > 0)) return "failed";
  if (has("other")) return "other";
  if (has("progressing")) return "progressing";
  return has("paused") ? "paused" : "healthy";
}

const mostNamed = 6;

/** `web 1 of 3 ready, worker ready`; what is not well comes first. */
function messageOf(sights: readonly Sight[], kinds: WaitedKinds): string {
  const shown = sights.filter(
    ({ ref, state }) => state.state !== "healthy" || kinds[groupKind(ref)]?.pods !== undefined,
  );
  const sorted = [
    ...shown.filter(({ state }) => state.state !== "healthy"),
    ...shown.filter(({ state }) => state.state === "healthy"),
  ];
  if (sorted.length === 0) return "everything is there";
  const named = sorted.slice(0, mostNamed).map(({ state }) => printable(state.message, 300));
  const rest = sorted.slice(mostNamed);
  const unwell = rest.filter(({ state }) => state.state !== "healthy").length;
  if (rest.length === 0) return named.join(", ");
  return `${named.join(", ")} and ${count(rest.length, "more")}${unwell > 0 ? `, ${unwell} of them not ready` : ", all ready"}`;
}

function digestsOf(sights: readonly Sight[], around: Around, kinds: WaitedKinds): string[] {
  const found = sights.flatMap(({ object }) => {
    const pods = object && kinds[groupKind(object)]?.pods?.(object, around);
    return object && pods ? runningDigests(pods, containersOf(object)) : [];
  });
  return [...new Set(found)].sort();
}

/** Waiting goes on while the API server is away; what waiting cannot mend is said at once. */
function unreachable(error: unknown, kubectl: Kubectl): Observed {
  if (!(error instanceof KubectlFailure)) throw error;
  if (error.transient) {
    const message = `the API server cannot be asked just now: ${error.message}`;
    return { state: "progressing", message, unseen: true };
  }
  const remedy =
    error.reason === "Forbidden"
      ? kubectl.typed(["auth", "can-i", "--list"])
      : kubectl.typed(["cluster-info"]);
  throw new StepFailure(
    `the state of the deploy cannot be read: ${error.message}`,
    remedy,
    error.reason === "Forbidden",
  );
}
