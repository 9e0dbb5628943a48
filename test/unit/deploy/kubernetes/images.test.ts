import { describe, expect, it } from "vitest";
import {
  containersOf,
  digestIn,
  imageUses,
  tagProofs,
  withNews,
  withRunning,
} from "../../../../src/deploy/kubernetes/images.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { forever as signal } from "../../../support/kubectl.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

function workload(kind: string, spec: object): KubeObject {
  return { apiVersion: "apps/v1", kind, metadata: { name: "web", namespace: "shop" }, spec };
}
const pods = (...images: string[]) => ({
  containers: images.map((image, i) => ({ name: `c${i}`, image })),
});
const deployment = (...images: string[]) => workload("Deployment", { template: { spec: pods(...images) } });

describe("images", () => {
  it("are found wherever a kind keeps its pods, those that prepare them included", () => {
    const init = { initContainers: [{ name: "setup", image: "setup:1" }], ...pods("app:1") };
    expect(containersOf(workload("Deployment", { template: { spec: init } }))).toEqual([
      { subject: "Deployment shop/web, init container setup", name: "setup", image: "setup:1" },
      { subject: "Deployment shop/web, container c0", name: "c0", image: "app:1" },
    ]);
    const others = [
      workload("CronJob", { jobTemplate: { spec: { template: { spec: pods("a") } } } }),
      workload("Pod", pods("a")),
      workload("SomethingOfYours", { template: { spec: pods("a") } }),
    ];
    expect(others.map((object) => containersOf(object).length)).toEqual([1, 1, 1]);
    expect(containersOf(workload("ConfigMap", {}))).toEqual([]);
  });

  it("say their digest themselves, or are looked up, each tag once", async () => {
    const asked: string[] = [];
    const resolve = async (image: string) => {
      asked.push(image);
      return image === "app:1" ? digest : null;
    };
    const uses = await imageUses([deployment("app:1", `app@${digest}`, "app:1", "gone:1")], resolve, signal);
    expect(uses.map((use) => use.digest)).toEqual([digest, digest, digest, null]);
    expect(asked).toEqual(["app:1", "gone:1"]);
  });

  it.each([
    [`app:1@${digest}`, digest],
    ["app:1", null],
    ["registry:5000/app", null],
    ["app@sha256:short", null],
  ])("have a digest or not: %s", (image, expected) => {
    expect(digestIn(image)).toBe(expected);
  });

  it("are new where something else runs, or nothing", async () => {
    const uses = await imageUses([deployment("app:2", "side:1")], undefined, signal);
    const news = (live: KubeObject[]) => withNews(uses, live).map(({ isNew }) => isNew);
    expect(news([deployment("app:1", "side:1")])).toEqual([true, false]);
    expect(news([])).toEqual([true, true]);
  });

  it("mean what runs, where the same tag runs already and is one thing", async () => {
    const uses = withNews(await imageUses([deployment("app:1", "app:1", "side:1")], undefined, signal), [
      deployment("app:1", "app:2", "side:1"),
    ]);
    const other = digest.replace("0", "f");
    const running = [`app@${digest}`, `side@${digest}`, `side@${other}`];
    expect(withRunning(uses, running).map((use) => use.digest)).toEqual([digest, null, null]);
  });

  it("must be named by digest where that is the policy", async () => {
    const uses = await imageUses(
      [deployment("registry:5000/app:1", `app@${digest}`)],
      async () => digest,
      signal,
    );
    expect(tagProofs(uses)).toEqual([
      {
        state: "conflict",
        message:
          "images must be named by digest (deploy.images: digests): registry:5000/app:1 (Deployment shop/web, container c0)",
        remedy: `write registry:5000/app@${digest}`,
      },
    ]);
    expect(tagProofs(uses.slice(1))).toEqual([]);
  });
});
