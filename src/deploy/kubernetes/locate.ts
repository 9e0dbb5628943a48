import type { Readable } from "node:stream";
import { ManifestUnreadable, readManifestFiles } from "../../clients/kubectl/manifest-files.ts";
import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Secrets } from "../../core/mask.ts";
import { type Proof, StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type Kinds, learnKinds } from "./kinds.ts";
import { duplicates, type Manifests, parseManifests, type Wanted } from "./manifests.ts";
import { patiently } from "./patience.ts";
import { place } from "./placed.ts";
import { registerSecrets } from "./secret-values.ts";
import { type KubeTarget, resolveTarget, type TargetSettings, titleOf } from "./target.ts";

export interface LocateRequest {
  /** Absolute; `-` is standard input. */
  readonly manifests: readonly string[];
  /** A folder with a kustomization, absolute. */
  readonly kustomize?: string;
  readonly target: TargetSettings;
}

export interface LocateAround {
  /** Where labels of files are seen from. */
  readonly cwd: string;
  readonly stdin: Readable;
  readonly secrets: Secrets;
}

/** What goes where: found out once, without asking the server more than the names of unusual kinds. */
export interface Located {
  /** Bound to the context; no default namespace: every object names its own. */
  readonly kubectl: Kubectl;
  readonly target: KubeTarget;
  readonly title: string;
  /** In the order of applying; every namespaced object with its namespace. */
  readonly wanted: readonly Wanted[];
  /** Of the wanted objects, sorted. */
  readonly namespaces: readonly string[];
  /** Where lock and memory are kept. */
  readonly home: string;
  readonly kinds: Kinds;
}

/** @throws StepFailure, final, when the target is not the right one or the manifests are none; KubectlFailure */
export async function locate(
  kubectl: Kubectl,
  request: LocateRequest,
  around: LocateAround,
  signal: AbortSignal,
): Promise<Located> {
  const [{ target, proofs }, manifests] = await Promise.all([
    resolveTarget(kubectl, request.target, signal),
    readManifests(kubectl, request, around, signal),
  ]);
  const pinned = target.context === undefined ? kubectl : kubectl.bound({ context: target.context });
  for (const { object } of manifests.wanted) registerSecrets(object, around.secrets);
  refuse([...proofs, ...manifests.problems]);
  const bound = pinned.quick();
  const objects = manifests.wanted.map(({ object }) => object);
  const kinds = await patiently(() => learnKinds(bound, objects, signal), signal);
  const placed = place(manifests.wanted, kinds, target);
  refuse([...placed.proofs, ...duplicates(placed.wanted)]);
  const { wanted, namespaces } = placed;
  const title = titleOf(target, namespaces);
  return { kubectl: bound, target, title, wanted, namespaces, home: homeOf(target, wanted), kinds };
}

/** The configured namespace; else that of the first workload, else of the first object that has one. */
function homeOf(target: KubeTarget, wanted: readonly Wanted[]): string {
  if (target.fixed) return target.namespace;
  const workload = wanted.find(({ object }) =>
    /^(Deployment|StatefulSet|DaemonSet|Rollout)$/.test(object.kind),
  );
  const other = wanted.find(({ object }) => object.metadata.namespace !== undefined);
  return (workload ?? other)?.object.metadata.namespace ?? target.namespace;
}

/** What files, folders, standard input and kustomize say. @throws StepFailure, final; KubectlFailure */
export async function readManifests(
  kubectl: Kubectl,
  { manifests, kustomize }: Omit<LocateRequest, "target">,
  around: Pick<LocateAround, "cwd" | "stdin">,
  signal: AbortSignal,
): Promise<Manifests> {
  if (manifests.length === 0 && kustomize === undefined) return { wanted: [], problems: [] };
  try {
    const [files, made] = await Promise.all([
      readManifestFiles(manifests, { ...around, signal }),
      kustomize === undefined ? undefined : kubectl.text(["kustomize", kustomize], { signal }),
    ]);
    const label = `${printable(kustomize ?? "", 300)} (kustomize)`;
    return parseManifests([...files, ...(made === undefined ? [] : [{ label, text: made, lines: false }])]);
  } catch (error) {
    if (error instanceof ManifestUnreadable) throw new StepFailure(error.message, undefined, true);
    if (!(error instanceof KubectlFailure) || error.reason === "missing" || error.transient) throw error;
    throw new StepFailure(`kustomize ${printable(kustomize ?? "", 300)}: ${error.message}`, undefined, true);
  }
}

/** All of what is wrong, in one sentence: nothing can be asked of a place that is not the right one. */
function refuse(proofs: readonly Proof[]): void {
  const [first] = proofs;
  if (first === undefined) return;
  const shown = proofs.slice(0, 8).map(({ message }) => message);
  const more = proofs.length > 8 ? `; and ${proofs.length - 8} more` : "";
  const remedies = [...new Set(proofs.flatMap(({ remedy }) => remedy ?? []))];
  throw new StepFailure(`${shown.join("; ")}${more}`, remedies.slice(0, 3).join("; ") || undefined, true);
}
