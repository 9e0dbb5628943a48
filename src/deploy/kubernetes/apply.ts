import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { StepFailure } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import { listOf } from "./list.ts";
import { flagsOf, groupByManner, type Manner } from "./manner.ts";
import { argumentOf, type KubeObject, refOf } from "./object.ts";
import { patiently } from "./patience.ts";

/** For the API server to serve a kind that it has just been told of. */
const establishMs = 60_000;
/** Many objects take their time: kubectl sends them one by one. */
const applyMs = 10 * 60_000;

/**
 * Applies objects in their order, each in its manner. What others stand on (namespaces, CRDs) is there before the rest is sent.
 * Safe to call again. The sentence for people. @throws StepFailure
 */
export async function applyObjects(
  kubectl: Kubectl,
  objects: readonly KubeObject[],
  manners: ReadonlyMap<string, Manner>,
  signal: AbortSignal,
): Promise<string> {
  const foundations = objects.filter(isFoundation);
  const rest = objects.filter((object) => !isFoundation(object));
  const crds = foundations.filter(({ kind }) => kind === "CustomResourceDefinition");
  const seen = new Map<string, number>();
  try {
    for (const part of [foundations, rest]) {
      for (const group of groupByManner(part, manners)) tally(await applyGroup(kubectl, group, signal), seen);
      if (part === foundations && crds.length > 0 && rest.length > 0)
        await established(kubectl, crds, signal);
    }
  } catch (error) {
    throw error instanceof KubectlFailure ? refusal(error) : error;
  }
  const words = [...seen].map(([word, n]) => `${n} ${word}`).join(", ");
  return `applied ${count(objects.length, "object")}: ${words}`;
}

function isFoundation({ kind }: KubeObject): boolean {
  return kind === "Namespace" || kind === "CustomResourceDefinition";
}

async function applyGroup(
  kubectl: Kubectl,
  group: { readonly manner: Manner; readonly objects: readonly KubeObject[] },
  signal: AbortSignal,
): Promise<string> {
  const args = ["apply", ...flagsOf(group.manner), "-f", "-"];
  const input = listOf(group.objects);
  return await patiently(() => kubectl.text(args, { signal, input, timeoutMs: applyMs }), signal);
}

async function established(
  kubectl: Kubectl,
  crds: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const names = crds.map((crd) => argumentOf(refOf(crd)));
  const args = ["wait", "--for=condition=Established", `--timeout=${establishMs / 1000}s`, ...names];
  await patiently(() => kubectl.text(args, { signal, timeoutMs: 2 * establishMs }), signal);
}

/** `deployment.apps/web configured` */
function tally(stdout: string, seen: Map<string, number>): void {
  for (const line of stdout.split("\n")) {
    const word = /^\S+\/\S+ ([\w-]+)/.exec(line.trim())?.[1];
    if (word === undefined) continue;
    const said = word === "configured" || word === "serverside-applied" ? "changed" : word;
    seen.set(said, (seen.get(said) ?? 0) + 1);
  }
}

/** Whatever of it has arrived stays until it is applied again, or taken back. */
function refusal(error: KubectlFailure): StepFailure {
  const messages = error.complaints.slice(0, 3).map(({ message }) => message);
  const more = error.complaints.length > 3 ? ` (and ${error.complaints.length - 3} more)` : "";
  return new StepFailure(`kubectl apply failed: ${messages.join("; ")}${more}`, undefined, !error.transient);
}
