import { describe } from "vitest";
import type { Run } from "../../../src/deploy/driver.ts";
import type { KubeObject } from "../../../src/deploy/kubernetes/object.ts";
import { driverContract, type TestRelease } from "../../contract/driver.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { kubernetes } from "../../support/real/driver.ts";
import { configMap, deployment } from "../../support/real/survey.ts";

/** What a release is made of: its text is in a ConfigMap, and an object of its own comes and goes with it. */
function shop(release: TestRelease): string {
  const image = `${release === "broken" ? "crash" : "app"}:${release}`;
  return [
    configMap("shop", { release }),
    configMap(`only-${release}`),
    deployment("web", { image, replicas: 2 }),
    deployment("worker", { image: `worker:${release}` }),
  ].join("---\n");
}

/** Without what the server and controllers count and write by themselves. */
function plain({ kind, metadata, status: _, ...rest }: KubeObject): unknown {
  const { name, labels = {}, annotations = {} } = metadata;
  const own = Object.entries(annotations).filter(
    ([key]) => !/^(deployment\.kubernetes\.io\/revision|release-sentinel\/)/.test(key),
  );
  return { kind, name, labels, annotations: Object.fromEntries(own), ...rest };
}

describe.skipIf(kubeconfig.skip)("on a real cluster", () => {
  driverContract("kubernetes", async () => {
    const space = await namespace();
    return {
      open: (release: TestRelease, run: Run) =>
        kubernetes({ yaml: shop(release), namespace: space, version: release, run, name: "shop" }).driver,
      async seen() {
        const found = JSON.parse(await kubectl(["-n", space, "get", "deployments,configmaps", "-o", "json"]));
        return found.items
          .filter(({ metadata }: KubeObject) => metadata.name !== "kube-root-ca.crt")
          .map(plain);
      },
      empty: [],
    };
  });
});
