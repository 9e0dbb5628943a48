import { describe, expect, it } from "vitest";
import { flagsOf, groupByManner, mannerOf } from "../../../../src/deploy/kubernetes/manner.ts";
import { type KubeObject, keyOf, refOf } from "../../../../src/deploy/kubernetes/object.ts";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function object(
  managers: readonly string[],
  annotations: Record<string, string> = {},
  name = "a",
): KubeObject {
  const managedFields = managers.map((manager) => ({ manager, operation: "Apply" as const }));
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, annotations, managedFields } };
}
const flags = (live: KubeObject | undefined, wanted?: boolean) => flagsOf(mannerOf(live, wanted)).join(" ");

describe("how an object is applied", () => {
  it("is by kubectl itself, where nothing is there or kubectl has applied it so", () => {
    expect(flags(undefined)).toBe("");
    expect(flags(object([], { [lastApplied]: "{}" }))).toBe("");
    expect(flags(object(["kubectl"], { [lastApplied]: "{}" }))).toBe("");
  });

  it("is by the server, under the name that did it before", () => {
    expect(flags(object(["kubectl"]))).toBe("--server-side --field-manager=kubectl");
    expect(flags(object(["deployer"]))).toBe("--server-side --field-manager=deployer");
    expect(flags(object(["a", "kubectl"]))).toBe("--server-side --field-manager=kubectl");
  });

  it("is not guessed where several have applied it", () => {
    expect(flags(object(["a", "b"]))).toBe("");
  });

  it("is as it was said, where it was said", () => {
    expect(flags(undefined, true)).toBe("--server-side --field-manager=kubectl");
    expect(flags(object([], { [lastApplied]: "{}" }), true)).toBe("--server-side --field-manager=kubectl");
    expect(flags(object(["deployer"]), true)).toBe("--server-side --field-manager=deployer");
    expect(flags(object(["deployer"]), false)).toBe("");
  });

  it("passes over what controllers apply to a part of it", () => {
    const live = object([]);
    const managedFields = [{ manager: "autoscaler", operation: "Apply" as const, subresource: "scale" }];
    expect(flags({ ...live, metadata: { ...live.metadata, managedFields } })).toBe("");
  });

  it("is the same run of kubectl for all that are applied alike, in their order", () => {
    const objects = ["a", "b", "c"].map((name) => object([], {}, name));
    const manners = new Map(
      objects.map((one, i) => [keyOf(refOf(one)), mannerOf(undefined, i === 1)] as const),
    );
    const groups = groupByManner(objects, manners);
    expect(groups.map(({ objects: some }) => some.map(({ metadata }) => metadata.name))).toEqual([
      ["a", "c"],
      ["b"],
    ]);
  });
});
