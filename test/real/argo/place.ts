import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { stringify } from "yaml";
import { isDead } from "../../../src/clients/host/holder.ts";
import { createKubectl } from "../../../src/clients/kubectl.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Driver, Run, Status } from "../../../src/deploy/driver.ts";
import { createArgoRolloutsDriver } from "../../../src/deploy/drivers/argo-rollouts.ts";
import { kubeconfig, kubectl, served } from "../../support/real/cluster.ts";
import { required } from "../../support/real/require.ts";
import { tempFolder } from "../../support/temp.ts";

export const never = new AbortController().signal;

/** Argo Rollouts' own definitions. */
export const definitions = required(
  "the CustomResourceDefinitions of Argo Rollouts: RS_TEST_ROLLOUTS_CRDS=FOLDER, and a cluster: RS_TEST_KUBECONFIG=FILE",
  kubeconfig.skip ? undefined : process.env["RS_TEST_ROLLOUTS_CRDS"] || undefined,
);

/** They stay: other suites of this cluster may be using them. */
export async function loadDefinitions(): Promise<void> {
  await kubectl(["apply", "--server-side", "--force-conflicts", "-f", definitions.found ?? ""]);
  await served("rollouts.argoproj.io");
}

let runs = 0;
export function aRun(version: string): Run {
  const startedAt = new Date().toISOString();
  return { id: `run-${process.pid}-${++runs}`, version, commit: "a".repeat(40), actor: "tester", startedAt };
}

export interface Strategy {
  readonly canary?: object;
  readonly blueGreen?: object;
}

/** A Rollout, and a Service where the strategy names one. */
export function rollout(image: string, strategy: Strategy, more: object = {}): object[] {
  const labels = { app: "web" };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "app", image }] },
  };
  const spec = { replicas: 3, selector: { matchLabels: labels }, template, strategy, ...more };
  const made: object = {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    metadata: { name: "web" },
    spec,
  };
  const { activeService, previewService } = (strategy.blueGreen ?? {}) as Record<string, string>;
  const services = [activeService, previewService].flatMap((name) =>
    name === undefined
      ? []
      : [
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name },
            spec: { selector: labels, ports: [{ port: 80, protocol: "TCP" }] },
          },
        ],
  );
  return [made, ...services];
}

export interface RolloutPlace {
  readonly namespace: string;
  write(objects: readonly object[]): void;
  driver(run: Run, more?: { readonly hasPlugin?: boolean }): Driver;
  get(): Promise<Seen>;
}

// biome-ignore lint/suspicious/noExplicitAny: what the API says, of any kind
type Seen = Record<string, any>;

export function rolloutPlace(namespace: string): RolloutPlace {
  const folder = tempFolder();
  mkdirSync(join(folder, "k8s"));
  const manifest = join(folder, "k8s", "web.yaml");
  return {
    namespace,
    write: (objects) => writeFileSync(manifest, objects.map((object) => stringify(object)).join("---\n")),
    driver(run, { hasPlugin = false } = {}) {
      const request = {
        environment: "prod",
        version: run.version,
        run,
        manifests: [manifest],
        wayBack: "required" as const,
        target: { namespace },
        keep: 5,
      };
      return createArgoRolloutsDriver(request, {
        kubectl: createKubectl({ env: { ...process.env, KUBECONFIG: kubeconfig.found } }),
        secrets: new Secrets(),
        cwd: folder,
        stdin: Readable.from([]),
        isDead,
        hasPlugin,
      });
    },
    get: async () =>
      JSON.parse(
        await kubectl(["get", "rollouts.argoproj.io", "web", "-n", namespace, "-o", "json"]),
      ) as Seen,
  };
}

/** Looks until it is as it will stay; pauses are ended as they come, if so asked. */
export async function settled(
  driver: Driver,
  expected: "applied" | "restored",
  { promote = false } = {},
): Promise<Status & { readonly promoted: number }> {
  let promoted = 0;
  for (;;) {
    const status = await driver.status(expected, never);
    if (status.state === "paused" && promote) {
      await driver.steps?.promote(never);
      promoted++;
    } else if (!/progressing|other/.test(status.state)) return { ...status, promoted };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A whole deploy that ends well, every pause ended. */
export async function bring(place: RolloutPlace, version: string): Promise<Run> {
  const { driver, run } = await begin(place, version);
  const status = await settled(driver, "applied", { promote: true });
  if (status.state !== "healthy") throw new Error(`${status.state}: ${status.message}`);
  await driver.memory.good(run, status, never);
  await driver.close();
  return run;
}

/** Planned, captured, applied. */
export async function begin(place: RolloutPlace, version: string) {
  const run = aRun(version);
  const driver = place.driver(run);
  const plan = await driver.plan(never);
  await driver.capture(run, never);
  await driver.apply(never);
  return { driver, plan, run };
}
