import { type Complaint, type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { at, type KubeList, type KubeObject, keyOf, type ObjectRef, refOf } from "./object.ts";

/** What is there of the objects that were asked for. */
export interface Live {
  /** By `keyOf`; what is not there is missing. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Some could not be read; which ones is for kubectl's words to say. */
  readonly complaints: readonly Complaint[];
}

/**
 * Reads many objects, whatever their kinds and namespaces, in one run of kubectl. Objects of namespaces or kinds that are not there
 * are missing as well. @throws KubectlFailure when the server cannot be asked at all
 */
export async function readObjects(
  kubectl: Kubectl,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<Live> {
  if (refs.length === 0) return { objects: new Map(), complaints: [] };
  const args = ["get", "-f", "-", "--ignore-not-found", "-o", "json"];
  const { code, stdout, stderr } = await kubectl.run(args, { signal, input: listOf(refs.map(shell)) });
  const objects = new Map(objectsOf(stdout).map((object) => [keyOf(refOf(object)), object]));
  if (code === 0) return { objects, complaints: [] };
  const failure = KubectlFailure.from(stderr);
  const complaints = failure.complaints.filter(({ reason }) => reason !== "NoKind");
  if (complaints.some(({ reason }) => reason !== "Forbidden")) throw failure;
  return { objects, complaints };
}

function shell({ apiVersion, kind, name, namespace }: ObjectRef): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** Several objects as one document, for kubectl's standard input. */
export function listOf(objects: readonly KubeObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
}

/** What `-o json` printed: nothing, an object, or a list of them. @throws KubectlFailure when it is no JSON */
export function objectsOf(stdout: string): readonly KubeObject[] {
  if (stdout.trim() === "") return [];
  let parsed: KubeObject | KubeList;
  try {
    parsed = JSON.parse(stdout);
  } catch {
    throw new KubectlFailure([
      { reason: "other", message: "kubectl answered with something that is not JSON" },
    ]);
  }
  const items = at(parsed, "items");
  return parsed.kind.endsWith("List") && Array.isArray(items) ? items : [parsed as KubeObject];
}
