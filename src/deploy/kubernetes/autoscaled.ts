import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { lastApplied } from "./manner.ts";
import { at, groupOf, type KubeObject, keyOf, refOf } from "./object.ts";
import { itemsOf } from "./read.ts";

/** Keys of the workloads whose number of replicas an autoscaler sets; `keyOf`. */
export type Autoscaled = ReadonlySet<string>;

/**
 * Which workloads autoscalers scale. Without the permission to look at autoscalers: none, and `seen` is false.
 * @throws KubectlFailure when the server cannot be asked
 */
export async function readAutoscaled(
  kubectl: Kubectl,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly keys: Autoscaled; readonly seen: boolean }> {
  const answers = await Promise.all(
    namespaces.map(async (namespace) => {
      const args = ["get", "horizontalpodautoscalers", "--ignore-not-found", "-o", "json"];
      try {
        return itemsOf(await kubectl.bound({ namespace }).text(args, { signal }));
      } catch (error) {
        if (error instanceof KubectlFailure && error.reason === "Forbidden") return undefined;
        throw error;
      }
    }),
  );
  return {
    keys: autoscaledBy(answers.flatMap((answer) => answer ?? [])),
    seen: !answers.includes(undefined),
  };
}

/** What these autoscalers scale. */
export function autoscaledBy(autoscalers: readonly KubeObject[]): Autoscaled {
  const keys = autoscalers.flatMap(({ spec, metadata: { namespace = "" } }) => {
    const target = at(spec, "scaleTargetRef");
    const [apiVersion, kind, name] = ["apiVersion", "kind", "name"].map((part) => at(target, part));
    if (typeof kind !== "string" || typeof name !== "string") return [];
    return [
      keyOf({ apiVersion: typeof apiVersion === "string" ? apiVersion : "apps/v1", kind, name, namespace }),
    ];
  });
  return new Set(keys);
}

/**
 * The object with as many replicas as there are, where an autoscaler decides that: neither the manifest's number nor, for one
 * that has lost it, the default of 1 takes its place.
 */
export function keepReplicas(
  object: KubeObject,
  live: KubeObject | undefined,
  autoscaled: Autoscaled,
): KubeObject {
  if (live === undefined || !autoscaled.has(keyOf(refOf(object)))) return object;
  const replicas = at(live, "spec", "replicas");
  if (typeof replicas !== "number" || replicas === 0) return object;
  const spec = object["spec"];
  if (typeof spec !== "object" || spec === null) return object;
  if (at(spec, "replicas") === undefined && !hadReplicas(live)) return object;
  return { ...object, spec: { ...spec, replicas } };
}

function hadReplicas(live: KubeObject): boolean {
  try {
    return at(JSON.parse(live.metadata.annotations?.[lastApplied] ?? "{}"), "spec", "replicas") !== undefined;
  } catch {
    return false;
  }
}

/** A HorizontalPodAutoscaler, whatever its version. */
export function isAutoscaler({ apiVersion, kind }: KubeObject): boolean {
  return kind === "HorizontalPodAutoscaler" && groupOf(apiVersion) === "autoscaling";
}
