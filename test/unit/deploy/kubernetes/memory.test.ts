import { describe, expect, it } from "vitest";
import type { Returning } from "../../../../src/deploy/driver.ts";
import { aboutToWrite, changedSince, wroteBoth } from "../../../../src/deploy/kubernetes/changed-since.ts";
import { matching, withCapture, withGood, withRolledBack } from "../../../../src/deploy/kubernetes/memory.ts";
import { type KubeObject, keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";
import { goodObjects } from "../../../../src/deploy/kubernetes/point.ts";
import { type Captured, emptyRecord, type StoredRecord } from "../../../../src/deploy/kubernetes/record.ts";
import { containersOf } from "../../../../src/deploy/kubernetes/states/deployment.ts";
import { deploymentOf, live, settings } from "./objects.ts";

const run = (id: string, version = id) => ({
  id,
  version,
  commit: null,
  actor: "a",
  startedAt: "2026-01-01T00:00:00Z",
});
const well = { state: "healthy", message: "", digests: ["web@sha256:1"] } as const;
const kept = (object: KubeObject): Captured => ({ ref: refOf(object), object });
const absent = (object: KubeObject): Captured => ({ ref: refOf(object), object: null });
const there = (...objects: KubeObject[]) => new Map(objects.map((object) => [keyOf(refOf(object)), object]));

const web = (version: number) =>
  deploymentOf(
    "web",
    `web:${version}`,
    {},
    { annotations: { "deployment.kubernetes.io/revision": String(version) } },
  );

/** Deployed and well, one after the other. */
function history(...versions: number[]): StoredRecord {
  return versions.reduce<StoredRecord>(
    (record, version, i) => {
      const before = versions[i - 1];
      const captured = before === undefined ? [absent(web(version))] : [kept(web(before))];
      const begun = withCapture(record, run(`v${version}`), captured, []);
      return withGood(begun, run(`v${version}`), well, [kept(web(version))], 5);
    },
    emptyRecord("prod", "shop"),
  );
}

describe("what is remembered of releases", () => {
  it("is the newest first, and no more than were asked for", () => {
    const record = history(1, 2, 3, 4, 5, 6);
    expect(record.good.map(({ version }) => version)).toEqual(["v6", "v5", "v4", "v3", "v2"]);
    expect(record.current).toBe("v6");
    expect(record.good[0]).toMatchObject({ revision: "6", digests: ["web@sha256:1"] });
  });

  it("is the same when it is written twice, since nobody knows whether an answer was lost", () => {
    const begun = withCapture(history(1), run("v2"), [kept(web(1))], []);
    expect(withCapture(begun, run("v2"), [kept(web(2))], [])).toEqual(begun);
    const good = withGood(begun, run("v2"), well, [kept(web(2))], 5);
    expect(withGood(good, run("v2"), well, [kept(web(2))], 5).good.map(({ id }) => id)).toEqual(["v2", "v1"]);
    const brought = withCapture(history(1), run("v3"), [absent(settings({}))], []);
    const once = withGood(brought, run("v3"), well, [kept(settings({}))], 5);
    expect(withGood(once, run("v3"), well, [kept(settings({}))], 5)).toEqual(once);
    expect(once.good[0]?.created).toHaveLength(1);
    expect(withRolledBack(withRolledBack(begun, [], "v1"), [], "v1")).toEqual(
      withRolledBack(begun, [], "v1"),
    );
  });

  it("keeps, for a run that goes on, what somebody else has changed since the one that was killed", () => {
    const both = (one: KubeObject, two: KubeObject) => [kept(one), kept(two)];
    const worker = (version: number) => deploymentOf("worker", `worker:${version}`);
    const wrote = aboutToWrite([web(2), worker(2)]);
    const begun = withCapture(history(1), run("v2"), both(web(1), worker(1)), [], wrote);
    const unfinished = begun.unfinished;
    if (unfinished === null) throw expect.unreachable();
    const seen = (one: KubeObject, two: KubeObject) =>
      changedSince(unfinished, there(one, two)).map(({ name }) => name);
    expect(seen(web(1), worker(2))).toEqual([]);
    expect(seen(web(3), worker(2))).toEqual(["web"]);
    const images = ({ unfinished: now }: StoredRecord) =>
      now?.captured.map(
        ({ object }) =>
          object &&
          containersOf(object)
            .map(({ image }) => image)
            .join(),
      );
    const goesOn = withCapture(begun, run("v4"), both(web(3), worker(2)), [], aboutToWrite([web(4)]));
    expect(images(goesOn)).toEqual(["web:3", "worker:1"]);
    expect(goesOn.unfinished?.wrote).toEqual(wroteBoth(wrote, aboutToWrite([web(4)])));
    // Its own answers may be lost, and it may turn round: then it has kept what it has kept.
    expect(images(withCapture(goesOn, run("v4"), both(web(5), worker(5)), []))).toEqual([
      "web:3",
      "worker:1",
    ]);
    const returning: Returning = {
      ...{ to: { kind: "captured" }, version: "v1", current: "v1" },
      ...{ reason: "by hand", fault: true, rejected: [] },
    };
    const turned = withCapture(begun, { ...run("back"), returning }, both(web(3), worker(2)), []);
    expect(images(turned)).toEqual(["web:1", "worker:1"]);
  });

  it("knows what others have put into ConfigMaps and Secrets since, and into nothing else", () => {
    const keys = (data: object) => live("v1", "Secret", "keys", { data });
    const service = (port: number) => live("v1", "Service", "web", { spec: { ports: [{ port }] } });
    const all = (version: string, port: number) => [
      settings({ version }),
      keys({ of: version }),
      service(port),
    ];
    const wrote = aboutToWrite([...all("2", 2), live("v1", "ConfigMap", "new", {})]);
    const made = live("v1", "ConfigMap", "new", { data: { "ca.crt": "given by the cluster" } });
    const captured = [...all("1", 1).map(kept), absent(made)];
    const { unfinished } = withCapture(history(1), run("v2"), captured, [], wrote);
    if (unfinished === null) throw expect.unreachable();
    const seen = (...now: KubeObject[]) =>
      changedSince(unfinished, there(...now)).map(({ kind, name }) => `${kind} ${name}`);
    expect(seen(...all("1", 1), made)).toEqual([]);
    expect(seen(...all("2", 2), made)).toEqual([]);
    expect(seen(...all("3", 3), made)).toEqual(["ConfigMap settings", "Secret keys"]);
    const labelled = settings({ version: "2" }, { labels: { by: "a controller" }, resourceVersion: "99" });
    expect(seen(labelled)).toEqual([]);
  });

  it("knows nothing of others where it was not written down what a run was about to write", () => {
    const { unfinished } = withCapture(history(1), run("v2"), [kept(web(1))], []);
    if (unfinished === null) throw expect.unreachable();
    expect(changedSince(unfinished, there(web(3)))).toEqual([]);
    const { wrote: _, ...older } = unfinished;
    const record = { ...history(1), unfinished: older };
    const goesOn = withCapture(record, run("v3"), [kept(web(9))], [], aboutToWrite([web(3)]));
    expect(goesOn.unfinished?.captured).toEqual([kept(web(1))]);
    expect(goesOn.unfinished).not.toHaveProperty("wrote");
  });

  it("counts what ran before the first release of ours as a release too", () => {
    const record = withCapture(
      emptyRecord("prod", "shop"),
      run("v2"),
      [kept(web(7)), absent(settings({}))],
      ["web@sha256:7"],
    );
    const { good } = withGood(record, run("v2"), well, [kept(web(8)), kept(settings({}))], 5);
    expect(good[1]).toMatchObject({
      version: "unknown (revision 7)",
      revision: "7",
      digests: ["web@sha256:7"],
      found: true,
    });
    expect(good[0]?.created.map(({ name }) => name)).toEqual(["settings"]);
  });

  it("knows what runs by its pod templates, and the current one by preference", () => {
    const twice = {
      ...history(1, 2),
      good: [...history(1, 2).good, { ...(history(1).good[0] as StoredRecord["good"][0]), id: "again" }],
    };
    expect(matching(twice, there(web(2)))?.id).toBe("v2");
    expect(matching(twice, there(web(1)))?.id).toBe("v1");
    expect(matching({ ...twice, current: "again" }, there(web(1)))?.id).toBe("again");
    expect(matching(twice, there(web(3)))).toBeUndefined();
    expect(matching(twice, there())).toBeUndefined();
  });

  it("rejects each digest once, the last reason first", () => {
    const rejection = (digest: string, reason: string) => ({ digest, reason, version: "v2", at: "", by: "" });
    const once = withRolledBack(history(1), [rejection("a", "1"), rejection("b", "1")], "v1");
    const { rejected } = withRolledBack(once, [rejection("a", "2")], "v1");
    expect(rejected.map(({ digest, reason }) => [digest, reason])).toEqual([
      ["a", "2"],
      ["b", "1"],
    ]);
  });
});

describe("the objects of a release", () => {
  it("are its own, and the ends of what later ones brought", () => {
    const extra = live("v1", "Secret", "extra");
    const v1 = history(1);
    const begun = withCapture(v1, run("v2"), [kept(web(1)), absent(extra)], []);
    const v2 = withGood(begun, run("v2"), well, [kept(web(2)), kept(extra)], 5);
    expect(goodObjects(v2, "v1")).toEqual([kept(web(1)), absent(extra)]);
    expect(goodObjects(v2, "v2")).toEqual([kept(web(2)), kept(extra)]);
    const third = withCapture(v2, run("v3"), [kept(web(2)), absent(settings({}))], []);
    expect(goodObjects(third, "v2")).toEqual([kept(web(2)), kept(extra), absent(settings({}))]);
    expect(() => goodObjects(v2, "v9")).toThrow("nothing is kept of that release");
  });
});
