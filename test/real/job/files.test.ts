import { describe, expect, it } from "vitest";
import { type KubeFileObject, kubernetesFiles, objectsOf } from "../../support/kubernetes-files.ts";
import { kubectl, namespace } from "../../support/real/cluster.ts";
import { forCluster, knowsFailurePolicy, skip } from "./world.ts";

/** The job's pod as the cluster made it, told how its container ended: the test is its node. */
async function ended(space: string, exitCode: number): Promise<void> {
  const list = async () =>
    (
      JSON.parse(
        await kubectl(["get", "pods", "-n", space, "-l", "job-name=release-sentinel", "-o", "json"]),
      ) as {
        items: { metadata: { name: string }; status: object }[];
      }
    ).items;
  await expect.poll(async () => (await list()).length).toBe(1);
  const [pod] = await list();
  if (!pod) throw new Error("the job has no pod");
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? "Completed" : "Error",
    startedAt: at,
    finishedAt: at,
  };
  const container = {
    name: "gate",
    image: "gate",
    imageID: "",
    ready: false,
    restartCount: 0,
    state: { terminated },
  };
  const status = {
    ...pod.status,
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [container],
  };
  const path = `/api/v1/namespaces/${space}/pods/${pod.metadata.name}/status`;
  // The scheduler may have written to it meanwhile.
  const metadata = { ...pod.metadata, resourceVersion: undefined };
  await kubectl(
    ["replace", "--raw", path, "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "Pod", ...pod, metadata, status }),
  );
}

describe.skipIf(skip)("the files for Kubernetes, on a real API server", () => {
  it.each([...kubernetesFiles])("%s is accepted by a dry run on the server", async (file) => {
    const space = await namespace();
    for (const object of objectsOf(file)) {
      const said = await kubectl(
        ["apply", "--dry-run=server", "--validate=true", "-f", "-"],
        JSON.stringify(await forCluster(object, space)),
      );
      expect(said).toMatch(/created \(server dry run\)/);
    }
  });

  it("a mistake in one is refused by the same dry run", async () => {
    const space = await namespace();
    const [job] = objectsOf("release-sentinel-job.yaml");
    const broken = JSON.stringify(await forCluster(job as KubeFileObject, space)).replace(
      '"backoffLimit":0',
      '"backoffLimit":-1',
    );
    await expect(kubectl(["apply", "--dry-run=server", "-f", "-"], broken)).rejects.toThrow(/backoffLimit/);
  });

  it.each([
    [0, "Complete", "SAFE"],
    [1, "Failed", "BLOCKED"],
    [2, "Failed", "CRITICAL"],
  ])("exit %i makes the Job %s: kubectl tells %s from the others", async (exitCode, condition) => {
    const space = await namespace();
    const [job] = objectsOf("release-sentinel-job.yaml");
    const object = (await forCluster(job as KubeFileObject, space)) as {
      spec: { template: { spec: object } };
    };
    // No node takes it: what its container answers is said below.
    Object.assign(object.spec.template.spec, { nodeSelector: { "release-sentinel/test": "nowhere" } });
    await kubectl(["apply", "-f", "-"], JSON.stringify(object));
    await ended(space, exitCode);
    const conditions = "jsonpath={.status.conditions[*].type}";
    await expect
      .poll(() => kubectl(["get", "job", "release-sentinel", "-n", space, "-o", conditions]))
      .toContain(condition);
    const code = "jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}";
    expect(
      await kubectl(["get", "pods", "-n", space, "--selector=job-name=release-sentinel", "-o", code]),
    ).toBe(String(exitCode));
    if (exitCode > 0 && (await knowsFailurePolicy())) {
      const message = 'jsonpath={.status.conditions[?(@.type=="Failed")].message}';
      expect(await kubectl(["get", "job", "release-sentinel", "-n", space, "-o", message])).toContain(
        `exit code ${exitCode} matching FailJob rule at index ${exitCode - 1}`,
      );
    }
    // Asked once: a failed gate is not asked again.
    expect(JSON.parse(await kubectl(["get", "pods", "-n", space, "-o", "json"])).items).toHaveLength(1);
  });
});
