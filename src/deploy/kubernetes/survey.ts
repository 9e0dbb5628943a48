import { KubectlFailure } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import type { Proof } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { Change, ImageUse } from "../driver.ts";
import { type Autoscaled, keepReplicas, readAutoscaled } from "./autoscaled.ts";
import { type Refused, refusedProofs } from "./complaints.ts";
import { changeOf } from "./diff.ts";
import { imageUses, type ResolveTag, tagProofs, withNews } from "./images.ts";
import { kindKey } from "./kinds.ts";
import type { Located } from "./locate.ts";
import { flagsOf, groupByManner, type Manner, mannerOf } from "./manner.ts";
import { isNeeded, needsOf, ownNeeds, presenceOf } from "./needs.ts";
import { at, type KubeObject, keyOf, refOf, say } from "./object.ts";
import { ownerProofs } from "./owners.ts";
import { patiently } from "./patience.ts";
import { permissionProofs, refusedOf } from "./permissions.ts";
import { waitFor } from "./placed.ts";
import { notice } from "./proof.ts";
import { readObjects } from "./read.ts";
import { type Rehearsed, rehearse } from "./rehearse.ts";
import { registerSecrets } from "./secret-values.ts";

export interface SurveyOptions {
  readonly serverSide: boolean | undefined;
  readonly images: "any" | "resolve" | "digests";
  readonly resolveTag: ResolveTag | undefined;
  readonly secrets: Secrets;
}

/** The place as it is, and as it would be. Nothing has been changed. */
export interface Surveyed {
  /** By `keyOf`. */
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly manners: ReadonlyMap<string, Manner>;
  readonly autoscaled: Autoscaled;
  readonly changes: readonly Change[];
  readonly images: readonly ImageUse[];
  readonly proofs: readonly Proof[];
}

/** Everything about the wanted objects that the server can be asked before anything is touched. @throws KubectlFailure */
export async function surveyPlace(
  located: Located,
  options: SurveyOptions,
  signal: AbortSignal,
): Promise<Surveyed> {
  const { kubectl, wanted, namespaces, home, kinds } = located;
  const objects = wanted.map(({ object }) => object);
  const spaces = [...new Set([...namespaces, home])];
  const needs = [...needsOf(objects, kinds), ...ownNeeds(home, spaces)];
  const [seen, refused, scaled, images] = await Promise.all([
    lookAndRehearse(located, objects, options, signal),
    patiently(() => refusedOf(kubectl, needs, signal), signal),
    patiently(() => readAutoscaled(kubectl, spaces, signal), signal),
    options.images === "any" ? [] : imageUses(objects, options.resolveTag, signal),
  ]);
  const { live, manners, rehearsed } = seen;
  for (const object of live.values()) registerSecrets(object, options.secrets);
  const present = presenceOf(live, objects, kinds);
  const permissions = permissionProofs(refused.filter((need) => isNeeded(need, present)));
  const changes = rehearsed.map((one) => changeFor(one, live, scaled.keys));
  return {
    live,
    manners,
    autoscaled: scaled.keys,
    changes,
    images: withNews(images, [...live.values()]),
    proofs: [
      ...seen.proofs,
      ...permissions,
      ...ownerProofs([...live.values()]),
      ...refusals(rehearsed, located, permissions),
      ...(options.images === "digests" ? tagProofs(images) : []),
      ...autoscalerNotices(objects, live, scaled),
    ],
  };
}

interface Seen {
  readonly live: ReadonlyMap<string, KubeObject>;
  readonly manners: ReadonlyMap<string, Manner>;
  /** In the objects' order. */
  readonly rehearsed: readonly Rehearsed[];
  readonly proofs: readonly Proof[];
}

/** Reads what is there while the server goes through the apply; what turns out to be applied otherwise is gone through again. */
async function lookAndRehearse(
  { kubectl }: Located,
  objects: readonly KubeObject[],
  { serverSide }: SurveyOptions,
  signal: AbortSignal,
): Promise<Seen> {
  const read = () =>
    patiently(() => readObjects(kubectl, objects.map(refOf), signal), signal).catch(orForbidden);
  const go = (manner: Manner, some: readonly KubeObject[]) =>
    patiently(() => rehearse(kubectl, some, manner, signal), signal);
  const usual = mannerOf(undefined, serverSide);
  // What stands on a namespace or a kind of this very manifest can be rehearsed only if that is there already.
  const stands = objects.some(({ kind }) => kind === "Namespace" || kind === "CustomResourceDefinition");
  const early = stands ? undefined : go(usual, objects);
  early?.catch(() => {});
  const live = await read();
  const manners = new Map(
    objects.map((object) => [keyOf(refOf(object)), mannerOf(live.get(keyOf(refOf(object))), serverSide)]),
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
    live,
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
function changeFor(
  { object, result }: Rehearsed,
  live: ReadonlyMap<string, KubeObject>,
  autoscaled: Autoscaled,
): Change {
  const before = live.get(keyOf(refOf(object)));
  if (result) return changeOf(before, keepReplicas(result, before, autoscaled));
  if (before === undefined) return changeOf(undefined, object);
  return { subject: say(refOf(object)), action: "change", diff: "" };
}

/** What the permissions have said already is not said again by the rehearsal that ran into it. */
function refusals(rehearsed: readonly Rehearsed[], located: Located, permissions: readonly Proof[]): Proof[] {
  const isSaid = permissions.some(({ state }) => state === "conflict");
  const refused = rehearsed.flatMap(({ object, complaint }): Refused[] => {
    if (complaint === undefined) return [];
    if (isSaid && / cannot (get|list|create|patch|update|delete) resource /.test(complaint.message))
      return [];
    const where = located.wanted.find((one) => one.object === object)?.where ?? "";
    return [{ object, where, complaint }];
  });
  return refusedProofs(refused);
}

function autoscalerNotices(
  objects: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  scaled: { readonly keys: Autoscaled; readonly seen: boolean },
): Proof[] {
  if (!scaled.seen)
    return [notice("autoscalers may not be looked at: replicas are set to what the manifest says")];
  const kept = objects.filter((object) => {
    const before = live.get(keyOf(refOf(object)));
    return keepReplicas(object, before, scaled.keys) !== object;
  });
  return kept.map((object) => {
    const replicas = at(live.get(keyOf(refOf(object))), "spec", "replicas");
    return notice(`${say(refOf(object))} keeps its ${String(replicas)} replicas: an autoscaler sets them`);
  });
}
