import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { duration, printable, shellWord } from "../core/text.ts";
import { limited } from "../core/within.ts";
import { directly } from "./kubectl/direct.ts";
import { KubectlFailure, type KubectlReason } from "./kubectl/failure.ts";
import { openPodConfig, podContext } from "./kubectl/pod-config.ts";
import { type ApiDoor, openApiDoor } from "./kubectl/proxy.ts";
import { makeOwnFolder, type OwnFolder } from "./own-folder.ts";
import { programEnvironment } from "./program/environment.ts";
import { findProgram } from "./program/find.ts";
import { runCommand } from "./program/run.ts";

export { type Complaint, KubectlFailure, type KubectlReason, warningsFrom } from "./kubectl/failure.ts";

export interface KubectlCall {
  readonly signal: AbortSignal;
  /** Standard input; nothing when it is not said. */
  readonly input?: string;
  /** For the whole run; 2 min when it is not said. A single request of it may take 30 s, and never longer than this. */
  readonly timeoutMs?: number;
}

export interface KubectlAnswer {
  readonly code: number;
  /** As it was written, never masked: what is captured must come back unharmed. Nothing of it may be shown as it is. */
  readonly stdout: string;
  readonly stderr: string;
}

/** kubectl, bound to one context (and one default namespace) for its whole life. */
export interface Kubectl {
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  /**
   * Runs it; a non-zero exit is an answer.
   * @throws KubectlFailure (`missing`, `timeout`, `other` for more than 64 MB of output); the signal's reason
   */
  run(args: readonly string[], call: KubectlCall): Promise<KubectlAnswer>;
  /** What it wrote. @throws KubectlFailure when it failed */
  text(args: readonly string[], call: KubectlCall): Promise<string>;
  /** The same, parsed; `-o json` is the caller's. @throws KubectlFailure */
  json<T>(args: readonly string[], call: KubectlCall): Promise<T>;
  /** The same command for a person to type: context and namespace named, words quoted. */
  typed(args: readonly string[]): string;
  /** Bound to another context or namespace, sharing everything else. */
  bound(to: { readonly context?: string; readonly namespace?: string }): Kubectl;
  /**
   * The same, with one kubectl (a `kubectl proxy` on a socket of its own) kept running for what is only a request to the API:
   * answers are the same, and come without starting a program. Where that is not possible nothing changes.
   */
  quick(): Kubectl;
  /** Removes what it left on disk, and ends what it kept running. */
  close(): void;
}

export interface KubectlOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where relative paths start; this process's folder when it is not said. */
  readonly cwd?: string;
  /** When it is not said, the current one: pin it by `kubectl config current-context` first. */
  readonly context?: string | undefined;
  /** Default for objects that name none. */
  readonly namespace?: string | undefined;
  /** The folder of a pod's service account, where it is another than every pod's. */
  readonly account?: string;
}

const outputBytes = 64 * 1024 * 1024;
const requestMs = 30_000;
const runMs = 120_000;

/** The door to a Kubernetes cluster: the kubectl that users trust with their credentials. */
export function createKubectl(options: KubectlOptions): Kubectl {
  const { env, cwd = process.cwd(), context, namespace, account } = options;
  const pod = openPodConfig(env, account);
  const own = { ...kubectlEnvironment(env), ...(pod ? { KUBECONFIG: pod.path } : {}) };
  const ground = { env: own, cwd, cache: cacheFolder(env), pod, doors: new Map() };
  return bind(ground, context, namespace, false);
}

interface Ground {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly cache: CacheFolder;
  /** Of a pod's own service account. */
  readonly pod: { close(): void } | undefined;
  /** By context. */
  readonly doors: Map<string, ApiDoor>;
}

function bind(
  ground: Ground,
  context: string | undefined,
  namespace: string | undefined,
  isQuick: boolean,
): Kubectl {
  const place = [
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
  ];
  const kubectl: Kubectl = {
    context,
    namespace,
    async run(args, { signal, input, timeoutMs = runMs }) {
      const quick = isQuick ? directly(withNamespace(args, namespace), input) : undefined;
      const door = quick && doorFor(ground, context);
      if (quick && door && (await door.ready())) {
        signal.throwIfAborted();
        const mostMs = Math.min(requestMs, timeoutMs);
        const late = () => failure("timeout", `the API server did not answer within ${duration(mostMs)}`);
        return await limited(mostMs, signal, (inner) => quick(door, inner), late);
      }
      const limits = [`--request-timeout=${Math.ceil(Math.min(requestMs, timeoutMs) / 1000)}s`];
      // After the verb: a kubectl plugin would swallow flags that come before it.
      const [verb = "", ...rest] = args;
      const dashes = rest.indexOf("--");
      const [own, others] = dashes < 0 ? [rest, []] : [rest.slice(0, dashes), rest.slice(dashes)];
      const argv = [verb, ...own, ...place, ...limits, ...ground.cache.flags(), ...others];
      return await runKubectl(ground, argv, input, timeoutMs, signal);
    },
    async text(args, call) {
      const { code, stdout, stderr } = await kubectl.run(args, call);
      if (code !== 0) throw KubectlFailure.from(stderr);
      return stdout;
    },
    async json<T>(args: readonly string[], call: KubectlCall) {
      const text = await kubectl.text(args, call);
      try {
        return JSON.parse(text) as T;
      } catch {
        throw failure("other", `kubectl ${args[0] ?? ""} answered with something that is not JSON`);
      }
    },
    typed(args) {
      // The pod's context is in nobody else's kubeconfig.
      const known = place.filter((flag) => ground.pod === undefined || flag !== `--context=${podContext}`);
      return ["kubectl", ...known.map(spaced), ...args.map(shellWord)].join(" ");
    },
    bound: (to) => bind(ground, to.context ?? context, to.namespace ?? namespace, isQuick),
    quick() {
      // It begins to start now, so that the first request finds it there.
      void doorFor(ground, context)?.ready();
      return bind(ground, context, namespace, true);
    },
    close() {
      for (const door of ground.doors.values()) door.close();
      ground.cache.close();
      ground.pod?.close();
    },
  };
  return kubectl;
}

/** As kubectl is told it, unless these words say another one. */
function withNamespace(args: readonly string[], namespace: string | undefined): readonly string[] {
  const isSaid = args.some((word) => word === "-n" || word.startsWith("--namespace"));
  return namespace === undefined || isSaid ? args : [...args, `--namespace=${namespace}`];
}

function doorFor(ground: Ground, context: string | undefined): ApiDoor | undefined {
  const { env, cwd, doors, cache } = ground;
  const key = context ?? "";
  const there = doors.get(key);
  if (there) return there;
  const file = findProgram("kubectl", { env, cwd, platform: process.platform });
  if (file === undefined) return undefined;
  const place = context === undefined ? [] : [`--context=${context}`];
  const door = openApiDoor({ file, args: [...place, ...cache.flags()], env, cwd });
  doors.set(key, door);
  return door;
}

/** `--context=prod` as people write it. */
function spaced(flag: string): string {
  const [name = "", ...value] = flag.split("=");
  return `${name === "--namespace" ? "-n" : name} ${shellWord(value.join("="))}`;
}

async function runKubectl(
  ground: Ground,
  args: readonly string[],
  input: string | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<KubectlAnswer> {
  const { env, cwd } = ground;
  const file = findProgram("kubectl", { env, cwd, platform: process.platform });
  if (file === undefined) throw failure("missing", "kubectl is not on PATH");
  const command = {
    file,
    args,
    cwd,
    env,
    platform: process.platform,
    ...(input === undefined ? {} : { input }),
  };
  // One more than is allowed: so much is known to be too much.
  const kept = { bytes: outputBytes + 1, part: "start" } as const;
  const late = () => failure("timeout", `kubectl ${args[0] ?? ""} did not end within ${duration(timeoutMs)}`);
  try {
    const run = (inner: AbortSignal) => runCommand(command, kept, inner);
    const ended = await limited(timeoutMs, signal, run, late);
    if (ended.stdout.length > outputBytes) {
      throw failure("other", `kubectl ${args[0] ?? ""} wrote more than 64 MB`);
    }
    const { code, stdout, stderr } = ended;
    return { code: code ?? 128, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
  } catch (error) {
    if (signal.aborted || error instanceof KubectlFailure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure("missing", `kubectl cannot be started: ${code ?? printable(message, 200)}`);
  }
}

function failure(reason: KubectlReason, message: string): KubectlFailure {
  return new KubectlFailure([{ reason, message }]);
}

/**
 * What credential helpers of the clouds (`aws eks get-token`, `gke-gcloud-auth-plugin`, `kubelogin`) and a pod's own service
 * account need besides what every program gets. They are the user's own programs, named in their kubeconfig.
 */
const helpers =
  /^(AWS_\w+|GOOGLE_\w+|CLOUDSDK_\w+|USE_GKE_GCLOUD_AUTH_PLUGIN|AZURE_\w+|AAD_\w+|ARM_\w+|IDENTITY_\w+|MSI_\w+|OCI_\w+|DIGITALOCEAN_ACCESS_TOKEN|LINODE_CLI_TOKEN|SCW_\w+|TELEPORT_\w+|KUBERNETES_SERVICE_(HOST|PORT\w*)|KUBECACHEDIR)$/;

function kubectlEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const wanted = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && helpers.test(entry[0]),
  );
  // Its messages are read, so they must be English; and a person's kuberc must not change what a flag means.
  const fixed = { LC_ALL: "C", KUBERC: "off", KUBECTL_KUBERC: "false" };
  return { ...programEnvironment(env), ...Object.fromEntries(wanted), ...fixed };
}

interface CacheFolder {
  flags(): readonly string[];
  close(): void;
}

/** Without a place for its cache kubectl asks the server for all of its API each time. */
function cacheFolder(env: NodeJS.ProcessEnv): CacheFolder {
  let own: OwnFolder | undefined;
  const usual = env["KUBECACHEDIR"] ?? (env["HOME"] ? join(env["HOME"], ".kube", "cache") : undefined);
  const writable = usual !== undefined && isWritable(usual);
  return {
    flags() {
      if (writable) return [];
      try {
        own ??= makeOwnFolder();
      } catch {
        return [];
      }
      return [`--cache-dir=${own.path}`];
    },
    close() {
      own?.remove();
      own = undefined;
    },
  };
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
