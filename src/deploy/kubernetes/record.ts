import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { GoodRelease, Rejection, Run } from "../driver.ts";
import type { KubeObject, ObjectRef } from "./object.ts";

/** One object as it was; null: it was not there. */
export interface Captured {
  readonly ref: ObjectRef;
  readonly object: KubeObject | null;
}

/** A good release, and what is needed to come back to it. */
export interface StoredGood extends GoodRelease {
  readonly objects: readonly Captured[];
  /** What was not there before this release, and goes when an older one comes back. */
  readonly created: readonly ObjectRef[];
  /** Found when we came; nobody has verified it. */
  readonly found?: true;
}

/** What a run that has not ended has kept. */
export interface UnfinishedRun {
  readonly run: Run;
  readonly captured: readonly Captured[];
  /** What ran before it, as far as it was known then: the id of a good release, or what was found. */
  readonly before: {
    readonly current: string | null;
    readonly revision: string;
    readonly digests: readonly string[];
  };
  /** Digests of the pod templates and data that it was about to write, by `keyOf`. Absent: nobody knows. */
  readonly wrote?: Wrote;
}

export type Wrote = Readonly<Record<string, readonly string[]>>;

/** All that is remembered of one application on one environment. */
export interface StoredRecord {
  readonly environment: string;
  readonly name: string;
  /** Newest first. */
  readonly good: readonly StoredGood[];
  readonly rejected: readonly Rejection[];
  readonly current: string | null;
  readonly unfinished: UnfinishedRun | null;
}

export function emptyRecord(environment: string, name: string): StoredRecord {
  return { environment, name, good: [], rejected: [], current: null, unfinished: null };
}

/** A Secret holds 1 MiB, the request that brings it 1.5 MiB in base64. */
export const chunkBytes = 900_000;

/** A record is damaged, or of a later version of this program. */
export class RecordUnreadable extends Error {
  override readonly name = "RecordUnreadable";
}

const format = 1;

/** What a record is on disk: JSON in which each different object stands once, gzipped. */
export function packRecord(record: StoredRecord): Buffer {
  const objects: Record<string, KubeObject> = {};
  const keep = ({ ref, object }: Captured) => {
    if (object === null) return { ref, object: null };
    const text = JSON.stringify(object);
    const key = createHash("sha256").update(text).digest("base64url").slice(0, 22);
    objects[key] = object;
    return { ref, object: key };
  };
  const { unfinished } = record;
  const packed = {
    format,
    ...record,
    good: record.good.map((good) => ({ ...good, objects: good.objects.map(keep) })),
    unfinished: unfinished && { ...unfinished, captured: unfinished.captured.map(keep) },
    objects,
  };
  return gzipSync(JSON.stringify(packed), { level: 6 });
}

/** @throws RecordUnreadable */
export function unpackRecord(bytes: Buffer): StoredRecord {
  try {
    const packed = JSON.parse(gunzipSync(bytes, { maxOutputLength: 512 * 1024 * 1024 }).toString("utf8"));
    if (packed.format !== format) throw new RecordUnreadable(`it is of format ${Number(packed.format)}`);
    const { objects, format: _format, ...record } = packed;
    const bring = (kept: readonly { ref: ObjectRef; object: string | null }[]): Captured[] =>
      kept.map(({ ref, object }) => {
        if (object === null) return { ref, object: null };
        if (objects[object] === undefined) throw new RecordUnreadable("an object is missing in it");
        return { ref, object: objects[object] };
      });
    return {
      ...record,
      good: record.good.map((good: { objects: [] }) => ({ ...good, objects: bring(good.objects) })),
      unfinished: record.unfinished && {
        ...record.unfinished,
        captured: bring(record.unfinished.captured),
      },
    };
  } catch (error) {
    if (error instanceof RecordUnreadable) throw error;
    throw new RecordUnreadable("it is damaged");
  }
}

/** The parts that fit into one Secret each; one at least. */
export function chunksOf(bytes: Buffer, size = chunkBytes): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length || start === 0; start += size) {
    chunks.push(bytes.subarray(start, start + size));
  }
  return chunks;
}

/** An application's name, as the name of an object and the value of a label can have it. */
export function recordKey(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    // No part of a dotted name may begin or end with a dash.
    .replace(/[-.]*\.[-.]*/g, ".");
  if (plain === name && plain.length <= 50 && plain !== "") return plain;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${plain.slice(0, 40).replace(/[^a-z0-9]+$/, "")}${plain === "" ? "" : "-"}${digest}`;
}
