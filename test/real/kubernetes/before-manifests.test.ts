import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { kubeconfig, kubectl, namespace, served } from "../../support/real/cluster.ts";
import { configMap, deployment, manifests, surveyed } from "../../support/real/survey.ts";

const apply = (yaml: string, space: string) => kubectl(["-n", space, "apply", "-f", "-"], yaml);
const actions = (changes: readonly { subject: string; action: string }[]) =>
  changes.map(({ subject, action }) => `${action} ${subject}`);

describe.skipIf(kubeconfig.skip)("manifests against a real cluster", () => {
  it("may be files, folders and standard input together", async () => {
    const space = await namespace();
    const folder = manifests({
      "one.yaml": configMap("one"),
      "dir/a.yaml": configMap("a"),
      "dir/b.json": JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } }),
      "dir/sub/ignored.yaml": configMap("ignored"),
    });
    const { changes, proofs, located } = await surveyed({
      manifests: [join(folder, "one.yaml"), join(folder, "dir"), "-"],
      stdin: deployment("web"),
      namespace: space,
    });
    expect(proofs).toEqual([]);
    expect(located.title).toContain(`namespace ${space} on https://`);
    expect(actions(changes)).toEqual([
      `create ConfigMap ${space}/one`,
      `create ConfigMap ${space}/a`,
      `create ConfigMap ${space}/b`,
      `create Deployment ${space}/web`,
    ]);
  });

  it("may be made by kustomize", async () => {
    const space = await namespace();
    const folder = manifests({
      "kustomization.yaml": "resources: [web.yaml]\nnamePrefix: shop-\nimages: [{name: app, newTag: '2'}]\n",
      "web.yaml": deployment("web"),
    });
    const { changes, images } = await surveyed({ kustomize: folder, namespace: space });
    expect(actions(changes)).toEqual([`create Deployment ${space}/shop-web`]);
    expect(images.map(({ image }) => image)).toEqual(["app:2"]);
  });

  it("say why kustomize could not make any", async () => {
    const folder = manifests({ "kustomization.yaml": "resources: [gone.yaml]\n" });
    await expect(surveyed({ kustomize: folder })).rejects.toMatchObject({
      name: "StepFailure",
      final: true,
      message: expect.stringMatching(/kustomize .*gone\.yaml/),
    });
  });

  it("show what they change, and nothing when they change nothing", async () => {
    const space = await namespace();
    const yaml = `${configMap("web", { a: "1" })}---\n${deployment("web")}`;
    await apply(yaml, space);
    const same = await surveyed({ yaml, namespace: space });
    expect(actions(same.changes)).toEqual([
      `unchanged ConfigMap ${space}/web`,
      `unchanged Deployment ${space}/web`,
    ]);
    expect(same.images.map(({ isNew }) => isNew)).toEqual([false]);
    const { changes, images } = await surveyed({ yaml: yaml.replace("app:1", "app:2"), namespace: space });
    expect(actions(changes)).toEqual([`unchanged ConfigMap ${space}/web`, `change Deployment ${space}/web`]);
    expect(changes[1]?.diff).toContain("-        - image: app:1\n+        - image: app:2\n");
    expect(images.map(({ isNew }) => isNew)).toEqual([true]);
  });

  it("may hold objects of the whole cluster", async () => {
    const space = await namespace();
    const name = `rs-${randomBytes(4).toString("hex")}`;
    const role = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: ${name}}\nrules: []\n`;
    const { changes, proofs } = await surveyed({ yaml: `${role}---\n${configMap("a")}`, namespace: space });
    expect(proofs).toEqual([]);
    expect(actions(changes)).toEqual([`create ClusterRole ${name}`, `create ConfigMap ${space}/a`]);
  });

  it("may bring the namespace and the kind that they need", async () => {
    const [space, group] = [
      `rs-test-${randomBytes(4).toString("hex")}`,
      `g${randomBytes(4).toString("hex")}.test`,
    ];
    const yaml = `apiVersion: v1
kind: Namespace
metadata: {name: ${space}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: ${group}/v1
kind: Thing
metadata: {name: one, namespace: ${space}}
---
${configMap("a", {}, `, namespace: ${space}`)}`;
    const { changes, proofs } = await surveyed({ yaml });
    expect(actions(changes)).toEqual([
      `create Namespace ${space}`,
      `create CustomResourceDefinition things.${group}`,
      `create Thing ${space}/one`,
      `create ConfigMap ${space}/a`,
    ]);
    expect(proofs).toMatchObject([
      { state: "notice", message: expect.stringContaining("2 objects cannot be rehearsed") },
    ]);
  });

  it("may hold objects of kinds that the cluster has learnt", async () => {
    const [space, group] = [await namespace(), `g${randomBytes(4).toString("hex")}.test`];
    const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: globes.${group}}
spec:
  group: ${group}
  scope: Cluster
  names: {kind: Globe, plural: globes, singular: globe}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}
`;
    await kubectl(["apply", "-f", "-"], crd);
    onTestFinished(async () => {
      await kubectl(["delete", "crd", `globes.${group}`, "--wait=false"]);
    });
    await served(`globes.${group}`);
    const globe = (spec: string) =>
      `apiVersion: ${group}/v1\nkind: Globe\nmetadata: {name: earth}\nspec: ${spec}\n`;
    const good = await surveyed({ yaml: globe("{size: 1}"), namespace: space });
    expect(actions(good.changes)).toEqual(["create Globe earth"]);
    const bad = await surveyed({ yaml: globe("{size: big}"), namespace: space });
    expect(bad.proofs).toMatchObject([
      { state: "conflict", message: expect.stringMatching(/^m\.yaml:1: Globe earth is not valid: .*size/) },
    ]);
  });

  it("of a kind that the cluster does not know are refused with their place", async () => {
    const yaml = `${configMap("a")}---\napiVersion: nowhere.test/v1\nkind: Nothing\nmetadata: {name: a}\n`;
    await expect(surveyed({ yaml, namespace: await namespace() })).rejects.toMatchObject({
      final: true,
      message: "m.yaml:6: the cluster knows no Nothing in nowhere.test/v1",
    });
  });
});
