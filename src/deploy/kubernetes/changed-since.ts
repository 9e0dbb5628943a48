import { dataDigest, holdsData, isWorkload, templateDigest } from "./marks.ts";
import { type KubeObject, keyOf, type ObjectRef, refOf } from "./object.ts";
import type { Captured, UnfinishedRun, Wrote } from "./record.ts";

type Live = ReadonlyMap<string, KubeObject>;

/**
 * Of objects as the server would have them, what they are known by later on. Of pod templates, and of what ConfigMaps and
 * Secrets hold: the rest is changed by the cluster itself.
 */
export function aboutToWrite(objects: readonly KubeObject[]): Wrote {
  return Object.fromEntries(
    objects.flatMap((object) => {
      const digest = digestOf(object);
      return digest === undefined ? [] : [[keyOf(refOf(object)), [digest]]];
    }),
  );
}

function digestOf(object: KubeObject): string | undefined {
  if (isWorkload(object)) return templateDigest(object);
  return holdsData(object) ? dataDigest(object) : undefined;
}

/** What several runs after another were about to write. */
export function wroteBoth(before: Wrote, after: Wrote): Wrote {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, [...new Set([...(before[key] ?? []), ...(after[key] ?? [])])]]),
  );
}

/** What somebody else has changed since a run that has not ended: it is neither as that run has kept it, nor as it was about to write it. */
export function changedSince({ captured, wrote = {} }: UnfinishedRun, live: Live): ObjectRef[] {
  return captured.flatMap(({ ref, object }) => {
    const [now, written] = [live.get(keyOf(ref)), wrote[keyOf(ref)]];
    const digest = now && digestOf(now);
    if (now === undefined || digest === undefined || written === undefined) return [];
    // What is new may be filled by the cluster: a bundle of certificates, say.
    if (object === null && holdsData(now)) return [];
    const isKept = object !== null && digestOf(object) === digest;
    return isKept || written.includes(digest) ? [] : [ref];
  });
}

/** The way back of a run that goes on: what somebody else has changed since is kept as it is now. */
export function keptSince(unfinished: UnfinishedRun, live: Live): readonly Captured[] {
  const theirs = new Set(changedSince(unfinished, live).map(keyOf));
  return unfinished.captured.map((one) => {
    const now = theirs.has(keyOf(one.ref)) ? live.get(keyOf(one.ref)) : undefined;
    return now ? { ref: one.ref, object: now } : one;
  });
}
