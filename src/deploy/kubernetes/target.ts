import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { conflict } from "./proof.ts";

/** What the configuration or the flags say the target must be. */
export interface TargetSettings {
  readonly context?: string;
  /** URL of the API server. */
  readonly cluster?: string;
  readonly namespace?: string;
}

/** The cluster that is deployed to, and the namespace of objects that name none. */
export interface KubeTarget {
  readonly context: string | undefined;
  readonly server: string | undefined;
  readonly namespace: string;
  /** The namespace was configured or given: objects in another one are refused. */
  readonly fixed: boolean;
}

interface KubeConfigView {
  readonly "current-context"?: string;
  readonly contexts?: readonly { readonly context?: { readonly namespace?: string } }[] | null;
  readonly clusters?: readonly { readonly cluster?: { readonly server?: string } }[] | null;
}

/**
 * Which cluster it is, by the kubeconfig alone: no server is asked. `proofs` hold what speaks against it; then nothing else
 * may be asked of it.
 */
export async function resolveTarget(
  kubectl: Kubectl,
  settings: TargetSettings,
  signal: AbortSignal,
): Promise<{ readonly target: KubeTarget; readonly proofs: readonly Proof[] }> {
  const bound = settings.context === undefined ? kubectl : kubectl.bound({ context: settings.context });
  const fixed = settings.namespace !== undefined;
  const namespace = settings.namespace ?? kubectl.namespace;
  try {
    const view = await bound.json<KubeConfigView>(["config", "view", "--minify", "-o", "json"], { signal });
    const server = view.clusters?.[0]?.cluster?.server;
    const target: KubeTarget = {
      context: bound.context ?? view["current-context"],
      server,
      namespace: namespace ?? view.contexts?.[0]?.context?.namespace ?? "default",
      fixed,
    };
    return { target, proofs: clusterProofs(target, settings) };
  } catch (error) {
    if (!(error instanceof KubectlFailure) || error.reason !== "context") throw error;
    const target = { context: bound.context, server: undefined, fixed };
    const message =
      bound.context === undefined
        ? `there is no cluster to deploy to: ${error.message}`
        : `the kubeconfig has no context ${printable(bound.context, 200)}`;
    return {
      target: { ...target, namespace: namespace ?? "default" },
      proofs: [conflict(message, "see `kubectl config get-contexts`, and KUBECONFIG")],
    };
  }
}

function clusterProofs(target: KubeTarget, settings: TargetSettings): Proof[] {
  if (settings.cluster === undefined || sameServer(settings.cluster, target.server)) return [];
  const shown = printable(target.server ?? "no server", 200);
  return [
    conflict(
      `wrong cluster: context ${printable(target.context ?? "(none)", 200)} leads to ${shown}, and this environment is ${printable(settings.cluster, 200)}`,
      "name the right one with --context, or mend deploy.cluster",
    ),
  ];
}

function sameServer(a: string, b: string | undefined): boolean {
  return b !== undefined && normal(a) === normal(b);
}

function normal(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url.includes("://") ? url : `https://${url}`);
    return `${protocol}//${host}${pathname.replace(/\/+$/, "")}`;
  } catch {
    return url;
  }
}

/** `namespace shop on https://10.0.0.1:6443 (context prod-eu)`. */
export function titleOf(target: KubeTarget, namespaces: readonly string[]): string {
  const spaces = namespaces.length === 0 ? [target.namespace] : namespaces;
  const where = spaces.length === 1 ? `namespace ${spaces[0]}` : `namespaces ${spaces.join(", ")}`;
  const context = target.context === undefined ? "" : ` (context ${target.context})`;
  return printable(`${where} on ${target.server ?? "an unnamed cluster"}${context}`, 400);
}
