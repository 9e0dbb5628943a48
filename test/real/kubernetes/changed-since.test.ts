import { describe, expect, it } from "vitest";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { kubernetes } from "../../support/real/driver.ts";
import { configMap, deployment } from "../../support/real/shop.ts";

const signal = new AbortController().signal;

/** A release of two objects; its namespace holds nothing else. */
async function shop() {
  const space = await namespace();
  const yaml = (version: string) =>
    [configMap("settings", { version }), deployment("web", `web:${version}`)]
      .map((object) => JSON.stringify(object))
      .join("\n---\n");
  /** A run as far as it comes before it is killed. */
  const begin = async (version: string) => {
    const { driver, run } = kubernetes({ yaml: yaml(version), namespace: space, name: "shop", version });
    const plan = await driver.plan(signal);
    await driver.capture(run, signal);
    await driver.apply(signal);
    return { driver, run, plan };
  };
  const pin = async (image: string) => {
    const pinned = { image, returning: true, manifests: [] } as const;
    const { driver, run } = kubernetes({ ...pinned, namespace: space, name: "shop", version: image });
    const plan = await driver.plan(signal);
    await driver.capture(run, signal);
    await driver.restore({ kind: "image", image }, signal);
    return { driver, run, plan };
  };
  const first = await begin("1");
  await first.driver.memory.good(first.run, { state: "healthy", message: "" }, signal);
  const get = (what: string, path: string) => kubectl(["-n", space, "get", what, "-o", `jsonpath=${path}`]);
  return {
    ...{ space, begin, pin },
    version: () => get("configmap/settings", "{.data.version}"),
    image: () => get("deployment/web", "{.spec.template.spec.containers[0].image}"),
    setVersion: (version: string) =>
      kubectl(["-n", space, "patch", "configmap/settings", "-p", JSON.stringify({ data: { version } })]),
    setImage: (image: string) => kubectl(["-n", space, "set", "image", "deployment/web", `*=${image}`]),
  };
}

describe.skipIf(kubeconfig.skip)("what somebody else has changed since a run was killed", () => {
  it("in a ConfigMap is kept by a deploy that goes on", async () => {
    const { space, begin, version, image, setVersion } = await shop();
    await begin("2");
    await setVersion("mended");
    const { driver, plan } = await begin("3");
    expect(plan.changedSince).toEqual([`ConfigMap ${space}/settings`]);
    expect(plan.wayBack).toMatchObject({ state: "ready", version: null });
    expect([await version(), await image()]).toEqual(["3", "web:3"]);
    await driver.restore({ kind: "captured" }, signal);
    expect([await version(), await image()]).toEqual(["mended", "web:1"]);
  });

  it("is kept by a pin too; and what that has written is nobody else's", async () => {
    const { space, begin, pin, version, image, setImage } = await shop();
    await begin("2");
    await setImage("web:mended");
    const digest = `web@sha256:${"ab".repeat(32)}`;
    const { plan } = await pin(digest);
    expect(plan.changedSince).toEqual([`Deployment ${space}/web`]);
    expect(plan.wayBack).toMatchObject({ state: "ready", version: null });
    expect(plan.wayBack.message).toContain("as it is now");
    expect([await version(), await image()]).toEqual(["2", digest]);
    const next = await begin("4");
    expect(next.plan.changedSince).toBeUndefined();
    await next.driver.restore({ kind: "captured" }, signal);
    expect([await version(), await image()]).toEqual(["1", "web:mended"]);
  });
});
