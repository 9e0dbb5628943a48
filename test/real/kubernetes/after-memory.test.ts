import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Rejection } from "../../../src/deploy/driver.ts";
import { at, type KubeObject } from "../../../src/deploy/kubernetes/object.ts";
import { createRecordStore, listRecords } from "../../../src/deploy/kubernetes/record-store.ts";
import {
  essences,
  type Place,
  place,
  productKubectl,
  restricted,
  run,
  signal,
} from "../../support/real/after.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { configMap, deployment, statefulSet } from "../../support/real/shop.ts";

const rejection = (digest: string): Rejection => ({
  digest,
  version: "v2",
  reason: "it crashed",
  at: "2026-01-01T00:00:00Z",
  by: "somebody",
});

async function deployed(here: Place, version: string, objects: readonly object[]) {
  const ran = await here.deploy(version, objects);
  const status = await here.settle("applied");
  expect(status).toMatchObject({ state: "healthy" });
  await here.past.memory.good(ran, status, signal);
  return ran;
}

const images = async (here: Place) =>
  [...(await here.live()).values()].flatMap(
    (object: KubeObject) => at(object, "spec", "template", "spec", "containers", 0, "image") ?? [],
  );

describe.skipIf(kubeconfig.skip)("what a real cluster remembers", () => {
  it("is the good releases by version, revision and digest, and which one runs", async () => {
    const here = await place();
    expect(await here.past.memory.read(signal)).toEqual({
      good: [],
      rejected: [],
      current: null,
      unfinished: null,
    });
    const first = await deployed(here, "v1", [configMap("settings", { v: "1" }), deployment("web", "web:1")]);
    const v1 = essences(await here.live());
    const second = await deployed(here, "v2", [
      configMap("settings", { v: "2" }),
      deployment("web", "web:2"),
      configMap("new", {}),
    ]);
    const memory = await here.anew().memory.read(signal);
    expect(memory.good.map(({ id, version, revision }) => [id, version, revision])).toEqual([
      [second.id, "v2", "2"],
      [first.id, "v1", "1"],
    ]);
    expect(memory.good[0]?.digests).toEqual([expect.stringMatching(/^web@sha256:[0-9a-f]{64}$/)]);
    expect(memory.good[0]).not.toHaveProperty("objects");
    expect(memory.current).toBe(second.id);

    const [, good] = memory.good;
    if (good === undefined) throw new Error("no good release");
    const anew = here.anew();
    expect(await anew.prove({ kind: "good", good }, signal)).toEqual([]);
    expect(await anew.restore({ kind: "good", good }, signal)).toContain(
      `removed ConfigMap ${here.space}/new`,
    );
    await anew.memory.rolledBack([rejection("web@sha256:2")], first.id, signal);
    expect((await here.settle("restored")).state).toBe("healthy");
    const after = essences(await here.live());
    expect(Object.keys(after)).toEqual(Object.keys(v1));
    expect(await images(here)).toEqual(["web:1"]);
    expect(await here.past.memory.read(signal)).toMatchObject({ current: first.id, unfinished: null });
    expect((await here.past.memory.read(signal)).rejected).toEqual([rejection("web@sha256:2")]);
    await here.past.memory.pardon(["web@sha256:2"], signal);
    expect((await here.past.memory.read(signal)).rejected).toEqual([]);
  });

  it("does not take for the good release what somebody has put there since", async () => {
    const here = await place();
    const first = await deployed(here, "v1", [deployment("web", "web:1")]);
    await kubectl(["-n", here.space, "set", "image", "deployment/web", "app=web:hand"]);
    // A revision is what its controller has seen.
    await kubectl(["-n", here.space, "rollout", "status", "deployment/web"]);
    expect((await here.past.memory.read(signal)).current).toBeNull();
    const second = await deployed(here, "v2", [deployment("web", "web:2")]);
    const { good, current } = await here.past.memory.read(signal);
    expect(current).toBe(second.id);
    expect(good.map(({ version }) => version)).toEqual(["v2", "unknown (revision 2)", "v1"]);
    expect(good[2]?.id).toBe(first.id);
    await here.past.restore({ kind: "good", good: good[1] as NonNullable<(typeof good)[1]> }, signal);
    expect(await images(here)).toEqual(["web:hand"]);
  });

  it("keeps the way back of the first run when a second one begins before it has ended", async () => {
    const here = await place();
    await deployed(here, "v1", [configMap("settings", { v: "1" })]);
    await here.deploy("v2", [configMap("settings", { v: "2" })]);
    const third = await here.deploy("v3", [configMap("settings", { v: "3" }), configMap("more", {})]);
    expect((await here.past.memory.read(signal)).unfinished).toEqual(third);
    await here.anew().restore({ kind: "captured" }, signal);
    const live = [...(await here.live()).values()];
    expect(live.map((object) => object["data"])).toEqual([{ v: "1" }]);
  });

  it("goes back to a revision of the cluster's own, of a Deployment and of a StatefulSet", async () => {
    const here = await place();
    await deployed(here, "v1", [deployment("web", "web:1"), statefulSet("db", "db:1")]);
    await deployed(here, "v2", [deployment("web", "web:2"), statefulSet("db", "db:2")]);
    const to = (revision: string) => ({ kind: "revision", revision }) as const;
    await expect(here.past.restore(to("9"), signal)).rejects.toThrow(
      "revision 9 is not kept by the cluster; there is web=2, web=1, db=2, db=1",
    );
    await here.past.restore(to("db=1"), signal);
    expect(await images(here)).toEqual(["web:2", "db:1"]);
    expect((await here.settle("restored")).state).toBe("healthy");
    await here.past.restore(to("deployment/web=1"), signal);
    expect(await images(here)).toEqual(["web:1", "db:1"]);
  });

  it("pins an image, and only that", async () => {
    const here = await place();
    await deployed(here, "v1", [
      deployment("web", "web:1"),
      deployment("worker", "registry.example:5000/worker:1"),
    ]);
    const digest = `sha256:${"a".repeat(64)}`;
    const pin = { kind: "image", image: `worker@${digest}` } as const;
    expect(await here.past.prove(pin, signal)).toEqual([]);
    expect(await here.past.restore(pin, signal)).toBe(`put back Deployment ${here.space}/worker`);
    expect(await images(here)).toEqual(["web:1", `worker@${digest}`]);
    expect(await here.settle("restored")).toMatchObject({ state: "healthy", message: "worker ready" });
  });

  it("is told by the workloads themselves when the record is lost", async () => {
    const here = await place();
    await deployed(here, "v1", [configMap("settings", { v: "1" }), deployment("web", "web:1")]);
    await deployed(here, "v2", [configMap("settings", { v: "2" }), deployment("web", "web:2")]);
    await here.deploy("v3", [configMap("settings", { v: "3" }), deployment("web", "web-broken:3")]);
    await here.settle("applied");
    await kubectl(["-n", here.space, "delete", "secret", "release-sentinel.shop"]);
    const anew = here.anew();
    const memory = await anew.memory.read(signal);
    expect(memory.good.map(({ version, revision }) => [version, revision])).toEqual([
      ["v2", "2"],
      ["v1", "1"],
    ]);
    expect(memory.current).toBeNull();
    await expect(anew.restore({ kind: "captured" }, signal)).rejects.toThrow(
      "nothing was kept that could be put back",
    );
    // The process that has captured it still knows.
    expect(await here.past.prove({ kind: "captured" }, signal)).toEqual([]);
    const [good] = memory.good;
    if (good === undefined) throw new Error("no good release");
    await anew.restore({ kind: "good", good }, signal);
    expect(await images(here)).toEqual(["web:2"]);
    expect((await anew.memory.read(signal)).current).toBe(good.id);
  });

  it("is written anew by a run that ends well after somebody has deleted it", async () => {
    const here = await place();
    const ran = await here.deploy("v1", [configMap("settings", { v: "1" }), deployment("web", "web:1")]);
    const status = await here.settle("applied");
    await kubectl(["-n", here.space, "delete", "secret", "release-sentinel.shop"]);
    await here.past.memory.good(ran, status, signal);
    const record = await here.anew().record(signal);
    expect(record?.good[0]?.objects.map(({ ref, object }) => [ref.name, object !== null])).toEqual([
      ["settings", true],
      ["web", true],
    ]);
  });

  it("may be larger than one Secret can be, and no part of an old one stays", async () => {
    const here = await place({ chunkBytes: 20_000 });
    const noise = (seed: string) =>
      configMap("settings", { seed, noise: randomBytes(40_000).toString("base64") });
    await here.deploy("v1", [noise("1")]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    const before = essences(await here.live());
    await here.deploy("v2", [noise("2")]);
    const names = async () =>
      (
        await kubectl([
          "-n",
          here.space,
          "get",
          "secrets",
          "--field-selector=type=release-sentinel/record",
          "-o",
          "name",
        ])
      )
        .trim()
        .split("\n");
    expect((await names()).length).toBeGreaterThan(3);
    await here.anew().restore({ kind: "captured" }, signal);
    expect(essences(await here.live())).toEqual(before);
    await here.deploy("v3", [configMap("settings", { small: "1" })]);
    const record = await here.anew().record(signal);
    expect(record?.good).toHaveLength(1);
    const head = JSON.parse(
      await kubectl(["-n", here.space, "get", "secret/release-sentinel.shop", "-o", "json"]),
    );
    const parts = head.metadata.annotations["release-sentinel/parts"].split(",");
    expect((await names()).sort()).toEqual(
      ["secret/release-sentinel.shop", ...parts.map((part: string) => `secret/${part}`)].sort(),
    );
  });

  it("holds more than a megabyte", async () => {
    const here = await place();
    const noise = (n: number) => configMap(`noise-${n}`, { noise: randomBytes(500_000).toString("base64") });
    const big = [noise(1), noise(2), noise(3)];
    const space = { namespace: here.space };
    const input = {
      apiVersion: "v1",
      kind: "List",
      items: big.map((one) => ({ ...one, metadata: { ...(one as KubeObject).metadata, ...space } })),
    };
    await kubectl(["create", "-f", "-"], JSON.stringify(input));
    const live = input.items.map((object) => object as unknown as KubeObject);
    const captured = live.map((object) => ({
      ref: { apiVersion: "v1", kind: "ConfigMap", name: object.metadata.name, ...space },
      object,
    }));
    await here.past.capture(run("v2"), captured, [], signal);
    const record = await here.anew().record(signal);
    expect(record?.unfinished?.captured).toEqual(captured);
  });

  it("loses nothing when several processes write at once", async () => {
    const here = await place();
    await Promise.all(
      [1, 2, 3, 4].map((n) => here.anew().memory.rolledBack([rejection(`web@sha256:${n}`)], null, signal)),
    );
    const { rejected } = await here.past.memory.read(signal);
    expect(rejected.map(({ digest }) => digest).sort()).toEqual([1, 2, 3, 4].map((n) => `web@sha256:${n}`));
  });

  it("is found by who only knows the namespace", async () => {
    const here = await place({ name: "My Shop" });
    await here.deploy("v1", [configMap("settings", { a: "1" })]);
    expect(await listRecords(here.kubectl, here.space, signal)).toEqual([
      { name: "My Shop", environment: "test" },
    ]);
  });

  it("names the permission that is missing, the namespace that is not there, and a record that is damaged", async () => {
    const space = await namespace();
    const door = productKubectl();
    const store = (through = door, where = space) =>
      createRecordStore({ kubectl: through, namespace: where, environment: "test", name: "shop" });
    const reader = await restricted(space, [
      { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list"] },
    ]);
    await expect(store(reader).update((record) => record, signal)).rejects.toMatchObject({
      message: expect.stringContaining(
        `the record of deploys may not be written: secrets in namespace ${space} need get, list, create, update and delete`,
      ),
      remedy: expect.stringContaining(
        "create role release-sentinel-record --verb=get,list,create,update,delete --resource=secrets",
      ),
      final: true,
    });
    await expect(store(door, `${space}-not`).update((record) => record, signal)).rejects.toThrow(
      `the record of deploys cannot be written: there is no namespace ${space}-not`,
    );
    await kubectl([
      "-n",
      space,
      "create",
      "secret",
      "generic",
      "release-sentinel.shop",
      "--from-literal=record=nonsense",
    ]);
    await expect(store().read(signal)).rejects.toMatchObject({
      message: `the record of deploys, Secret ${space}/release-sentinel.shop, cannot be used: it is damaged`,
      remedy: expect.stringContaining("delete secret release-sentinel.shop"),
      final: true,
    });
  });
});
