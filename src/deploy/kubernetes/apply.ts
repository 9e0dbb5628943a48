import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { StepFailure } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import { listOf } from "./list.ts";
import { flagsOf, groupByManner, type Manner } from "./manner.ts";
import { argumentOf, type KubeObject, keyOf, refOf } from "./object.ts";
import { patiently } from "./patience.ts";
import { itemsOf } from "./read.ts";

/** For the API server to serve a kind that it has just been told of. */
const establishMs = 60_000;
const youngMs = 200;
/** Many objects take their time: kubectl sends them one by one. */
const applyMs = 10 * 60_000;

/**
 * Applies objects in their order, each in its manner. What others stand on (namespaces, CRDs) is there before the rest is sent.
 * Safe to call again. Answers the objects as the server has them now. @throws StepFailure
 */
export async function applyObjects(
  kubectl: Kubectl,
  objects: readonly KubeObject[],
  manners: ReadonlyMap<string, Manner>,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const foundations = objects.filter(isFoundation);
  const rest = objects.filter((object) => !isFoundation(object));
  const crds = foundations.filter(({ kind }) => kind === "CustomResourceDefinition");
  const applied: KubeObject[] = [];
  try {
    for (const part of [foundations, rest]) {
      for (const group of groupByManner(part, manners)) {
        applied.push(...(await applyGroup(kubectl, group, signal)));
      }
      if (part === foundations && crds.length > 0 && rest.length > 0)
        await established(kubectl, crds, signal);
    }
  } catch (error) {
    throw error instanceof KubectlFailure ? refusal(error) : error;
  }
  return applied;
}

/** `applied 3 objects: 1 created, 1 changed, 1 unchanged` */
export function appliedSentence(
  applied: readonly KubeObject[],
  before: ReadonlyMap<string, KubeObject>,
): string {
  const counts = { created: 0, changed: 0, unchanged: 0 };
  for (const object of applied) {
    const old = before.get(keyOf(refOf(object)));
    if (old === undefined) counts.created += 1;
    else if (old.metadata.resourceVersion === object.metadata.resourceVersion) counts.unchanged += 1;
    else counts.changed += 1;
  }
  const words = Object.entries(counts).filter(([, n]) => n > 0);
  return `applied ${count(applied.length, "object")}: ${words.map(([word, n]) => `${n} ${word}`).join(", ")}`;
}

function isFoundation({ kind }: KubeObject): boolean {
  return kind === "Namespace" || kind === "CustomResourceDefinition";
}

async function applyGroup(
  kubectl: Kubectl,
  group: { readonly manner: Manner; readonly objects: readonly KubeObject[] },
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const args = ["apply", ...flagsOf(group.manner), "-o", "json", "-f", "-"];
  const input = listOf(group.objects);
  return itemsOf(await patiently(() => kubectl.text(args, { signal, input, timeoutMs: applyMs }), signal));
}

async function established(
  kubectl: Kubectl,
  crds: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const names = crds.map((crd) => argumentOf(refOf(crd)));
  const args = ["wait", "--for=condition=Established", `--timeout=${establishMs / 1000}s`, ...names];
  for (const end = monotonicMs() + establishMs; ; ) {
    try {
      await patiently(() => kubectl.text(args, { signal, timeoutMs: 2 * establishMs }), signal);
      return;
    } catch (error) {
      // One that was just made has no conditions, and kubectl does not wait for them to come.
      const isYoung = error instanceof KubectlFailure && /conditions accessor error/.test(error.message);
      if (!isYoung || monotonicMs() >= end) throw error;
      await sleep(youngMs, signal);
    }
  }
}

/** Whatever of it has arrived stays until it is applied again, or taken back. */
function refusal(error: KubectlFailure): StepFailure {
  const messages = error.complaints.slice(0, 3).map(({ message }) => message);
  const more = error.complaints.length > 3 ? ` (and ${error.complaints.length - 3} more)` : "";
  return new StepFailure(`kubectl apply failed: ${messages.join("; ")}${more}`, undefined, !error.transient);
}
