import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { isPr, isPrefix, metadataOf, readNamespace } from "../../../../src/deploy/preview/mark.ts";
import { readTtl, spanText } from "../../../../src/deploy/preview/ttl.ts";

const space = (name: string, metadata: object = {}, status: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: "u", resourceVersion: "7", ...metadata },
  status,
});
const mark = {
  pr: 12,
  repository: "forge.example.com/team/shop",
  commit: "abc",
  expiresAt: new Date("2026-12-01T00:00:00Z"),
};

describe("the mark of a preview", () => {
  it("is read as it was written", () => {
    expect(readNamespace(space("pr-12", metadataOf(mark)))).toEqual({
      name: "pr-12",
      uid: "u",
      resourceVersion: "7",
      pr: 12,
      repository: "forge.example.com/team/shop",
      expiresAt: Date.parse("2026-12-01T00:00:00Z"),
      goingSince: null,
      remains: [],
    });
  });

  it.each([
    ["no label", {}],
    ["a label alone, without our name", { labels: { "release-sentinel/preview": "12" } }],
    ["our name alone", { labels: { "app.kubernetes.io/managed-by": "release-sentinel" } }],
    ["another's number", metadataOf({ ...mark, pr: 13 })],
    ["a number that is only the end of the one in its name", metadataOf({ ...mark, pr: 2 })],
    [
      "a label that is no number",
      { labels: { ...metadataOf(mark).labels, "release-sentinel/preview": "x12" } },
    ],
  ])("is none with %s", (_, metadata) => {
    expect(readNamespace(space("pr-12", metadata)).pr).toBeNull();
  });

  const endOf = (expires: string | undefined) => {
    const annotations = expires === undefined ? {} : { "release-sentinel/expires": expires };
    return readNamespace(space("pr-12", { annotations })).expiresAt;
  };

  it.each([
    ...[undefined, "", "tomorrow", "{}", "5", "2026", "24", "1795000000", "2026-12-01", "12/11/2026"],
    ...["Dec 1 2026", "2026-12-01 10:00:00Z", "2026-12-01T10:00:00", "2026-02-30T10:00:00Z"],
    ...["2026-12-01T10:00:00Z and more", " 2026-12-01T10:00:00Z"],
  ])("has no end that is written as %j", (expires) => expect(endOf(expires)).toBeNull());

  it.each([
    ["2026-12-01T10:00:00Z", "2026-12-01T10:00:00.000Z"],
    ["2026-12-01T10:00:00.123Z", "2026-12-01T10:00:00.123Z"],
    ["2026-12-01T10:00+01:00", "2026-12-01T09:00:00.000Z"],
  ])("has the end that a person has written as %s", (expires, moment) =>
    expect(endOf(expires)).toBe(Date.parse(moment)),
  );

  it("tells what holds a namespace that is being removed", () => {
    const conditions = [
      {
        type: "NamespaceFinalizersRemaining",
        status: "True",
        message: "example.com/hold in 1 resource instances",
      },
      { type: "NamespaceDeletionContentFailure", status: "False", message: "not this" },
    ];
    const going = space(
      "pr-12",
      { deletionTimestamp: "2026-11-21T10:00:00Z", finalizers: ["example.com/own"] },
      { conditions },
    );
    expect(readNamespace(going)).toMatchObject({
      goingSince: Date.parse("2026-11-21T10:00:00Z"),
      remains: ["example.com/hold in 1 resource instances", "its finalizer example.com/own"],
    });
  });

  it.each(["1", "12", "9999999999"])("takes %s for a pull request", (text) => expect(isPr(text)).toBe(true));
  it.each(["", "0", "01", "-1", "1.5", "1e3", " 1", "12345678901", "१२"])(
    "does not take %j for one",
    (text) => expect(isPr(text)).toBe(false),
  );

  it.each(["pr-", "shop-pr-", "p"])("takes %s for a prefix", (text) => expect(isPrefix(text)).toBe(true));
  it.each(["", "-pr", "PR-", "pr_", "pr1", "1pr-", "a".repeat(60)])("does not take %j for one", (text) =>
    expect(isPrefix(text)).toBe(false),
  );
});

describe("how long a preview lives", () => {
  it.each([
    ["24h", 86_400_000],
    ["3d", 259_200_000],
    ["90min", 5_400_000],
    ["2w", 1_209_600_000],
    [3600, 3_600_000],
    ["1.5h", 5_400_000],
  ])("is read: %s", (text, ms) => expect(readTtl(text)).toBe(ms));

  it.each(["", "0", "0h", "-1h", "59s", "91d", "24", "h", "1y", "1h2", "Infinity", "9999999999d"])(
    "is none: %j",
    (text) => expect(readTtl(text)).toBeUndefined(),
  );

  it.each([
    [0, "0 min"],
    [45 * 60_000, "45 min"],
    [26 * 3_600_000, "1 d 2 h"],
    [86_400_000 + 5 * 60_000, "1 d 5 min"],
  ])("is said: %i", (ms, text) => expect(spanText(ms)).toBe(text));
});
