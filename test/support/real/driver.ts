import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { holderId, isDead } from "../../../src/clients/host/holder.ts";
import { createKubectl } from "../../../src/clients/kubectl.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Run } from "../../../src/deploy/driver.ts";
import {
  createKubernetesDriver,
  type KubernetesDriver,
  type KubernetesRequest,
  type KubernetesWorld,
} from "../../../src/deploy/drivers/kubernetes.ts";
import { kubeconfig } from "./cluster.ts";
import { manifests } from "./survey.ts";

export interface DriverAsked extends Partial<KubernetesRequest> {
  /** What is deployed, unless `manifests` says it. */
  readonly yaml?: string;
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly world?: Partial<KubernetesWorld>;
}

/** The Kubernetes driver as the application makes it, on the test's cluster. */
export function kubernetes(asked: DriverAsked): { driver: KubernetesDriver; run: Run; holder: string } {
  const { yaml, namespace, world, version = "v1.0.0", environment = "prod" } = asked;
  const folder = yaml === undefined ? "/" : manifests({ "m.yaml": yaml });
  const run: Run = asked.run ?? {
    id: randomBytes(6).toString("hex"),
    version,
    commit: null,
    actor: "a test",
    startedAt: new Date().toISOString(),
  };
  const env = { ...process.env, KUBECONFIG: asked.kubeconfig ?? kubeconfig.found ?? "" };
  const driver = createKubernetesDriver(
    {
      keep: 5,
      wayBack: "required",
      ...asked,
      environment,
      version,
      run,
      manifests: asked.manifests ?? (yaml === undefined ? [] : [join(folder, "m.yaml")]),
      target: { ...(namespace === undefined ? {} : { namespace }), ...asked.target },
    },
    {
      kubectl: createKubectl({ env }),
      secrets: new Secrets(),
      cwd: folder,
      stdin: Readable.from([]),
      isDead,
      ...world,
    },
  );
  onTestFinished(() => driver.close());
  return { driver, run, holder: holderId() };
}
