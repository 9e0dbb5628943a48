import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { KubeFileObject } from "../../support/kubernetes-files.ts";
import { kubeconfig, kubectl } from "../../support/real/cluster.ts";
import { tempFolder } from "../../support/temp.ts";

/** A kubeconfig of a service account's own, as a pod of it would have one. */
export async function asServiceAccount(namespace: string, name: string): Promise<string> {
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const answer = await kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(request));
  const { token } = (JSON.parse(answer) as { status: { token: string } }).status;
  const admin = JSON.parse(
    await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]),
  ) as { clusters: { cluster: object }[] };
  const file = join(tempFolder("rs-account-"), "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: admin.clusters[0]?.cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: name, namespace } }],
    "current-context": "test",
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

/** The version of an API's group that this cluster has; older ones have CronJobs in v1beta1 only. */
export async function cronJobVersion(): Promise<string> {
  const { resources } = JSON.parse(await kubectl(["get", "--raw", "/apis/batch/v1"])) as {
    resources: { kind: string }[];
  };
  return resources.some(({ kind }) => kind === "CronJob") ? "batch/v1" : "batch/v1beta1";
}

/** Whether this cluster knows `podFailurePolicy`: 1.26 and newer. */
export async function knowsFailurePolicy(): Promise<boolean> {
  const { major, minor } = JSON.parse(await kubectl(["get", "--raw", "/version"])) as {
    major: string;
    minor: string;
  };
  return Number.parseInt(major, 10) > 1 || Number.parseInt(minor, 10) >= 26;
}

export const skip: boolean = kubeconfig.skip;

/** What this cluster can be told of an object of k8s/, in a namespace of the test's own. */
export async function forCluster(object: KubeFileObject, space: string): Promise<object> {
  const text = JSON.stringify({ ...object, metadata: { ...object.metadata, namespace: space } });
  const { spec, ...rest } = JSON.parse(
    text.replaceAll('"namespace":"release-sentinel"', `"namespace":"${space}"`),
  );
  if (object.kind === "CronJob") return { ...rest, spec, apiVersion: await cronJobVersion() };
  if (object.kind !== "Job" || (await knowsFailurePolicy())) return { ...rest, ...(spec ? { spec } : {}) };
  const { podFailurePolicy: _, ...known } = spec;
  return { ...rest, spec: known };
}
