import { type Kubectl, KubectlFailure } from "../../clients/kubectl.ts";
import type { Proof } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { Autoscaled } from "./autoscaled.ts";
import type { KubeObject } from "./object.ts";
import { conflict, unknown } from "./proof.ts";
import { bodyToCreate, bodyToReplace } from "./restore-body.ts";
import type { RestoreAction } from "./restore-plan.ts";
import { without } from "./shape.ts";

/**
 * The way back as the server takes it, by a dry run of it: permissions, validity, admission. Nothing is changed.
 * An empty answer: it would work.
 */
export async function rehearseBack(
  kubectl: Kubectl,
  actions: readonly RestoreAction[],
  autoscaled: Autoscaled,
  signal: AbortSignal,
): Promise<Proof[]> {
  const put = actions.flatMap((action) =>
    action.kind === "replace" ? [bodyToReplace(action.captured, action.live, autoscaled)] : [],
  );
  const made = actions.flatMap((action) =>
    // Until what is there is gone, the server takes none of that name.
    action.kind === "create" && !action.leaving ? [bodyToCreate(action.captured)] : [],
  );
  const gone = actions.flatMap((action) => (action.kind === "remove" ? [stub(action.live)] : []));
  const answers = await Promise.all([
    dryRun(kubectl, "replace", put, signal),
    dryRun(kubectl, "create", made, signal),
    dryRun(kubectl, "delete", gone, signal),
  ]);
  return answers.flat();
}

/** The same for what is there: could it be put back as it is now? */
export async function rehearseAsIs(
  kubectl: Kubectl,
  live: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Proof[]> {
  return await dryRun(kubectl, "replace", live.map(lean), signal);
}

/** What a dry run needs not carry. */
function lean(object: KubeObject): KubeObject {
  return { ...object, metadata: without(object.metadata, "managedFields") };
}

/** What names an object to be removed. */
function stub({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

async function dryRun(
  kubectl: Kubectl,
  verb: "replace" | "create" | "delete",
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Proof[]> {
  if (objects.length === 0) return [];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const only = verb === "delete" ? ["--ignore-not-found", "--wait=false"] : [];
  const args = [verb, "--dry-run=server", ...only, "-f", "-", "-o", "name"];
  try {
    const { code, stderr } = await kubectl.run(args, { signal, input });
    if (code === 0) return [];
    const { complaints, transient } = KubectlFailure.from(stderr);
    // Changed meanwhile, which the way back itself copes with.
    const real = complaints.filter(({ reason }) => reason !== "Conflict");
    if (transient && real.length > 0) return [unanswered(real[0]?.message ?? "")];
    const shown = real.slice(0, 5).map(({ message }) => conflict(`the way back would fail: ${message}`));
    const more = real.length - shown.length;
    return more > 0
      ? [...shown, conflict(`the way back would fail for ${count(more, "more object")}`)]
      : shown;
  } catch (error) {
    if (!(error instanceof KubectlFailure)) throw error;
    return [unanswered(error.message)];
  }
}

const unanswered = (message: string) =>
  unknown(`whether there is a way back cannot be found out: ${message}`);
