import { describe, expect, it } from "vitest";
import { autoscaledBy, keepReplicas } from "../../../../src/deploy/kubernetes/autoscaled.ts";
import { at, type KubeObject } from "../../../../src/deploy/kubernetes/object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function web(spec: object, annotations: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop", annotations },
    spec,
  };
}
function autoscaler(target: object, namespace = "shop"): KubeObject {
  return {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web", namespace },
    spec: { scaleTargetRef: target },
  };
}
const scaled = autoscaledBy([autoscaler({ apiVersion: "apps/v1", kind: "Deployment", name: "web" })]);
const replicasOf = (object: KubeObject) => at(object, "spec", "replicas");

describe("a workload that is scaled by itself", () => {
  it("keeps the replicas that it has, whatever the manifest says", () => {
    const kept = keepReplicas(web({ replicas: 2, paused: true }), web({ replicas: 7 }), scaled);
    expect(kept["spec"]).toEqual({ replicas: 7, paused: true });
  });

  it("keeps them too when the manifest has just lost its number: one would be the default", () => {
    const before = web({ replicas: 7 }, { [lastApplied]: JSON.stringify({ spec: { replicas: 2 } }) });
    expect(replicasOf(keepReplicas(web({}), before, scaled))).toBe(7);
  });

  it("gets no number where the manifest never had one", () => {
    const before = web({ replicas: 7 }, { [lastApplied]: JSON.stringify({ spec: {} }) });
    expect(keepReplicas(web({}), before, scaled)["spec"]).toEqual({});
    expect(keepReplicas(web({}), web({ replicas: 7 }, { [lastApplied]: "no JSON" }), scaled)["spec"]).toEqual(
      {},
    );
  });

  it("begins with the manifest's number, and may be woken from zero", () => {
    expect(replicasOf(keepReplicas(web({ replicas: 2 }), undefined, scaled))).toBe(2);
    expect(replicasOf(keepReplicas(web({ replicas: 2 }), web({ replicas: 0 }), scaled))).toBe(2);
  });

  it("is the one that the autoscaler names, in its own namespace", () => {
    const live = web({ replicas: 7 });
    for (const other of [
      autoscaler({ apiVersion: "apps/v1", kind: "Deployment", name: "other" }),
      autoscaler({ apiVersion: "apps/v1", kind: "StatefulSet", name: "web" }),
      autoscaler({ apiVersion: "apps/v1", kind: "Deployment", name: "web" }, "cart"),
      autoscaler({}),
    ]) {
      expect(replicasOf(keepReplicas(web({ replicas: 2 }), live, autoscaledBy([other])))).toBe(2);
    }
  });
});
