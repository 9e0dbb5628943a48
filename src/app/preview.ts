import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { createKubectl, type Kubectl } from "../clients/kubectl.ts";
import { projectOfRemote } from "../clients/ledger/project.ts";
import { parseDuration } from "../config/schema.ts";
import { sectionFor } from "../config/section.ts";
import { SentinelError } from "../core/errors.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import { resolveTarget } from "../deploy/kubernetes/target.ts";
import { type ContentsAsked, contentsOf } from "../deploy/preview/contents.ts";
import { isPr, isPrefix } from "../deploy/preview/mark.ts";
import { createPreviewNamespaces } from "../deploy/preview/namespaces.ts";
import { readTtl } from "../deploy/preview/ttl.ts";
import type { DeploySettings } from "../deploy/settings.ts";
import { type PreviewCluster, previewCleanup } from "../flows/preview/cleanup.ts";
import { previewDeploy } from "../flows/preview/deploy.ts";
import type { PreviewOutcome } from "../flows/preview/outcome.ts";
import { previewSweep } from "../flows/preview/sweep.ts";
import type { Job } from "./job.ts";

/** What is asked about previews. Whatever is missing says the configuration. */
export interface PreviewAsked {
  readonly command: "deploy" | "cleanup" | "sweep";
  /** Undefined: what the configuration says for all. */
  readonly environment: string | undefined;
  /** As it was typed; not of `sweep`. */
  readonly pr?: string | undefined;
  readonly manifests?: readonly string[] | undefined;
  readonly kustomize?: string | undefined;
  readonly context?: string | undefined;
  readonly ttl?: string | undefined;
  /** Milliseconds. */
  readonly waitMs?: number | undefined;
  readonly dryRun: boolean;
  readonly stdin: Readable;
  /** The same command again, and the one that takes a preview away, ready to type. */
  readonly resume: string;
  readonly cleanup: string;
}

const defaultTtl = "24h";
const deployMs = 5 * 60_000;
const removeMs = 2 * 60_000;

/** Wires a command about previews together. @throws SentinelError for wrong input */
export async function runPreview(job: Job, asked: PreviewAsked): Promise<PreviewOutcome> {
  const { command, environment = "", dryRun, resume, cleanup } = asked;
  const settings = sectionFor<DeploySettings>(await job.config(), environment, "deploy");
  const kubectl = createKubectl({ env: job.env, cwd: job.cwd, context: asked.context ?? settings.context });
  const { emit, signal } = job;
  const around = { dryRun, resume, emit, signal };
  try {
    const open = () => clusterOf(kubectl, settings, signal);
    if (command === "sweep") return await previewSweep({ ...around, waitMs: asked.waitMs ?? removeMs, open });
    const named = { ...nameOf(asked.pr, settings), repository: await repositoryOf(job) };
    if (command === "cleanup")
      return await previewCleanup({ ...around, ...named, waitMs: asked.waitMs ?? removeMs, open });
    const { readers } = job.clients;
    const repository = await readers.git.repository().catch(() => undefined);
    const [root, commit] =
      repository?.state === "ready" ? [repository.root, repository.commit] : [job.cwd, null];
    const contents = contentsFor(asked, settings, job.cwd, root);
    return await previewDeploy({
      ...around,
      ...named,
      cleanup,
      commit,
      ttlMs: ttlOf(asked.ttl ?? settings.preview?.ttl ?? defaultTtl),
      waitMs:
        asked.waitMs ?? (settings.wait === undefined ? undefined : parseDuration(settings.wait)) ?? deployMs,
      open: async () => {
        const found = await clusterOf(kubectl, settings, signal);
        const { secrets, cwd } = job;
        const moved = await contentsOf(
          found.kubectl,
          named.name,
          contents,
          { cwd, stdin: asked.stdin, secrets },
          signal,
        );
        return { ...found, ...moved };
      },
    });
  } finally {
    kubectl.close();
  }
}

/** @throws SentinelError where the number is none, or the name would be none */
function nameOf(text: string | undefined, settings: DeploySettings): { pr: number; name: string } {
  const prefix = settings.preview?.prefix ?? "pr-";
  if (!isPrefix(prefix)) {
    throw new SentinelError(
      "config-invalid",
      `deploy.preview.prefix: ${printable(prefix, 100)} does not begin the name of a namespace`,
      "lower-case letters, digits and dashes, with a letter first and no digit last: pr-",
    );
  }
  const number = text?.replace(/^#/, "");
  if (number !== undefined && isPr(number)) return { pr: Number(number), name: `${prefix}${number}` };
  throw new SentinelError(
    "flag-invalid",
    text === undefined ? "--pr missing" : `--pr ${printable(text, 100)} is not the number of a pull request`,
    "for example: --pr 12",
  );
}

function ttlOf(value: string | number): number {
  const ms = readTtl(value);
  if (ms !== undefined) return ms;
  throw new SentinelError(
    "flag-invalid",
    `--ttl ${printable(String(value), 100)} is not how long a preview can live`,
    "from 1min to 90d: 24h, 3d",
  );
}

function contentsFor(
  asked: PreviewAsked,
  settings: DeploySettings,
  cwd: string,
  root: string,
): ContentsAsked {
  const given = (asked.manifests ?? []).map((path) => (path === "-" ? path : resolve(cwd, path)));
  const configured = (settings.manifests ?? []).map((path) => resolve(root, path));
  const isGiven = given.length > 0 || asked.kustomize !== undefined;
  const manifests = isGiven ? given : configured;
  const kustomize = isGiven
    ? asked.kustomize && resolve(cwd, asked.kustomize)
    : settings.kustomize && resolve(root, settings.kustomize);
  if (manifests.length === 0 && !kustomize) {
    throw new SentinelError(
      "flag-invalid",
      "there is nothing to deploy: no manifest is named",
      "release-sentinel preview deploy --pr 12 --manifest k8s/, or deploy.manifests in the configuration",
    );
  }
  return { manifests, ...(kustomize ? { kustomize } : {}), serverSide: settings.serverSide };
}

/** The right cluster, by the kubeconfig alone. @throws StepFailure, final, when it is not */
async function clusterOf(
  kubectl: Kubectl,
  { cluster }: DeploySettings,
  signal: AbortSignal,
): Promise<PreviewCluster & { readonly kubectl: Kubectl }> {
  const { target, proofs } = await resolveTarget(kubectl, cluster === undefined ? {} : { cluster }, signal);
  const [wrong] = proofs;
  if (wrong) throw new StepFailure(wrong.message, wrong.remedy, true);
  const bound = target.context === undefined ? kubectl : kubectl.bound({ context: target.context });
  const context = target.context === undefined ? "" : ` (context ${target.context})`;
  const title = printable(`${target.server ?? "an unnamed cluster"}${context}`, 400);
  return { cluster: title, namespaces: createPreviewNamespaces(bound), kubectl: bound };
}

/** Whose previews these are; null where that is not known. */
async function repositoryOf({ clients, signal }: Job): Promise<string | null> {
  const remote = await clients.history.remote("origin", signal).catch(() => null);
  const url = remote?.urls[0];
  return url ? projectOfRemote(url) : null;
}
