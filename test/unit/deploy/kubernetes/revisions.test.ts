import { describe, expect, it } from "vitest";
import { markedReleases } from "../../../../src/deploy/kubernetes/lost.ts";
import { marks, templateDigest } from "../../../../src/deploy/kubernetes/marks.ts";
import type { KubeObject } from "../../../../src/deploy/kubernetes/object.ts";
import { chosenRevisions, keptRevisions, revisionsOf } from "../../../../src/deploy/kubernetes/revisions.ts";
import { deploymentOf, live } from "./objects.ts";
import { scene, withPart } from "./states/fixtures.ts";

const numbered = (name: string, revision: string, image = `${name}:${revision}`) =>
  deploymentOf(name, image, {}, { annotations: { "deployment.kubernetes.io/revision": revision } });

/** The replica set of a Deployment as it was. */
function setOf(deployment: KubeObject, more: Record<string, string> = {}): KubeObject {
  const template = withPart(deployment, ["spec", "template", "metadata", "labels"], {
    app: deployment.metadata.name,
    "pod-template-hash": "x",
  });
  const { annotations, uid } = deployment.metadata;
  return live(
    "apps/v1",
    "ReplicaSet",
    `${deployment.metadata.name}-x`,
    { spec: template["spec"] },
    {
      annotations: { ...annotations, ...more },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: deployment.metadata.name, uid, controller: true },
      ],
    },
  );
}

describe("revisions", () => {
  it("are one number, or one for each Deployment", () => {
    expect(revisionsOf([numbered("web", "12"), live("v1", "ConfigMap", "c")])).toBe("12");
    expect(revisionsOf([numbered("web", "12"), numbered("worker", "9")])).toBe("web=12, worker=9");
    expect(revisionsOf([live("v1", "ConfigMap", "c")])).toBe("");
  });

  it("that the cluster keeps bring back the template of then", () => {
    const [web, worker] = [numbered("web", "2"), numbered("worker", "2")];
    const nearby = [setOf(numbered("web", "1")), setOf(web), setOf(worker)];
    const kept = keptRevisions([web, worker], nearby);
    expect(kept.map(({ workload, revision }) => `${workload.metadata.name}=${revision}`)).toEqual([
      "web=2",
      "web=1",
      "worker=2",
    ]);
    const [one] = chosenRevisions("1", kept);
    expect(templateDigest(one?.object as KubeObject)).toBe(templateDigest(numbered("web", "1")));
    expect(chosenRevisions("web=1, deployment/worker=2", kept)).toHaveLength(2);
    expect(() => chosenRevisions("2", kept)).toThrow(
      "revision 2 stands for several workloads; there is web=2, web=1, worker=2",
    );
    expect(() => chosenRevisions("2", kept)).toThrow(expect.objectContaining({ remedy: "--to web=2" }));
    const alone = kept.filter(({ workload }) => workload.metadata.name === "web");
    expect(() => chosenRevisions("9", alone)).toThrow(expect.objectContaining({ remedy: "--to 2" }));
    for (const text of ["3", "db=1", "nonsense", ""]) {
      expect(() => chosenRevisions(text, kept)).toThrow("is not kept by the cluster");
    }
    expect(() => chosenRevisions("1", [])).toThrow("there are none");
  });

  it("of a DaemonSet come from its controller revisions", () => {
    const { object, nearby } = scene("daemon-set-crash");
    const kept = keptRevisions([object], nearby);
    expect(kept.map(({ revision }) => revision)).toEqual(["2", "1"]);
    expect(templateDigest(kept[0]?.object as KubeObject)).toBe(templateDigest(object));
    expect(templateDigest(kept[1]?.object as KubeObject)).toBe(
      templateDigest(scene("daemon-set-healthy").object),
    );
  });
});

describe("releases that only the workloads tell of", () => {
  const marked = (deployment: KubeObject, version: string, verified: string, at: string) => ({
    [marks.record]: "shop",
    [marks.version]: version,
    [marks.verified]: verified,
    [marks.verifiedAt]: at,
    "deployment.kubernetes.io/revision":
      deployment.metadata.annotations?.["deployment.kubernetes.io/revision"] ?? "",
  });

  it("are those whose own template was verified: a Deployment's marks are copied to replica sets that were not", () => {
    const [one, two, bad] = [numbered("web", "1"), numbered("web", "2"), numbered("web", "3")];
    const ofTwo = marked(two, "v2", templateDigest(two), "2026-01-02T00:00:00Z");
    const now = withPart(bad, ["metadata", "annotations"], ofTwo);
    const sets = [
      setOf(one, marked(one, "v1", templateDigest(one), "2026-01-01T00:00:00Z")),
      setOf(two, ofTwo),
      setOf(bad, { ...ofTwo, "deployment.kubernetes.io/revision": "3" }),
    ];
    const found = markedReleases([now, ...sets], "shop");
    expect(found.map(({ good, runs }) => [good.version, good.revision, runs])).toEqual([
      ["v2", "2", false],
      ["v1", "1", false],
    ]);
    expect(templateDigest(found[1]?.objects[0] as KubeObject)).toBe(templateDigest(one));
    expect(markedReleases([now, ...sets], "another")).toEqual([]);
    expect(
      markedReleases([withPart(two, ["metadata", "annotations"], ofTwo), ...sets], "shop")[0]?.runs,
    ).toBe(true);
  });
});
