import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { refOf } from "../../../../src/deploy/kubernetes/object.ts";
import {
  chunksOf,
  emptyRecord,
  packRecord,
  RecordUnreadable,
  recordKey,
  type StoredRecord,
  unpackRecord,
} from "../../../../src/deploy/kubernetes/record.ts";
import { deploymentOf, settings } from "./objects.ts";

const run = { id: "r", version: "v2", commit: null, actor: "a", startedAt: "2026-01-01T00:00:00Z" };

function filled(copies: number): StoredRecord {
  const objects = [deploymentOf("web", "web:1"), settings({ noise: "x".repeat(100) })];
  const captured = [
    ...objects.map((object) => ({ ref: refOf(object), object })),
    { ref: { apiVersion: "v1", kind: "Secret", name: "new", namespace: "shop" }, object: null },
  ];
  const good = Array.from({ length: copies }, (_, i) => ({
    id: `g${i}`,
    version: `v${i}`,
    commit: null,
    verifiedAt: "2026-01-01T00:00:00Z",
    actor: "a",
    revision: "1",
    digests: ["web@sha256:1"],
    objects: captured,
    created: [],
  }));
  const unfinished = { run, captured, before: { current: "g0", revision: "1", digests: [] } };
  return { ...emptyRecord("prod", "shop"), good, current: "g0", unfinished };
}

describe("the record on disk", () => {
  it("comes back as it was", () => {
    expect(unpackRecord(packRecord(filled(3)))).toEqual(filled(3));
    expect(unpackRecord(packRecord(emptyRecord("prod", "shop")))).toEqual(emptyRecord("prod", "shop"));
  });

  it("holds each object once, however many releases have it", () => {
    expect(packRecord(filled(20)).length - packRecord(filled(1)).length).toBeLessThan(400);
  });

  it("comes back from its parts, whatever their size", () => {
    const bytes = packRecord(filled(3));
    for (const size of [1, 7, bytes.length - 1, bytes.length, bytes.length + 1]) {
      const chunks = chunksOf(bytes, size);
      expect(chunks.every((chunk) => chunk.length <= size)).toBe(true);
      expect(unpackRecord(Buffer.concat(chunks))).toEqual(filled(3));
    }
    expect(chunksOf(Buffer.alloc(0), 5)).toHaveLength(1);
  });

  it("is refused when it is damaged, cut, of another format, or misses an object", () => {
    const bytes = packRecord(filled(1));
    const of = (value: object) => gzipSync(JSON.stringify(value));
    const captured = [{ ref: {}, object: "nowhere" }];
    for (const bad of [
      Buffer.from("nonsense"),
      bytes.subarray(0, -9),
      Buffer.alloc(0),
      of({ format: 2 }),
      of({ format: 1, good: [], objects: {}, unfinished: { captured } }),
    ]) {
      expect(() => unpackRecord(bad)).toThrow(RecordUnreadable);
    }
    expect(() => unpackRecord(of({ format: 2 }))).toThrow("it is of format 2");
  });
});

describe("the name of a record", () => {
  it("is that of the application, where an object can have it", () => {
    for (const name of ["shop", "shop-web", "shop.web", "1"]) expect(recordKey(name)).toBe(name);
  });

  it("is made one that an object and a label can have, and stays different from every other", () => {
    const names = [
      "Shop",
      "shop ",
      "my shop",
      "-",
      "",
      "ü",
      "a/b",
      "a..b",
      "a.-b",
      "x".repeat(300),
      `${"x".repeat(299)}y`,
    ];
    const keys = names.map(recordKey);
    expect(new Set(keys).size).toBe(names.length);
    for (const key of keys) {
      expect(key).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(key.length).toBeLessThanOrEqual(50);
    }
  });
});
