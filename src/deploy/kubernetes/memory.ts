import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { printable } from "../../core/text.ts";
import type { GoodRelease, Memory, Rejection, Run, Status, TargetRecord } from "../driver.ts";
import { keptSince, wroteBoth } from "./changed-since.ts";
import { readLost } from "./lost.ts";
import { isSameTemplate, isWorkload, marks, templateDigest } from "./marks.ts";
import { type KubeObject, keyOf, type ObjectRef } from "./object.ts";
import { patiently } from "./patience.ts";
import { readObjects } from "./read.ts";
import type { Captured, StoredGood, StoredRecord, UnfinishedRun, Wrote } from "./record.ts";
import type { RecordPlace, RecordStore } from "./record-store.ts";
import { revisionsOf } from "./revisions.ts";
import { asStep } from "./trouble.ts";

/** Rejections that are remembered. */
const mostRejected = 100;

/**
 * What the cluster remembers of this application's releases.
 * @param known the objects of this run, for when the record is lost in the middle of it
 */
export function createMemory(
  place: RecordPlace,
  store: RecordStore,
  keep: number,
  known: () => readonly ObjectRef[],
): Memory {
  const { kubectl, namespace, name } = place;
  return {
    async read(signal) {
      const record = await store.read(signal);
      return await asStep(kubectl, async () => {
        if (record === null) return await readLost(kubectl, namespace, name, signal);
        return publicRecord(record, await whatRuns(kubectl, record, signal));
      });
    },
    async good(run, status, signal) {
      const record = await store.read(signal);
      const refs = record?.unfinished ? refsOf(record.unfinished.captured) : known();
      const live = await asStep(kubectl, () => patiently(() => readObjects(kubectl, refs, signal), signal));
      const annotations = marksFor(name, run, [...live.values()]);
      const objects = refs.map((ref) => captureOf(ref, live.get(keyOf(ref)), annotations));
      await store.update((before) => withGood(before, run, status, objects, keep), signal);
      await annotate(kubectl, [...live.values()].filter(isWorkload), annotations, signal);
    },
    async rolledBack(rejected, current, signal) {
      await store.update((before) => withRolledBack(before, rejected, current), signal);
    },
    async pardon(digests, signal) {
      await store.update((before) => {
        const rejected = before.rejected.filter(({ digest }) => !digests.includes(digest));
        return rejected.length === before.rejected.length ? null : { ...before, rejected };
      }, signal);
    },
  };
}

export const refsOf = (objects: readonly Captured[]): ObjectRef[] => objects.map(({ ref }) => ref);

/** As the flow sees it: without the objects. */
function publicRecord(record: StoredRecord, current: string | null): TargetRecord {
  const good = record.good.map(({ objects: _, created: __, found: ___, ...release }): GoodRelease => release);
  return { good, rejected: record.rejected, current, unfinished: record.unfinished?.run ?? null };
}

/** The good release that runs, by what is there: somebody may have changed it since, by hand or by another tool. */
export async function whatRuns(
  kubectl: Kubectl,
  record: StoredRecord,
  signal: AbortSignal,
): Promise<string | null> {
  if (record.good.length === 0) return null;
  const refs = new Map(
    record.good.flatMap(({ objects }) => workloadsOf(objects)).map(({ ref }) => [keyOf(ref), ref]),
  );
  const live = await patiently(() => readObjects(kubectl, [...refs.values()], signal), signal);
  return matching(record, live)?.id ?? null;
}

/** The good release whose workloads are there with the same pod templates; the current one has the first say. */
export function matching(
  record: StoredRecord,
  live: ReadonlyMap<string, KubeObject>,
): StoredGood | undefined {
  const inOrder = [...record.good].sort(
    (a, b) => Number(b.id === record.current) - Number(a.id === record.current),
  );
  return inOrder.find((good) => {
    const workloads = workloadsOf(good.objects);
    if (workloads.length === 0) return good.id === record.current;
    return workloads.every(({ ref, object }) => {
      const there = live.get(keyOf(ref));
      return there !== undefined && object !== null && isSameTemplate(there, object);
    });
  });
}

const workloadsOf = (objects: readonly Captured[]) =>
  objects.filter(({ object }) => object !== null && isWorkload(object));

/**
 * Pure: a run begins; what an unfinished one has kept is kept, but for what somebody else has changed since.
 * @param wrote what the run is about to write
 */
export function withCapture(
  record: StoredRecord,
  run: Run,
  captured: readonly Captured[],
  digests: readonly string[],
  wrote: Wrote = {},
): StoredRecord {
  const { unfinished } = record;
  const live = new Map(
    captured.flatMap(({ ref, object }) => (object ? [[keyOf(ref), object] as const] : [])),
  );
  if (unfinished !== null) {
    const goesOn = unfinished.run.id !== run.id && run.returning === undefined;
    const kept = goesOn ? keptSince(unfinished, live) : unfinished.captured;
    const known = new Set(kept.map(({ ref }) => keyOf(ref)));
    const fresh = captured.filter(({ ref }) => !known.has(keyOf(ref)));
    const both = unfinished.wrote && { wrote: wroteBoth(unfinished.wrote, wrote) };
    return { ...record, unfinished: { ...unfinished, run, captured: [...kept, ...fresh], ...both } };
  }
  const current = matching(record, live)?.id ?? null;
  const before: UnfinishedRun["before"] = { current, revision: revisionsOf([...live.values()]), digests };
  return { ...record, current, unfinished: { run, captured, before, wrote } };
}

/** Pure: the run is over, and good. */
export function withGood(
  record: StoredRecord,
  run: Run,
  status: Status,
  objects: readonly Captured[],
  keep: number,
): StoredRecord {
  const { unfinished } = record;
  // Written already, and only the answer was lost: what it has created is known no more.
  if (unfinished === null && record.current === run.id && record.good[0]?.id === run.id) return record;
  const created = unfinished?.captured.filter(({ object }) => object === null).map(({ ref }) => ref) ?? [];
  const release: StoredGood = {
    id: run.id,
    version: run.version,
    commit: run.commit,
    verifiedAt: new Date().toISOString(),
    actor: run.actor,
    revision: revisionsOf(objects.flatMap(({ object }) => object ?? [])),
    digests: status.digests ?? [],
    ...(run.images ? { images: run.images } : {}),
    objects,
    created,
  };
  const older = record.good.filter(({ id }) => id !== run.id);
  const found = unfinished && foundBefore(unfinished);
  const good = [release, ...(found ? [found] : []), ...older].slice(0, keep);
  return { ...record, good, current: run.id, unfinished: null };
}

/** What ran before the first release of ours, or was put there by other means since the last one. */
function foundBefore({ run, captured, before }: UnfinishedRun): StoredGood | undefined {
  const workloads = workloadsOf(captured);
  if (before.current !== null || workloads.length === 0) return undefined;
  return {
    id: `before ${run.id}`,
    version: before.revision === "" ? "unknown" : `unknown (revision ${before.revision})`,
    commit: null,
    verifiedAt: run.startedAt,
    actor: "unknown",
    revision: before.revision,
    digests: before.digests,
    objects: captured.filter(({ object }) => object !== null),
    created: [],
    found: true,
  };
}

/** Pure: the run is over, and what it brought is gone. */
export function withRolledBack(
  record: StoredRecord,
  rejected: readonly Rejection[],
  current: string | null,
): StoredRecord {
  const digests = new Set(rejected.map(({ digest }) => digest));
  const all = [...rejected, ...record.rejected.filter(({ digest }) => !digests.has(digest))];
  return { ...record, rejected: all.slice(0, mostRejected), current, unfinished: null };
}

function marksFor(name: string, run: Run, live: readonly KubeObject[]): Readonly<Record<string, string>> {
  const digests = live.filter(isWorkload).map(templateDigest);
  return {
    [marks.record]: name,
    [marks.version]: printable(run.version, 200),
    [marks.verified]: [...new Set(digests)].sort().join(","),
    [marks.verifiedAt]: new Date().toISOString(),
  };
}

/** As it will be when it carries its marks. */
function captureOf(
  ref: ObjectRef,
  live: KubeObject | undefined,
  annotations: Readonly<Record<string, string>>,
): Captured {
  if (live === undefined || !isWorkload(live)) return { ref, object: live ?? null };
  const metadata = { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } };
  return { ref, object: { ...live, metadata } };
}

/** For the day when the record is lost. That it could not be done is no reason to call a good release bad. */
async function annotate(
  kubectl: Kubectl,
  workloads: readonly KubeObject[],
  annotations: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  if (workloads.length === 0) return;
  const items = workloads.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
  }));
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const words = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  try {
    const args = [
      "annotate",
      "--overwrite",
      "--field-manager=release-sentinel",
      "-f",
      "-",
      "-o",
      "name",
      ...words,
    ];
    await kubectl.run(args, { signal, input, timeoutMs: 30_000 });
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
  }
}
