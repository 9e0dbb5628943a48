import { expect, it } from "vitest";
import { changedSince, keptSince, wroteBoth } from "../../../../src/deploy/compose/changed-since.ts";
import type { Kept } from "../../../../src/deploy/compose/kept.ts";
import type { Returning } from "../../../../src/deploy/driver.ts";

const run = (id: string) => ({
  id,
  version: id,
  commit: null,
  actor: "tester",
  startedAt: "2026-01-01T00:00:00Z",
});

/** Services and the version that each of them runs. */
const runs = (versions: Readonly<Record<string, string>>): Kept => {
  const of = <T>(made: (version: string) => T) =>
    Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, made(version)]));
  return {
    version: "v1",
    model: {
      name: "shop",
      services: of((version) => ({ image: `app:${version}` })),
      networks: of(() => ({})),
    },
    services: of((version) => ({
      ...{ image: `app:${version}`, id: `id-${version}`, digests: [], hash: `hash-${version}` },
      ...{ count: 1, well: true },
    })),
    networks: Object.keys(versions),
    lost: Object.keys(versions).map((name) => `${name}: ${versions[name]}`),
  };
};

const hashes = (version: string) => ({ web: `hash-${version}`, worker: `hash-${version}` });
const kept = JSON.parse(JSON.stringify(runs({ web: "1", worker: "1" })));
const killed = { run: run("v2"), kept, wayBack: null, ...wroteBoth(null, hashes("2")) };

it.each([
  [{ web: "1", worker: "1" }, []],
  [{ web: "2", worker: "1" }, []],
  [{ web: "3", worker: "2" }, ["web"]],
  [{ web: "2" }, []],
  [{ web: "2", worker: "1", db: "9" }, []],
])("of %j somebody else has changed %j", (now, theirs) => {
  expect(changedSince(killed, runs(now))).toEqual(theirs);
});

it("what a run that goes on keeps is what was kept, and what somebody else has changed since as it is now", () => {
  expect(keptSince(killed, runs({ web: "2", worker: "2" }))).toEqual(kept);
  const { services, model, lost, version } = keptSince(killed, runs({ web: "3", worker: "2" }));
  expect(version).toBeNull();
  expect([services["web"]?.id, services["worker"]?.id]).toEqual(["id-3", "id-1"]);
  expect(model.services).toEqual({ web: { image: "app:3" }, worker: { image: "app:1" } });
  expect(lost).toEqual(["worker: 1", "web: 3"]);
  const goesOn = { ...killed, ...wroteBoth(killed, hashes("4")) };
  for (const version of ["1", "2", "4"])
    expect(changedSince(goesOn, runs({ web: version, worker: version }))).toEqual([]);
});

it("nothing is known of it where it was not written down what was about to be written", () => {
  const { wrote: _, ...older } = killed;
  expect(changedSince(older, runs({ web: "3" }))).toEqual([]);
  expect(wroteBoth(older, hashes("3"))).toEqual({});
  // A pin, or compose v1, which come after one that could say it.
  expect(wroteBoth(killed, undefined)).toEqual({});
  expect(wroteBoth(null, undefined)).toEqual({});
});

it("what was put back from its container has another hash, and is nobody else's", () => {
  const returning: Returning = {
    ...{ to: { kind: "captured" }, version: "v1", current: null },
    ...{ reason: "by hand", fault: true, rejected: [] },
  };
  const back = runs({ web: "1", worker: "2" });
  const web = { ...(back.services["web"] as Kept["services"][string]), hash: "hash-made" };
  const now = { ...back, services: { ...back.services, web } };
  expect(changedSince({ ...killed, run: { ...killed.run, returning } }, now)).toEqual([]);
  expect(changedSince(killed, now)).toEqual(["web"]);
});
