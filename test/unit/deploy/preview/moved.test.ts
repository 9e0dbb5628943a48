import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { moveTo } from "../../../../src/deploy/preview/moved.ts";

const kinds = new Map([
  ["ConfigMap.", { resource: "configmaps", namespaced: true }],
  ["RoleBinding.rbac.authorization.k8s.io", { resource: "rolebindings", namespaced: true }],
  ["Namespace.", { resource: "namespaces", namespaced: false }],
  ["ClusterRole.rbac.authorization.k8s.io", { resource: "clusterroles", namespaced: false }],
]);
const rbac = "rbac.authorization.k8s.io/v1";
const object = (kind: string, name: string, rest: object = {}, apiVersion = "v1"): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(rest as { metadata?: object }).metadata },
  ...Object.fromEntries(Object.entries(rest).filter(([key]) => key !== "metadata")),
});
const move = (...objects: KubeObject[]) =>
  moveTo(
    "pr-12",
    objects.map((one, i) => ({ object: one, where: `a.yaml:${i + 1}` })),
    kinds,
  );

describe("what is moved into a preview", () => {
  it("is in its namespace, whatever it named, and owned by nobody outside", () => {
    const owner = { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: "u" }] };
    const { wanted, problems } = move(
      object("ConfigMap", "a"),
      object("ConfigMap", "b", { metadata: { namespace: "prod", labels: { a: "b" }, ...owner } }),
    );
    expect(problems).toEqual([]);
    expect(wanted.map(({ object }) => object.metadata)).toEqual([
      { name: "a", namespace: "pr-12" },
      { name: "b", namespace: "pr-12", labels: { a: "b" } },
    ]);
  });

  it("brings the service accounts along that were beside it, and no others", () => {
    const subject = (namespace?: string, kind = "ServiceAccount") => ({
      kind,
      name: "x",
      ...(namespace ? { namespace } : {}),
    });
    const binding = object(
      "RoleBinding",
      "r",
      {
        metadata: { namespace: "shop" },
        subjects: [subject("shop"), subject("ci"), subject(undefined, "User")],
      },
      rbac,
    );
    const [moved] = move(binding).wanted;
    expect(moved?.object["subjects"]).toEqual([subject("pr-12"), subject("ci"), subject(undefined, "User")]);
  });

  it("is nothing that belongs to the whole cluster", () => {
    const { wanted, problems } = move(
      object("Namespace", "shop"),
      object("ClusterRole", "r", {}, rbac),
      object("ConfigMap", "a"),
    );
    expect(wanted.length).toBe(1);
    expect(problems).toEqual([
      {
        state: "conflict",
        message: "a.yaml:1: Namespace shop, and 1 more object, belong to the whole cluster, not to a preview",
        remedy: "leave it out: a preview has a namespace of its own",
      },
    ]);
  });
});
