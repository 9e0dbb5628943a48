import { type KindFacts, wellKnownKinds } from "../../clients/kubectl/resources.ts";
import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { at, groupOf, type KubeObject } from "./object.ts";

/** Facts by `Kind.group` (`Kind.` for the core group). */
export type Kinds = ReadonlyMap<string, KindFacts>;

export function kindKey(apiVersion: string, kind: string): string {
  return `${kind}.${groupOf(apiVersion)}`;
}

/**
 * What is to be known of the kinds of these objects: from what every cluster has, from CRDs among them, and only if that is not
 * enough from the server. Kinds that nobody knows are missing in the answer. @throws KubectlFailure
 */
export async function learnKinds(
  kubectl: Kubectl,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Kinds> {
  const kinds = new Map(wellKnownKinds);
  for (const object of objects) learnFromCrd(object, kinds);
  const missing = objects.some(({ apiVersion, kind }) => !kinds.has(kindKey(apiVersion, kind)));
  if (missing) await askServer(kubectl, kinds, signal);
  return kinds;
}

function learnFromCrd(object: KubeObject, kinds: Map<string, KindFacts>): void {
  if (kindKey(object.apiVersion, object.kind) !== "CustomResourceDefinition.apiextensions.k8s.io") return;
  const [kind, resource] = [at(object, "spec", "names", "kind"), at(object, "spec", "names", "plural")];
  const group = at(object, "spec", "group");
  if (typeof kind !== "string" || typeof resource !== "string" || typeof group !== "string") return;
  kinds.set(`${kind}.${group}`, { resource, namespaced: at(object, "spec", "scope") !== "Cluster" });
}

async function askServer(
  kubectl: Kubectl,
  kinds: Map<string, KindFacts>,
  signal: AbortSignal,
): Promise<void> {
  // It fails when one of many APIs (metrics, say) is down, and still lists the rest.
  const { stdout, stderr } = await kubectl.run(["api-resources", "--no-headers"], { signal });
  if (stdout.trim() === "") throw KubectlFailure.from(stderr);
  for (const line of stdout.split("\n")) {
    const words = line.trim().split(/\s+/);
    const [kind, namespaced, apiVersion] = words.slice(-3).reverse();
    const resource = words[0];
    if (words.length < 4 || !kind || !apiVersion || !resource) continue;
    const key = kindKey(apiVersion, kind);
    if (!kinds.has(key)) kinds.set(key, { resource, namespaced: namespaced === "true" });
  }
}
