import { describe, expect, it } from "vitest";
import { learnKinds } from "../../../../src/deploy/kubernetes/kinds.ts";
import { parseManifests } from "../../../../src/deploy/kubernetes/manifests.ts";
import { refOf, say } from "../../../../src/deploy/kubernetes/object.ts";
import { place } from "../../../../src/deploy/kubernetes/placed.ts";
import { scriptedKubectl, forever as signal } from "../../../support/kubectl.ts";

const never = () => scriptedKubectl("echo asked >&2; exit 1");

const target = { context: "prod", server: "https://api.shop.test", namespace: "shop", fixed: false };

async function placed(
  objects: readonly (readonly [string, string, string?])[],
  fixed = false,
  kubectl = never(),
) {
  const text = objects
    .map(([kind, name, namespace]) => {
      const [apiVersion, word] = kind.includes(" ") ? kind.split(" ") : ["v1", kind];
      return JSON.stringify({ apiVersion, kind: word, metadata: { name, ...(namespace && { namespace }) } });
    })
    .join("\n---\n");
  const { wanted } = parseManifests([{ label: "m.yaml", text }]);
  const kinds = await learnKinds(
    kubectl,
    wanted.map(({ object }) => object),
    signal,
  );
  return place(wanted, kinds, { ...target, fixed });
}

describe.skipIf(process.platform === "win32")("objects in their places", () => {
  it("are in the namespace that they name, or in the target's", async () => {
    const { wanted, namespaces } = await placed([
      ["ConfigMap", "a"],
      ["ConfigMap", "b", "cart"],
      ["Namespace", "cart"],
    ]);
    expect(wanted.map(({ object }) => say(refOf(object)))).toEqual([
      "Namespace cart",
      "ConfigMap shop/a",
      "ConfigMap cart/b",
    ]);
    expect(namespaces).toEqual(["cart", "shop"]);
  });

  it("have no namespace when they are of the whole cluster, whatever they say", async () => {
    const { wanted } = await placed([["rbac.authorization.k8s.io/v1 ClusterRole", "a", "shop"]]);
    expect(wanted[0]?.object.metadata).toEqual({ name: "a" });
  });

  it("are refused in another namespace than the one that was configured", async () => {
    const { proofs } = await placed(
      [
        ["ConfigMap", "a", "cart"],
        ["Secret", "b", "other"],
        ["Secret", "c"],
      ],
      true,
    );
    expect(proofs).toEqual([
      {
        state: "conflict",
        message:
          "m.yaml:1: ConfigMap cart/a and 1 more object are not in namespace shop, which this deploy is for",
        remedy: "take the namespace out of the manifest, or deploy it with its own",
      },
    ]);
  });

  it("come in the order in which they need each other, else as they were written", async () => {
    const { wanted } = await placed([
      ["admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration", "hook"],
      ["apps/v1 Deployment", "web"],
      ["autoscaling/v1 HorizontalPodAutoscaler", "web"],
      ["Service", "web"],
      ["ConfigMap", "web"],
      ["apiextensions.k8s.io/v1 CustomResourceDefinition", "things.shop.test"],
      ["Namespace", "shop"],
    ]);
    expect(wanted.map(({ object }) => object.kind)).toEqual([
      "Namespace",
      "CustomResourceDefinition",
      "Service",
      "ConfigMap",
      "Deployment",
      "ValidatingWebhookConfiguration",
      "HorizontalPodAutoscaler",
    ]);
  });

  it("may be of kinds that only the cluster knows", async () => {
    const answer = `things  th  shop.test/v1  true  Thing
globes      shop.test/v1  false  Globe
`;
    const kubectl = scriptedKubectl(`cat <<'END'\n${answer}END\necho 'error: metrics are down' >&2; exit 1`);
    const { wanted, proofs } = await placed(
      [
        ["shop.test/v2 Thing", "a"],
        ["shop.test/v1 Globe", "b", "x"],
        ["shop.test/v1 Nothing", "c"],
      ],
      false,
      kubectl,
    );
    expect(wanted.map(({ object }) => say(refOf(object)))).toEqual(["Thing shop/a", "Globe b"]);
    expect(proofs.map(({ message }) => message)).toEqual([
      "m.yaml:5: the cluster knows no Nothing in shop.test/v1",
    ]);
  });

  it("may be of kinds that come with the same manifest", async () => {
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.shop.test" },
      spec: { group: "shop.test", scope: "Cluster", names: { kind: "Thing", plural: "things" } },
    };
    const thing = { apiVersion: "shop.test/v1", kind: "Thing", metadata: { name: "a", namespace: "x" } };
    const kinds = await learnKinds(never(), [crd, thing], signal);
    const wanted = [thing].map((object) => ({ object, where: "m.yaml:1" }));
    expect(place(wanted, kinds, target).wanted[0]?.object.metadata).toEqual({ name: "a" });
  });
});
