import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { createKubectl, type Kubectl } from "../../../src/clients/kubectl.ts";
import { Secrets } from "../../../src/core/mask.ts";
import type { Run, Status } from "../../../src/deploy/driver.ts";
import { type KubeObject, refOf } from "../../../src/deploy/kubernetes/object.ts";
import { createObserver, type Expected } from "../../../src/deploy/kubernetes/observe.ts";
import { createPast, type Past } from "../../../src/deploy/kubernetes/past.ts";
import { itemsOf, readObjects } from "../../../src/deploy/kubernetes/read.ts";
import { capturedNow } from "../../../src/deploy/kubernetes/way-back.ts";
import { tempFolder } from "../temp.ts";
import { allowed, kubeconfig, kubectl, namespace } from "./cluster.ts";

export const signal = new AbortController().signal;

/** kubectl as the product calls it. */
export function productKubectl(config = kubeconfig.found ?? ""): Kubectl {
  const { PATH, HOME } = process.env;
  const door = createKubectl({ env: { PATH, HOME, KUBECONFIG: config } });
  onTestFinished(() => door.close());
  return door;
}

/** One application in a namespace of its own, and everything that comes after an apply. */
export interface Place {
  readonly space: string;
  readonly kubectl: Kubectl;
  readonly past: Past;
  readonly secrets: Secrets;
  /** Applies as a user would, captured before; waits for nothing. */
  deploy(version: string, manifest: readonly object[]): Promise<Run>;
  /** Looks until nothing is in progress any more. */
  settle(expected: "applied" | "restored"): Promise<Status>;
  /** What is there of the last manifest. */
  live(): Promise<ReadonlyMap<string, KubeObject>>;
  /** Another process that knows nothing but what the cluster remembers. */
  anew(): Past;
  /** The same for somebody who may do no more than these rules say. */
  as(rules: readonly Rule[]): Promise<Past>;
  clerk(rules: readonly Rule[]): Promise<Kubectl>;
}

export async function place(options: { chunkBytes?: number; name?: string } = {}): Promise<Place> {
  const space = await namespace();
  const door = productKubectl();
  const secrets = new Secrets();
  let applied: readonly KubeObject[] = [];
  const refs = () => applied.map(refOf);
  const { name = "shop" } = options;
  const pastOf = (through: Kubectl) =>
    createPast({
      kubectl: through,
      namespace: space,
      environment: "test",
      name,
      keep: 5,
      refs,
      ...(options.chunkBytes !== undefined && { chunkBytes: options.chunkBytes }),
    });
  const past = pastOf(door);
  const observer = createObserver({ kubectl: door, secrets });
  return {
    space,
    kubectl: door,
    past,
    secrets,
    anew: () => pastOf(door),
    as: async (rules) => pastOf(await restricted(space, rules)),
    clerk: (rules) => restricted(space, rules),
    live: () => readObjects(door, refs(), signal),
    async deploy(version, manifest) {
      const wanted = manifest.map((object) => placed(object as KubeObject, space));
      const ran = run(version);
      const asked = wanted.map(refOf);
      const live = await readObjects(door, asked, signal);
      await past.capture(ran, capturedNow({ refs: asked, live }), [], signal);
      const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: wanted });
      const answer = await kubectl(["apply", "-n", space, "-f", "-", "-o", "json"], input);
      applied = itemsOf(answer);
      return ran;
    },
    async settle(expected) {
      const what: readonly Expected[] =
        expected === "restored"
          ? await past.expected(signal)
          : applied.map((object) => ({ ref: refOf(object), object }));
      for (;;) {
        const status = await observer.look(what, signal);
        if (status.state !== "progressing") return status;
        await sleep(300);
      }
    },
  };
}

function placed(object: KubeObject, space: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace: space } };
}

let runs = 0;

export function run(version: string): Run {
  runs++;
  return {
    id: `run-${process.pid}-${runs}`,
    version,
    commit: null,
    actor: "test",
    startedAt: new Date().toISOString(),
  };
}

/** An object as two captures of it are compared: without what every write and every controller counts on. */
export function essence(object: KubeObject | undefined): unknown {
  if (object === undefined) return undefined;
  const { resourceVersion, uid, generation, creationTimestamp, managedFields, ...metadata } = object.metadata;
  const { "deployment.kubernetes.io/revision": _revision, ...annotations } = metadata.annotations ?? {};
  const { status, ...rest } = object;
  return { ...rest, metadata: { ...metadata, annotations } };
}

export function essences(live: ReadonlyMap<string, KubeObject>): Record<string, unknown> {
  return Object.fromEntries([...live].map(([key, object]) => [key, essence(object)]));
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** kubectl of somebody who may do no more than these rules say. */
export async function restricted(space: string, rules: readonly Rule[]): Promise<Kubectl> {
  const name = "clerk";
  const items = [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name }, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: space }],
    },
  ];
  await kubectl(["apply", "-n", space, "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const admin = readFileSync(kubeconfig.found ?? "", "utf8");
  const file = join(tempFolder("rs-clerk-"), "kubeconfig");
  const { clusters } = parse(admin) as { clusters: { name: string }[] };
  const user = `system:serviceaccount:${space}:${name}`;
  const {
    apiGroups: [group = ""] = [],
    resources: [resource = ""] = [],
    verbs: [verb = ""] = [],
  } = rules[0] ?? {};
  await allowed(user, verb, group === "" ? resource : `${resource}.${group}`, space);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters,
    contexts: [{ name: "clerk", context: { cluster: clusters[0]?.name, user: "clerk" } }],
    "current-context": "clerk",
    users: [{ name: "clerk", user: { ...adminUser(admin), as: user } }],
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return productKubectl(file);
}

function adminUser(text: string): object {
  const { users } = parse(text) as { users: { user: object }[] };
  return users[0]?.user ?? {};
}
