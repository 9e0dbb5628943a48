import { describe, expect, it } from "vitest";
import { at, keyOf } from "../../../src/deploy/kubernetes/object.ts";
import { essences, place, run, signal } from "../../support/real/after.ts";
import { kubeconfig, kubectl, served } from "../../support/real/cluster.ts";
import {
  autoscaler,
  configMap,
  deployment,
  job,
  secret,
  service,
  statefulSet,
} from "../../support/real/shop.ts";

const captured = { kind: "captured" } as const;

const shop = (version: string, image: string, db = "db:1") => [
  configMap("settings", { version, [`only-in-${version}`]: "yes" }),
  secret("keys", { value: `of ${version}` }),
  service("web", version === "v1" ? 80 : 8080),
  deployment("web", image),
  statefulSet("db", db),
];

/** A kind of the test's own, without and with a status of its own. */
const definition = (group: string, withStatus: boolean) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `lamps.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { kind: "Lamp", plural: "lamps", singular: "lamp" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        ...(withStatus && { subresources: { status: {} } }),
      },
    ],
  },
});

describe.skipIf(kubeconfig.skip)("going back, on a real cluster", () => {
  it("puts every object back as it was, byte for byte, and frees a stateful set that waits for a broken pod", async () => {
    const here = await place();
    await here.deploy("v1", shop("v1", "web:1"));
    const good = await here.settle("applied");
    expect(good).toMatchObject({ state: "healthy" });
    await kubectl(["-n", here.space, "annotate", "configmap/settings", "by=hand"]);
    await here.past.memory.good(run("v1"), good, signal);
    const before = essences(await here.live());

    await here.deploy("v2", shop("v2", "web-broken:2", "db-broken:2"));
    const bad = await here.settle("applied");
    expect(bad.state).toBe("failed");
    expect(bad.why).toContain("broken:2");
    expect(essences(await here.live())).not.toEqual(before);

    expect(await here.past.prove(captured, signal)).toEqual([]);
    const said = await here.past.restore(captured, signal);
    expect(said).toContain("put back");
    expect(await here.settle("restored")).toMatchObject({ state: "healthy" });
    expect(essences(await here.live())).toEqual(before);
    expect(await here.past.restore(captured, signal)).toBe("nothing to put back: 5 objects as before");
  });

  it("applies afterwards as if nothing had been: what a manifest no longer has goes, what is of others stays", async () => {
    const here = await place();
    const settings = (data: Record<string, string>) => [configMap("settings", data)];
    await here.deploy("v1", settings({ kept: "1", removed: "1" }));
    await kubectl(["-n", here.space, "patch", "configmap/settings", "-p", '{"data":{"foreign":"1"}}']);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    await here.deploy("v2", settings({ kept: "2", removed: "2" }));
    await here.past.restore(captured, signal);
    await here.deploy("v3", settings({ kept: "3" }));
    expect([...(await here.live()).values()][0]?.["data"]).toEqual({ kept: "3", foreign: "1" });
  });

  it("gives the fields back to whom they belonged, so that the next apply on the server's side meets no conflict", async () => {
    const here = await place();
    const apply = async (image: string) => {
      const [object] = [deployment("web", image)] as [{ metadata: object }];
      const input = JSON.stringify({ ...object, metadata: { ...object.metadata, namespace: here.space } });
      await kubectl(["apply", "--server-side", "-f", "-"], input);
    };
    await apply("web:1");
    const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: here.space, name: "web" };
    const live = JSON.parse(
      await kubectl(["-n", here.space, "get", "deploy/web", "-o", "json", "--show-managed-fields"]),
    );
    await here.past.capture(run("v2"), [{ ref, object: live }], [], signal);
    await apply("web-broken:2");
    expect(await here.past.restore(captured, signal)).toBe(`put back Deployment ${here.space}/web`);
    await apply("web:3");
  });

  it("removes what was new, creates what has vanished, and the first deploy ever leaves nothing", async () => {
    const here = await place();
    await here.deploy("v1", [
      configMap("settings", { a: "1" }),
      deployment("web", "web:1"),
      autoscaler("web"),
    ]);
    expect((await here.settle("applied")).state).toBe("healthy");
    await kubectl(["-n", here.space, "delete", "configmap/settings"]);
    expect(await here.past.restore(captured, signal)).toContain("removed HorizontalPodAutoscaler");
    expect((await here.settle("restored")).state).toBe("healthy");
    expect((await here.live()).size).toBe(0);
    await here.past.memory.rolledBack([], null, signal);

    await here.deploy("v1", [configMap("settings", { a: "1" }), service("web"), deployment("web", "web:1")]);
    await here.settle("applied");
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    const before = essences(await here.live());
    await here.deploy("v2", [
      configMap("settings", { a: "2" }),
      service("web"),
      deployment("web", "web:2"),
      configMap("more", {}),
    ]);
    await kubectl(["-n", here.space, "delete", "configmap/settings", "service/web", "deployment/web"]);
    const said = await here.past.restore(captured, signal);
    expect(said).toContain("created again ConfigMap");
    expect(said).toContain(`removed ConfigMap ${here.space}/more`);
    expect((await here.settle("restored")).state).toBe("healthy");
    expect(essences(await here.live())).toEqual(before);
  });

  it("leaves the replicas that an autoscaler has set, and not those that a new one set", async () => {
    const here = await place();
    const scale = (to: number) => kubectl(["-n", here.space, "scale", "deployment/web", `--replicas=${to}`]);
    const replicas = async () => {
      const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: here.space, name: "web" };
      return at((await here.live()).get(keyOf(ref)), "spec", "replicas");
    };
    await here.deploy("v1", [deployment("web", "web:1", {}, 2)]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    await here.deploy("v2", [deployment("web", "web:2", {}, 2), autoscaler("web")]);
    await scale(4);
    await here.past.restore(captured, signal);
    expect(await replicas()).toBe(2);
    await here.past.memory.rolledBack([], null, signal);

    await here.deploy("v1", [deployment("web", "web:1", {}, 2), autoscaler("web")]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    await here.deploy("v2", [deployment("web", "web:2", {}, 2), autoscaler("web")]);
    await scale(5);
    await here.past.restore(captured, signal);
    expect(await replicas()).toBe(5);
  });

  it("goes on where it was interrupted, in another process", async () => {
    const here = await place();
    await here.deploy("v1", shop("v1", "web:1"));
    const good = await here.settle("applied");
    await here.past.memory.good(run("v1"), good, signal);
    const before = essences(await here.live());
    await here.deploy("v2", shop("v2", "web-crash:2", "db-broken:2"));
    await here.settle("applied");
    const cut = new AbortController();
    const going = here.past.restore(captured, cut.signal);
    setTimeout(() => cut.abort(new Error("cut")), 150);
    await expect(going).rejects.toThrow("cut");
    const anew = here.anew();
    expect((await anew.record(signal))?.unfinished?.run.version).toBe("v2");
    await anew.restore(captured, signal);
    expect((await here.settle("restored")).state).toBe("healthy");
    expect(essences(await here.live())).toEqual(before);
  });

  it("puts back what somebody has changed by hand meanwhile, and says whose work that was", async () => {
    const here = await place();
    await here.deploy("v1", [configMap("settings", { a: "1" })]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    const before = essences(await here.live());
    await here.deploy("v2", [configMap("settings", { a: "2" })]);
    await new Promise((wake) => setTimeout(wake, 1100));
    await kubectl(["-n", here.space, "patch", "configmap/settings", "-p", '{"data":{"b":"hand"}}']);
    expect(await here.past.restore(captured, signal)).toBe(
      `put back ConfigMap ${here.space}/settings; this undid what was changed by hand in ConfigMap ${here.space}/settings (kubectl-patch)`,
    );
    expect(essences(await here.live())).toEqual(before);
  });

  it("waits for what is just being removed, and brings it back", async () => {
    const here = await place();
    await here.deploy("v1", [configMap("settings", { a: "1" })]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    const before = essences(await here.live());
    await here.deploy("v2", [configMap("settings", { a: "2" })]);
    const settings = ["-n", here.space, "patch", "configmap/settings", "--type=merge", "-p"];
    await kubectl([...settings, '{"metadata":{"finalizers":["example.com/hold"]}}']);
    await kubectl(["-n", here.space, "delete", "configmap/settings", "--wait=false"]);
    // Its name is taken still, and will be free.
    expect(await here.past.prove(captured, signal)).toEqual([]);
    const going = here.past.restore(captured, signal);
    await new Promise((wake) => setTimeout(wake, 5000));
    await kubectl([...settings, '{"metadata":{"finalizers":null}}']);
    expect(await going).toBe(`created again ConfigMap ${here.space}/settings`);
    expect(essences(await here.live())).toEqual(before);
  });

  it("makes anew what cannot be changed back: a settings map made immutable, a Deployment with another selector", async () => {
    const here = await place();
    const both = (data: string, app: string, more: object = {}) => {
      const web = deployment(app, `${app}:1`) as { metadata: object };
      return [configMap("settings", { data }, more), { ...web, metadata: { ...web.metadata, name: "web" } }];
    };
    await here.deploy("v1", both("1", "one"));
    await here.settle("applied");
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    const before = essences(await here.live());
    await here.deploy("v2", [
      configMap("settings", { data: "2" }, { immutable: true }),
      both("1", "one")[1] as object,
    ]);
    await kubectl(["-n", here.space, "delete", "deployment/web"]);
    const other = { ...(both("2", "two")[1] as { metadata: object }) };
    const input = JSON.stringify({ ...other, metadata: { ...other.metadata, namespace: here.space } });
    await kubectl(["-n", here.space, "create", "-f", "-"], input);
    await here.past.restore(captured, signal);
    expect((await here.settle("restored")).state).toBe("healthy");
    expect(essences(await here.live())).toEqual(before);
  });

  it("never runs a job a second time", async () => {
    const here = await place();
    await here.deploy("v1", [job("migrate", "migrate:1"), configMap("settings", { a: "1" })]);
    await here.settle("applied");
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    await here.deploy("v2", [
      job("migrate", "migrate:1"),
      configMap("settings", { a: "2" }),
      job("migrate-2", "jobfail:2"),
    ]);
    await kubectl(["-n", here.space, "delete", "job/migrate"]);
    expect(await here.past.restore(captured, signal)).toBe(
      `put back ConfigMap ${here.space}/settings; removed Job ${here.space}/migrate-2; left Job ${here.space}/migrate: it is gone, and a job is not run again by going back`,
    );
    expect((await here.settle("restored")).state).toBe("healthy");
  });

  it.each([false, true])(
    "puts back objects of a kind of the user's own, with a status apart: %s",
    async (withStatus) => {
      const here = await place();
      const group = `x${here.space.slice(-6)}.example.com`;
      await kubectl(["apply", "-f", "-"], JSON.stringify(definition(group, withStatus)));
      try {
        await served(`lamps.${group}`);
        const lamp = (light: string) => [
          { apiVersion: `${group}/v1`, kind: "Lamp", metadata: { name: "lamp" }, spec: { light } },
        ];
        await here.deploy("v1", lamp("on"));
        await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
        const before = essences(await here.live());
        await here.deploy("v2", lamp("off"));
        await here.past.restore(captured, signal);
        expect(essences(await here.live())).toEqual(before);
      } finally {
        await kubectl(["delete", `crd/lamps.${group}`, "--wait=false"]);
      }
    },
  );

  it("knows beforehand that it may not take away what a release has brought", async () => {
    const here = await place();
    await here.deploy("v1", [configMap("new", { a: "1" })]);
    const rules = [
      { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "create", "update"] },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list", "update"] },
      { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["list"] },
    ];
    expect(await here.past.prove(captured, signal)).toEqual([]);
    expect(await (await here.as(rules)).prove(captured, signal)).toMatchObject([
      {
        state: "conflict",
        message: expect.stringMatching(
          /^the way back would fail: configmaps "new" is forbidden: .* cannot delete/,
        ),
      },
    ]);
    expect((await here.live()).size).toBe(1);
  });

  it("names every object that could not be put back, and puts back the others", async () => {
    const here = await place();
    await here.deploy("v1", [
      configMap("settings", { a: "1" }),
      service("web"),
      configMap("other", { a: "1" }),
    ]);
    await here.past.memory.good(run("v1"), { state: "healthy", message: "" }, signal);
    await here.deploy("v2", [configMap("settings", { a: "2" }), configMap("other", { a: "2" })]);
    const rules = [
      { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "create", "update"] },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["other"], verbs: ["update"] },
      { apiGroups: ["autoscaling"], resources: ["horizontalpodautoscalers"], verbs: ["list"] },
    ];
    const clerk = await here.as(rules);
    expect(await clerk.prove(captured, signal)).toMatchObject([
      {
        state: "conflict",
        message: expect.stringContaining('the way back would fail: configmaps "settings" is forbidden'),
      },
    ]);
    await expect(clerk.restore(captured, signal)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^1 of 2 objects could not be put back: ConfigMap \S+\/settings: configmaps "settings" is forbidden/,
      ),
      final: true,
    });
    const other = JSON.parse(await kubectl(["-n", here.space, "get", "configmap/other", "-o", "json"]));
    expect(other.data).toEqual({ a: "1" });
  });
});
