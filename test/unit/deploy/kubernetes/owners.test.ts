import { describe, expect, it } from "vitest";
import type { KubeObject, ManagedFields } from "../../../../src/deploy/kubernetes/object.ts";
import { ownerProofs } from "../../../../src/deploy/kubernetes/owners.ts";

function deployment(metadata: Partial<KubeObject["metadata"]>, name = "web"): KubeObject {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "shop", ...metadata } };
}
const managed = (...managers: string[]): ManagedFields[] =>
  managers.map((manager) => ({ manager, operation: "Update" }));

describe("who else an object belongs to", () => {
  it.each<[string, Partial<KubeObject["metadata"]>, string, string]>([
    [
      "Argo CD by annotation",
      { annotations: { "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web" } },
      "Deployment shop/web belongs to Argo CD application shop",
      "argocd app sync shop",
    ],
    [
      "Argo CD by its label",
      { labels: { "argocd.argoproj.io/instance": "shop" } },
      "Deployment shop/web belongs to Argo CD application shop",
      "argocd app sync shop",
    ],
    [
      "Argo CD by its old label and its hand",
      { labels: { "app.kubernetes.io/instance": "shop" }, managedFields: managed("argocd-controller") },
      "Deployment shop/web belongs to Argo CD application shop",
      "argocd app sync shop",
    ],
    [
      "Flux's Kustomization",
      {
        labels: {
          "kustomize.toolkit.fluxcd.io/name": "apps",
          "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        },
      },
      "Deployment shop/web belongs to Flux Kustomization flux-system/apps",
      "flux reconcile kustomization apps -n flux-system",
    ],
    [
      "Flux's HelmRelease before Helm",
      {
        labels: { "helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop" },
        annotations: { "meta.helm.sh/release-name": "web" },
      },
      "Deployment shop/web belongs to Flux HelmRelease shop/web",
      "flux reconcile helmrelease web -n shop",
    ],
    [
      "Helm",
      { annotations: { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" } },
      "Deployment shop/web belongs to Helm release web",
      "helm upgrade web CHART -n shop",
    ],
    [
      "a controller",
      {
        ownerReferences: [
          { apiVersion: "shop.test/v1", kind: "Shop", name: "main", uid: "1", controller: true },
        ],
      },
      "Deployment shop/web belongs to Shop main",
      "change Shop main",
    ],
    [
      "Config Sync",
      { annotations: { "configmanagement.gke.io/managed": "enabled" } },
      "Deployment shop/web belongs to Config Sync",
      "Config Sync",
    ],
  ])("is seen: %s", (_what, metadata, message, remedy) => {
    const [proof, ...others] = ownerProofs([deployment(metadata)]);
    expect(proof).toMatchObject({ state: "conflict", message });
    expect(proof?.remedy).toContain(remedy);
    expect(others).toEqual([]);
  });

  it.each<[string, Partial<KubeObject["metadata"]>]>([
    ["nothing at all", {}],
    [
      "kubectl's own hand",
      { managedFields: managed("kubectl-client-side-apply", "kube-controller-manager") },
    ],
    [
      "what `helm template` writes",
      { labels: { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "x" } },
    ],
    [
      "an owner that is no controller",
      { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "1" }] },
    ],
    ["Config Sync that is off", { annotations: { "configmanagement.gke.io/managed": "disabled" } }],
  ])("is nobody: %s", (_what, metadata) => {
    expect(ownerProofs([deployment(metadata)])).toEqual([]);
  });

  it("is said once for all of an owner's objects", () => {
    const metadata = { annotations: { "meta.helm.sh/release-name": "web" } };
    const objects = ["a", "b", "c", "d", "e"].map((name) => deployment(metadata, name));
    expect(ownerProofs(objects).map(({ message }) => message)).toEqual([
      "Deployment shop/a, Deployment shop/b, Deployment shop/c and 2 more belong to Helm release web",
    ]);
  });

  it("is no hindrance where Flux is told to rest", () => {
    const labels = { "kustomize.toolkit.fluxcd.io/name": "apps" };
    const annotations = { "kustomize.toolkit.fluxcd.io/reconcile": "disabled" };
    const managedFields = managed("kustomize-controller");
    expect(ownerProofs([deployment({ labels, annotations, managedFields })])).toMatchObject([
      { state: "notice" },
    ]);
  });
});
