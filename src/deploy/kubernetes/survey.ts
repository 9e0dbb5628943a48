import { KubectlFailure } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import type { Proof } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { Change, ImageUse } from "../driver.ts";
import { type Autoscaled, keepReplicas, readAutoscaled } from "./autoscaled.ts";
import { type Refused, refusedProofs } from "./complaints.ts";
import { changeOf } from "./diff.ts";
import { imageUses, podSpecOf, type ResolveTag, tagProofs, withNews } from "./images.ts";
import { kindKey } from "./kinds.ts";
import type { Located } from "./locate.ts";
import { flagsOf, groupByManner, type Manner, mannerOf } from "./manner.ts";
import { isNeeded, needsOf, ownNeeds, presenceOf } from "./needs.ts";
import { at, type KubeObject, keyOf, refOf, say } from "./object.ts";
import { ownerProofs } from "./owners.ts";
import { patiently } from "./patience.ts";
import { pausedProofs } from "./paused.ts";
import { permissionProofs, refusedOf } from "./permissions.ts";
import { waitFor } from "./placed.ts";
import { notice } from "./proof.ts";
import { readObjects } from "./read.ts";
import { type Rehearsed, rehearse } from "./rehearse.ts";
import { registerSecrets } from "./secret-values.ts";
import { type Typed, typedIn } from "./typed.ts";

export interface SurveyOptions {
  readonly serverSide: boolean | undefined;
  readonly images: "any" | "resolve" | "digests";
  readonly resolveTag: ResolveTag | undefined;
  readonly secrets: Secrets;
}

/** The place as it is. */
export interface PlaceNow {
  /** By `keyOf`; what may not be read is missing too, and the permissions say so. */
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly autoscaled: Autoscaled;
  /** Whether autoscalers may be looked at. */
  readonly autoscalersSeen: boolean;
}

/** The place as it is, and as it would be. Nothing has been changed. */
export interface Surveyed {
  readonly now: PlaceNow;
  readonly manners: ReadonlyMap<string, Manner>;
  /** What the server would make of the objects, in their order; of those that it would take. */
  readonly results: readonly KubeObject[];
  readonly changes: readonly Change[];
  readonly images: readonly ImageUse[];
  readonly proofs: readonly Proof[];
}

/** Reads what is there of the wanted objects; values of Secrets are registered. @throws KubectlFailure */
export async function readPlace(located: Located, secrets: Secrets, signal: AbortSignal): Promise<PlaceNow> {
  const { kubectl, wanted } = located;
  const refs = wanted.map(({ object }) => refOf(object));
  const [live, { keys: autoscaled, seen: autoscalersSeen }] = await Promise.all([
    patiently(() => readObjects(kubectl, refs, signal), signal).catch(orForbidden),
    patiently(() => readAutoscaled(kubectl, scalableNamespaces(located), signal), signal),
  ]);
  for (const object of live.values()) registerSecrets(object, secrets);
  return { live, autoscaled, autoscalersSeen };
}

/** Everything about the wanted objects that the server can be asked before anything is touched. @throws KubectlFailure */
export async function surveyPlace(
  located: Located,
  options: SurveyOptions,
  reading: Promise<PlaceNow>,
  signal: AbortSignal,
): Promise<Surveyed> {
  const { kubectl, wanted, namespaces, home, kinds } = located;
  const objects = wanted.map(({ object }) => object);
  const needs = [...needsOf(objects, kinds), ...ownNeeds(home, [...new Set([...namespaces, home])])];
  const [now, rehearsal, refused, images] = await Promise.all([
    reading,
    rehearseAll(located, reading, options, signal),
    patiently(() => refusedOf(kubectl, needs, signal), signal),
    options.images === "any" ? [] : imageUses(objects, options.resolveTag, signal),
  ]);
  const { rehearsed } = rehearsal;
  const present = presenceOf(now.live, objects, kinds);
  const typed = typedIn(kubectl);
  const permissions = permissionProofs(
    refused.filter((need) => isNeeded(need, present)),
    typed,
  );
  return {
    now,
    manners: rehearsal.manners,
    results: rehearsed.flatMap(({ result }) => result ?? []),
    changes: rehearsed.map((one) => changeFor(one, now)),
    images: withNews(images, [...now.live.values()]),
    proofs: [
      ...rehearsal.proofs,
      ...permissions,
      ...ownerProofs([...now.live.values()]),
      ...refusals(rehearsed, located, permissions, typed),
      ...(options.images === "digests" ? tagProofs(images) : []),
      ...pausedProofs(
        rehearsed.flatMap(({ result }) => result ?? []),
        now.live,
        typed,
      ),
      ...autoscalerNotices(objects, now),
    ],
  };
}

/** Where something that could be scaled is wanted. */
function scalableNamespaces({ wanted }: Located): string[] {
  const scalable = wanted.filter(({ object }) => podSpecOf(object) !== undefined);
  return [...new Set(scalable.flatMap(({ object }) => object.metadata.namespace ?? []))];
}

interface Rehearsal {
  readonly manners: ReadonlyMap<string, Manner>;
  /** In the objects' order. */
  readonly rehearsed: readonly Rehearsed[];
  readonly proofs: readonly Proof[];
}

/**
 * The server goes through the apply while what is there is still being read; what turns out to be applied otherwise is gone
 * through again.
 */
async function rehearseAll(
  { kubectl, wanted }: Located,
  reading: Promise<PlaceNow>,
  { serverSide }: SurveyOptions,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const objects = wanted.map(({ object }) => object);
  const go = (manner: Manner, some: readonly KubeObject[]) =>
    patiently(() => rehearse(kubectl, some, manner, signal), signal);
  const usual = mannerOf(undefined, serverSide);
  // What stands on a namespace or a kind of this very manifest can be rehearsed only if that is there already.
  const stands = objects.some(({ kind }) => kind === "Namespace" || kind === "CustomResourceDefinition");
  const early = stands ? undefined : go(usual, objects);
  early?.catch(() => {});
  const { live } = await reading;
  const manners = new Map(
    objects.map((object) => {
      const key = keyOf(refOf(object));
      return [key, mannerOf(live.get(key), serverSide)];
    }),
  );
  const missing = missingFoundations(objects, live);
  const possible = objects.filter((object) => !waitFor(object, missing));
  const groups = groupByManner(possible, manners);
  const results = await Promise.all(
    groups.map(async ({ manner, objects: some }) => {
      const isUsual = flagsOf(manner).join(" ") === flagsOf(usual).join(" ");
      return isUsual && early ? await early : await go(manner, some);
    }),
  );
  const known = new Map(results.flat().map((one) => [one.object, one]));
  // The early one may have gone through objects in a manner that is not theirs: the last word is their own group's.
  for (const [index, { objects: some }] of groups.entries()) {
    for (const one of results[index] ?? []) if (some.includes(one.object)) known.set(one.object, one);
  }
  const blind = objects.length - possible.length;
  return {
    manners,
    rehearsed: objects.map(
      (object) => known.get(object) ?? { object, result: undefined, complaint: undefined },
    ),
    proofs:
      blind === 0
        ? []
        : [
            notice(
              `${count(blind, "object")} cannot be rehearsed: the namespace or the kind comes with this same manifest`,
            ),
          ],
  };
}

/** Who may not read is told so by the permissions, all of them at once. */
function orForbidden(error: unknown): ReadonlyMap<string, KubeObject> {
  if (error instanceof KubectlFailure && error.reason === "Forbidden") return new Map();
  throw error;
}

function missingFoundations(objects: readonly KubeObject[], live: ReadonlyMap<string, KubeObject>) {
  const absent = objects.filter((object) => !live.has(keyOf(refOf(object))));
  const crds = absent.filter(({ kind }) => kind === "CustomResourceDefinition");
  return {
    namespaces: new Set(
      absent.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata.name),
    ),
    kinds: new Set(
      crds.map((crd) =>
        kindKey(`${String(at(crd, "spec", "group"))}/v1`, String(at(crd, "spec", "names", "kind"))),
      ),
    ),
  };
}

/** What was rehearsed, with as many replicas as there will really be. */
function changeFor({ object, result }: Rehearsed, { live, autoscaled }: PlaceNow): Change {
  const before = live.get(keyOf(refOf(object)));
  if (result) return changeOf(before, keepReplicas(result, before, autoscaled));
  if (before === undefined) return changeOf(undefined, object);
  return { subject: say(refOf(object)), action: "change", diff: "" };
}

/** What the permissions have said already is not said again by the rehearsal that ran into it. */
function refusals(
  rehearsed: readonly Rehearsed[],
  located: Located,
  permissions: readonly Proof[],
  typed: Typed,
): Proof[] {
  const isSaid = permissions.some(({ state }) => state === "conflict");
  const refused = rehearsed.flatMap(({ object, complaint }): Refused[] => {
    if (complaint === undefined) return [];
    if (isSaid && / cannot (get|list|create|patch|update|delete) resource /.test(complaint.message))
      return [];
    const where = located.wanted.find((one) => one.object === object)?.where ?? "";
    return [{ object, where, complaint }];
  });
  return refusedProofs(refused, typed);
}

function autoscalerNotices(objects: readonly KubeObject[], now: PlaceNow): Proof[] {
  if (!now.autoscalersSeen) {
    return [notice("autoscalers may not be looked at: replicas are set to what the manifest says")];
  }
  return objects.flatMap((object) => {
    const before = now.live.get(keyOf(refOf(object)));
    if (keepReplicas(object, before, now.autoscaled) === object) return [];
    const replicas = String(at(before, "spec", "replicas"));
    return [notice(`${say(refOf(object))} keeps its ${replicas} replicas: an autoscaler sets them`)];
  });
}
