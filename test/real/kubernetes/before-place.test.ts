import { randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Proof } from "../../../src/core/step.ts";
import { forever as signal } from "../../support/kubectl.ts";
import { apiProxy } from "../../support/real/api-proxy.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { kubernetes } from "../../support/real/driver.ts";
import { configMap, deployment, surveyed } from "../../support/real/survey.ts";

const apply = (yaml: string, space: string, ...flags: string[]) =>
  kubectl(["-n", space, "apply", ...flags, "-f", "-"], yaml);
const conflicts = (proofs: readonly Proof[]) =>
  proofs.filter(({ state }) => state === "conflict").map(({ message }) => message);

describe.skipIf(kubeconfig.skip)("the place, on a real cluster", () => {
  it.each([
    [
      "Argo CD",
      ["annotate", "argocd.argoproj.io/tracking-id=shop:apps/Deployment:x/web"],
      "Argo CD application shop",
    ],
    ["Flux", ["label", "kustomize.toolkit.fluxcd.io/name=apps"], "Flux Kustomization apps"],
    ["Helm", ["annotate", "meta.helm.sh/release-name=web"], "Helm release web"],
  ])("may belong to %s, which is named", async (_who, [verb = "", mark = ""], owner) => {
    const space = await namespace();
    await apply(deployment("web"), space);
    await kubectl(["-n", space, verb, "deployment/web", mark]);
    const { proofs } = await surveyed({ yaml: deployment("web", { image: "app:2" }), namespace: space });
    expect(conflicts(proofs)).toEqual([`Deployment ${space}/web belongs to ${owner}`]);
  });

  it("keeps the replicas that an autoscaler has set, in the diff and in what is applied", async () => {
    const space = await namespace();
    await apply(deployment("web", { replicas: 1 }), space);
    await apply(
      `apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 3, maxReplicas: 9}\n`,
      space,
    );
    await expect
      .poll(
        async () => await kubectl(["-n", space, "get", "deployment/web", "-o", "jsonpath={.spec.replicas}"]),
        {
          timeout: 60_000,
          interval: 1_000,
        },
      )
      .toBe("3");
    const { driver } = kubernetes({ yaml: deployment("web", { image: "app:2" }), namespace: space });
    const plan = await driver.plan(signal);
    expect(plan.proofs).toContainEqual({
      state: "notice",
      message: `Deployment ${space}/web keeps its 3 replicas: an autoscaler sets them`,
    });
    expect(plan.changes[0]?.diff).toContain("app:2");
    expect(plan.changes[0]?.diff).not.toMatch(/^[-+] +replicas/m);
    await driver.apply(signal);
    const spec = await kubectl([
      "-n",
      space,
      "get",
      "deployment/web",
      "-o",
      "jsonpath={.spec.replicas} {..image}",
    ]);
    expect(spec).toBe("3 app:2");
  });

  it("is captured as it is when that is written down, not as it was when the plan was made", async () => {
    const space = await namespace();
    await apply(configMap("settings", { a: "1" }), space);
    const { driver, run } = kubernetes({
      yaml: configMap("settings", { a: "2" }),
      namespace: space,
      name: "shop",
    });
    await driver.plan(signal);
    await kubectl(["-n", space, "patch", "configmap/settings", "-p", '{"data":{"meanwhile":"1"}}']);
    await driver.capture(run, signal);
    await driver.apply(signal);
    await driver.restore({ kind: "captured" }, signal);
    const data = await kubectl(["-n", space, "get", "configmap/settings", "-o", "jsonpath={.data}"]);
    expect(JSON.parse(data)).toEqual({ a: "1", meanwhile: "1" });
  });

  it("has objects that were applied on the server's side, and still are: what leaves the manifest goes", async () => {
    const space = await namespace();
    await apply(configMap("web", { a: "1", b: "2" }), space, "--server-side", "--field-manager=deployer");
    const { driver } = kubernetes({ yaml: configMap("web", { a: "1" }), namespace: space });
    const plan = await driver.plan(signal);
    expect(plan.changes[0]?.diff).toContain('-  b: "2"');
    await driver.apply(signal);
    const map = JSON.parse(
      await kubectl(["-n", space, "get", "configmap/web", "-o", "json", "--show-managed-fields"]),
    );
    expect(map.data).toEqual({ a: "1" });
    expect(map.metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toEqual([
      "deployer",
    ]);
    expect(map.metadata.annotations).toBeUndefined();
  });

  it("must be the cluster that is configured", async () => {
    const { driver } = kubernetes({ yaml: configMap("a"), target: { cluster: "https://other.test:6443" } });
    await expect(driver.plan(signal)).rejects.toMatchObject({
      name: "StepFailure",
      final: true,
      message: expect.stringMatching(
        /^wrong cluster: context \S+ leads to https:\S+, and this environment is https:\/\/other\.test:6443$/,
      ),
    });
  });

  it("must be a context that there is, and a namespace that its objects are in", async () => {
    const nowhere = kubernetes({ yaml: configMap("a"), target: { context: "nowhere" } }).driver;
    await expect(nowhere.plan(signal)).rejects.toMatchObject({
      final: true,
      message: "the kubeconfig has no context nowhere",
    });
    const other = kubernetes({ yaml: configMap("a", {}, ", namespace: cart"), namespace: "shop" }).driver;
    await expect(other.plan(signal)).rejects.toMatchObject({
      final: true,
      message: "m.yaml:1: ConfigMap cart/a is not in namespace shop, which this deploy is for",
    });
  });

  it("that does not answer is said not to, and that is nobody's fault here", async () => {
    const proxy = await apiProxy();
    proxy.cut();
    const { driver } = kubernetes({ yaml: configMap("a"), kubeconfig: proxy.kubeconfig });
    await expect(driver.plan(signal)).rejects.toMatchObject({
      name: "StepFailure",
      final: false,
      message: expect.stringContaining("the cluster does not answer"),
      remedy: expect.stringContaining("cluster-info"),
    });
  });

  it("that comes back is asked again", async () => {
    const space = await namespace();
    const proxy = await apiProxy();
    proxy.cut();
    const { driver } = kubernetes({ yaml: configMap("a"), namespace: space, kubeconfig: proxy.kubeconfig });
    const planning = driver.plan(signal);
    setTimeout(() => proxy.mend(), 1_000);
    expect((await planning).changes).toHaveLength(1);
  });

  it("that is slow is waited for", async () => {
    const space = await namespace();
    const proxy = await apiProxy();
    proxy.delay(300);
    const { driver } = kubernetes({ yaml: configMap("a"), namespace: space, kubeconfig: proxy.kubeconfig });
    expect((await driver.plan(signal)).changes).toMatchObject([{ action: "create" }]);
  });

  it("that hangs is not waited for when the work is given up", async () => {
    const proxy = await apiProxy();
    proxy.hold();
    const controller = new AbortController();
    const { driver } = kubernetes({ yaml: configMap("a"), kubeconfig: proxy.kubeconfig });
    const planning = driver.plan(controller.signal);
    setTimeout(() => controller.abort(new Error("stop")), 1_000);
    await expect(planning).rejects.toThrow("stop");
  });

  it("cut off in the middle of an apply gets the rest when it is back", async () => {
    const space = await namespace();
    const proxy = await apiProxy();
    const yaml = Array.from({ length: 40 }, (_, i) => configMap(`c${i}`, { text: "x".repeat(500) })).join(
      "---\n",
    );
    const { driver } = kubernetes({ yaml, namespace: space, kubeconfig: proxy.kubeconfig });
    await driver.plan(signal);
    const applying = driver.apply(signal);
    proxy.cutAfter(30_000);
    setTimeout(() => proxy.mend(), 3_000);
    await applying;
    const names = await kubectl(["-n", space, "get", "configmaps", "-o", "name"]);
    expect(names.match(/configmap\/c\d+/g)).toHaveLength(40);
  });

  it("may be a namespace that comes with the manifest: lock and record make it, and it stays", async () => {
    const space = `rs-test-${randomBytes(5).toString("hex")}`;
    onTestFinished(async () => {
      await kubectl(["delete", "namespace", space, "--ignore-not-found", "--wait=false"]);
    });
    const own = `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${space}, labels: {team: shop}}\n`;
    const { driver, run, holder } = kubernetes({ yaml: `${own}---\n${configMap("a")}`, namespace: space });
    const plan = await driver.plan(signal);
    expect(plan.wayBack.state).toBe("nothing");
    expect(plan.proofs.map(({ message }) => message)).toContain(
      `namespace ${space} is created first, for the lock and the record, and stays`,
    );
    expect(await driver.lock.acquire({ holder, reason: "a test", ttlMs: 60_000 }, signal)).toBeNull();
    await driver.capture(run, signal);
    await driver.apply(signal);
    expect(await kubectl(["-n", space, "get", "configmap/a", "-o", "name"])).toBe("configmap/a\n");
    await driver.restore({ kind: "captured" }, signal);
    expect(await kubectl(["-n", space, "get", "configmap/a", "--ignore-not-found", "-o", "name"])).toBe("");
    expect(await kubectl(["get", "namespace", space, "-o", "jsonpath={.metadata.labels.team}"])).toBe("shop");
    await driver.lock.release(signal);
  });
});
