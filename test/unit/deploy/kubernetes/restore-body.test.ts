import { describe, expect, it } from "vitest";
import { at, type KubeObject, keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";
import {
  bodyToCreate,
  bodyToReplace,
  isAlready,
  withoutAddresses,
} from "../../../../src/deploy/kubernetes/restore-body.ts";
import { deploymentOf, live, settings } from "./objects.ts";

const none: ReadonlySet<string> = new Set();

describe("what is PUT so that an object is again what it was", () => {
  it("is what was captured, for this very object as it was read", () => {
    const before = settings({ a: "1" }, { labels: { x: "1" }, annotations: { y: "1" }, managedFields: [{}] });
    const now = settings({ a: "2" }, { resourceVersion: "9", labels: { z: "1" } });
    expect(bodyToReplace(before, now, none)).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: "settings",
        namespace: "shop",
        uid: "uid-settings",
        resourceVersion: "9",
        labels: { x: "1" },
        annotations: { y: "1" },
      },
      data: { a: "1" },
    });
  });

  it("has the status and the revision of now", () => {
    const mark = "deployment.kubernetes.io/revision";
    const before = deploymentOf("web", "web:1", {}, { annotations: { [mark]: "1", own: "yes" } });
    const now = {
      ...deploymentOf("web", "web:2", {}, { annotations: { [mark]: "2" } }),
      status: { replicas: 5 },
    };
    const body = bodyToReplace(before, now, none);
    expect(body["status"]).toEqual({ replicas: 5 });
    expect(body.metadata.annotations).toEqual({ own: "yes", [mark]: "2" });
    expect(at(body, "spec", "template", "spec", "containers", 0, "image")).toBe("web:1");
  });

  it("has the replicas of now where an autoscaler sets them, and it has not been switched off", () => {
    const before = deploymentOf("web", "web:1", { replicas: 2 });
    const now = (replicas: number) => deploymentOf("web", "web:2", { replicas });
    const scaled = new Set([keyOf(refOf(before))]);
    expect(at(bodyToReplace(before, now(7), scaled), "spec", "replicas")).toBe(7);
    expect(at(bodyToReplace(before, now(7), none), "spec", "replicas")).toBe(2);
    expect(at(bodyToReplace(before, now(0), scaled), "spec", "replicas")).toBe(2);
  });

  it("keeps addresses that the cluster has given out, and volumes that are bound", () => {
    const service = (spec: object) => live("v1", "Service", "web", { spec });
    const address = (spec: KubeObject) => at(spec, "spec", "clusterIP");
    expect(
      address(bodyToReplace(service({ clusterIP: "10.0.0.1" }), service({ clusterIP: "10.0.0.2" }), none)),
    ).toBe("10.0.0.2");
    expect(
      address(bodyToReplace(service({ clusterIP: "None" }), service({ clusterIP: "10.0.0.2" }), none)),
    ).toBe("None");
    const claim = (spec: object, meta: object = {}) =>
      live("v1", "PersistentVolumeClaim", "data", { spec }, meta);
    const bound = claim(
      { volumeName: "pv-1" },
      { annotations: { "pv.kubernetes.io/bound-by-controller": "yes" } },
    );
    const body = bodyToReplace(claim({}, { labels: { a: "1" } }), bound, none);
    expect(body["spec"]).toEqual({ volumeName: "pv-1" });
    expect(body.metadata).toMatchObject({
      labels: { a: "1" },
      annotations: { "pv.kubernetes.io/bound-by-controller": "yes" },
    });
  });

  it("changes no more than the images of a pod", () => {
    const pod = (image: string, more: object) =>
      live("v1", "Pod", "one", { spec: { containers: [{ name: "app", image, ...more }], ...more } });
    const body = bodyToReplace(pod("app:1", {}), pod("app:2", { nodeName: "n" }), none);
    expect(body["spec"]).toEqual({
      containers: [{ name: "app", image: "app:1", nodeName: "n" }],
      nodeName: "n",
    });
  });

  it("is there already when nothing of it differs, whatever the server has counted on", () => {
    const before = settings({ a: "1" }, { managedFields: [{ manager: "x" }] });
    const now = settings(
      { a: "1" },
      { resourceVersion: "12", generation: 3, managedFields: [], annotations: {} },
    );
    expect(isAlready(bodyToReplace(before, now, none), now)).toBe(true);
    expect(isAlready(bodyToReplace(before, settings({ a: "2" }), none), settings({ a: "2" }))).toBe(false);
    expect(
      isAlready(bodyToReplace(before, settings({ a: "1", b: "" }), none), settings({ a: "1", b: "" })),
    ).toBe(false);
  });
});

describe("what is created so that an object is there again", () => {
  it("has nothing that the server writes itself", () => {
    const before = deploymentOf(
      "web",
      "web:1",
      {},
      { annotations: { "deployment.kubernetes.io/revision": "4" } },
    );
    expect(bodyToCreate(before).metadata).toEqual({ name: "web", namespace: "shop" });
    expect(bodyToCreate(before)).not.toHaveProperty("status");
  });

  it("has neither the node of a pod, nor the volume of a claim, nor the tokens of a service account", () => {
    const pod = live("v1", "Pod", "one", { spec: { nodeName: "n", containers: [] } });
    expect(bodyToCreate(pod)["spec"]).toEqual({ containers: [] });
    const claim = live("v1", "PersistentVolumeClaim", "data", {
      spec: { volumeName: "v", storageClassName: "fast" },
    });
    expect(bodyToCreate(claim)["spec"]).toEqual({ storageClassName: "fast" });
    const account = live("v1", "ServiceAccount", "one", { secrets: [{ name: "token" }] });
    expect(bodyToCreate(account)).not.toHaveProperty("secrets");
  });

  it("can do without an address that another one has by now", () => {
    const spec = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80, nodePort: 30001 }] };
    expect(withoutAddresses(live("v1", "Service", "web", { spec }))["spec"]).toEqual({
      ports: [{ port: 80 }],
    });
    const headless = live("v1", "Service", "web", { spec: { clusterIP: "None" } });
    expect(withoutAddresses(headless)).toBe(headless);
  });
});
