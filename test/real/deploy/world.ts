import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type CliOptions, cli, type Ran } from "../../support/cli.ts";
import { kubeconfig, kubectl, namespace } from "../../support/real/cluster.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

/** A project that is deployed to a namespace of a real cluster. */
export interface KubeWorld {
  readonly namespace: string;
  /** Writes the manifests of a release. */
  write(...objects: readonly object[]): void;
  apply(version: string, args?: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  /** What is there, without what changes by itself, and without what is ours. */
  seen(): Promise<readonly unknown[]>;
  /** Image of a Deployment. */
  image(name: string): Promise<string>;
  kubectl(...args: readonly string[]): Promise<string>;
  create(object: object): Promise<void>;
}

export async function kubeWorld(): Promise<KubeWorld> {
  const space = await namespace();
  const repo = repository();
  repo.commit("feat: all of it", {
    ".gitignore": ".release-sentinel/\nk8s/\n",
    "release-sentinel.yaml": JSON.stringify({
      checks: { "git.repository": true },
      deploy: { driver: "kubernetes", namespace: space, manifests: ["k8s"] },
    }),
  });
  const env = { KUBECONFIG: kubeconfig.found ?? "", USER: "tester", HOME: repo.path };
  const run: KubeWorld["run"] = (args, { cwd = repo.path, env: extra = {}, ...more } = {}) =>
    cli(args, { cwd, env: { ...env, ...extra }, ...more });
  const inSpace = (...args: readonly string[]) => kubectl(["-n", space, ...args]);
  return {
    namespace: space,
    write(...objects) {
      mkdirSync(join(repo.path, "k8s"), { recursive: true });
      const items = objects.map((object) => JSON.stringify(object)).join("\n---\n");
      writeFileSync(join(repo.path, "k8s", "all.yaml"), items);
    },
    apply: (version, args = [], more) =>
      run(["apply", "--env", "prod", "--version", version, "--wait", "90s", ...args], more),
    run,
    async seen() {
      const { items } = JSON.parse(await inSpace("get", "deployments,configmaps,services", "-o", "json"));
      return (items as Seen[])
        .filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
        .map(({ kind, metadata, spec, data }) => ({
          kind,
          name: metadata.name,
          ...lasting(metadata),
          spec,
          data,
        }));
    },
    image: (name) =>
      inSpace("get", "deployment", name, "-o", "jsonpath={.spec.template.spec.containers[0].image}"),
    kubectl: inSpace,
    async create(object) {
      await kubectl(["-n", space, "create", "-f", "-"], JSON.stringify(object));
    },
  };
}

interface Seen {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: object;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly data?: unknown;
}

/** A revision is counted on by the controller, whatever it is a revision of. */
function lasting({ labels, annotations = {} }: Seen["metadata"]): object {
  const { "deployment.kubernetes.io/revision": _revision, ...rest } = annotations;
  return { labels, annotations: rest };
}

export function expectEnd(ran: Ran, code: number, ...says: readonly (string | RegExp)[]): void {
  const report = `exit ${ran.code} ${ran.signal ?? ""}\n${ran.stdout}\n${ran.stderr}`;
  expect(ran.code, report).toBe(code);
  for (const text of says) {
    if (typeof text === "string") expect(ran.all, report).toContain(text);
    else expect(ran.all, report).toMatch(text);
  }
}

/** What is done when a command has said this; what it answers is waited for. */
type Moment = readonly [text: string, act: (child: { kill(signal: NodeJS.Signals): boolean }) => unknown];

/** Does something once the command has said this: it stands still until that is done, so that it is never done too late. */
export function when(...moments: readonly Moment[]): Pick<CliOptions, "during" | "env"> {
  const folder = tempFolder();
  const texts = moments.map(([text]) => text);
  const halting = `(${haltAfter})(${JSON.stringify(texts)}, ${JSON.stringify(folder)})`;
  return {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(halting)}` },
    during(child) {
      let said = "";
      let next = 0;
      child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        const [text, act] = moments[next] ?? [];
        if (text === undefined || !said.includes(text)) return;
        const file = join(folder, String(next++));
        void Promise.resolve(act?.(child)).finally(() => writeFileSync(file, ""));
      });
    },
  };
}

/** In the command's own process: goes on when there is a file for each text, by its number. */
function haltAfter(texts: readonly string[], folder: string): void {
  const { existsSync } = process.getBuiltinModule("node:fs");
  const write = process.stderr.write.bind(process.stderr) as (...args: unknown[]) => boolean;
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  let said = "";
  let next = 0;
  process.stderr.write = (...args: unknown[]) => {
    const written = write(...args);
    said += String(args[0]);
    const text = texts[next];
    if (text === undefined || !said.includes(text)) return written;
    const file = `${folder}/${next++}`;
    while (existsSync(folder) && !existsSync(file)) Atomics.wait(nothing, 0, 0, 10);
    return written;
  };
}
