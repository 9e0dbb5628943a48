import type { Proof } from "../../core/step.ts";
import { isSameTemplate } from "./marks.ts";
import { at, type KubeObject, keyOf, refOf, say } from "./object.ts";
import { conflict } from "./proof.ts";
import { groupKind } from "./states/kinds.ts";
import type { Typed } from "./typed.ts";

/**
 * Deployments that somebody has paused: what would be written into them would not roll out. Pure.
 * @param results as the server would have them
 */
export function pausedProofs(
  results: readonly KubeObject[],
  live: ReadonlyMap<string, KubeObject>,
  typed: Typed,
): Proof[] {
  return results.flatMap((result) => {
    const before = live.get(keyOf(refOf(result)));
    if (groupKind(result) !== "apps/Deployment" || before === undefined) return [];
    if (at(before, "spec", "paused") !== true || at(result, "spec", "paused") !== true) return [];
    if (isSameTemplate(before, result)) return [];
    const { name, namespace } = result.metadata;
    const resume = typed(namespace, ["rollout", "resume", `deployment/${name}`]);
    return [conflict(`${say(refOf(result))} is paused: nothing of this would roll out`, resume)];
  });
}
