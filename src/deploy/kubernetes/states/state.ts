import type { KubeObject } from "../object.ts";

/** How one object is doing, by what the API says of it. */
export interface WorkloadState {
  /** `other`: something else than what was asked for is there. `paused`: it waits to be told to go on. */
  readonly state: "healthy" | "progressing" | "paused" | "failed" | "other";
  /** `web 1 of 3 ready`; no more than a line. */
  readonly message: string;
  /** What keeps it from becoming healthy. */
  readonly troubles?: readonly Trouble[];
  readonly remedy?: string;
}

/** Something that is wrong right now. Whether it is a failure, only time tells: see `graceMs`. */
export interface Trouble {
  /** The same trouble has the same key in the next look. */
  readonly key: string;
  /** What is wrong, in one sentence without its full stop. */
  readonly what: string;
  /** How long it may last, look after look, before it counts as a failure. 0: it will not pass. Infinity: only the wait limit ends it. */
  readonly graceMs: number;
  /** What its events are about. */
  readonly uid: string;
  /** Whose log says more. */
  readonly log?: LogPlace;
  readonly remedy?: string;
}

export interface LogPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Of the run before the present one. */
  readonly previous: boolean;
}

/** What lies around an object: pods, replica sets, controller revisions of its namespace, in any order. */
export interface Around {
  readonly nearby: readonly KubeObject[];
}

export type StateOf = (object: KubeObject, around: Around) => WorkloadState;

/** Objects of a kind whose controller this one is. */
export function ownedBy(around: Around, owner: KubeObject, kind: string): KubeObject[] {
  const { uid } = owner.metadata;
  return around.nearby.filter(
    (object) =>
      object.kind === kind &&
      uid !== undefined &&
      object.metadata.ownerReferences?.some((reference) => reference.controller && reference.uid === uid),
  );
}

/** What every object that is waited for has in common; undefined: its own kind has the word. */
export function beforeAll(object: KubeObject): WorkloadState | undefined {
  const { name, deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) return { state: "other", message: `${name} is being removed` };
  return undefined;
}

/** Whether its controller has seen what was written last. What it says of itself before that is about something else. */
export function isSeen(object: KubeObject): boolean {
  const { generation } = object.metadata;
  const observed = (object["status"] as { observedGeneration?: number } | undefined)?.observedGeneration;
  return generation === undefined || (observed ?? 0) >= generation;
}
