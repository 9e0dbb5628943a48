import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { type KubeObject, keyOf, type ObjectRef, refOf } from "./object.ts";
import { listAt } from "./shape.ts";

/** kubectl before 1.21 shows managed fields always, and does not know the flag. */
const withoutFlag = new WeakSet<Kubectl>();

/**
 * Objects as they are now, whole, by `keyOf`; what is not there (nor its kind) is missing in the answer. One run of kubectl.
 * @throws KubectlFailure
 */
export async function readObjects(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KubeObject>> {
  if (refs.length === 0) return new Map();
  const items = refs.map(({ apiVersion, kind, name, namespace }) => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  }));
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  const flags = withoutFlag.has(kubectl) ? [] : ["--show-managed-fields"];
  const args = ["get", "-f", "-", "--ignore-not-found", "-o", "json", ...flags];
  const { code, stdout, stderr } = await kubectl.run(args, { signal, input });
  if (code !== 0) {
    if (/unknown flag: --show-managed-fields/.test(stderr)) {
      withoutFlag.add(kubectl);
      return await readObjects(kubectl, refs, signal);
    }
    const failure = KubectlFailure.from(stderr);
    if (failure.complaints.some(({ reason }) => reason !== "NotFound" && reason !== "NoKind")) throw failure;
  }
  return new Map(itemsOf(stdout).map((object) => [keyOf(refOf(object)), object]));
}

/** What `get -o json` wrote: a list, one object, or nothing. @throws SyntaxError */
export function itemsOf(stdout: string): KubeObject[] {
  if (stdout.trim() === "") return [];
  const answer = JSON.parse(stdout) as KubeObject;
  return answer.kind === "List" ? (listAt(answer, "items") as KubeObject[]) : [answer];
}
