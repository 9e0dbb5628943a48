import { printable } from "../../../core/text.ts";
import { at } from "../object.ts";
import { conditionOf, numberAt } from "../shape.ts";
import { podTroubles } from "./pod.ts";
import { beforeAll, ownedBy, type StateOf, type Trouble } from "./state.ts";

/** Done when it is complete; a suspended one is as it was asked for. */
export const jobState: StateOf = (job, around) => {
  const common = beforeAll(job);
  if (common) return common;
  const { name } = job.metadata;
  if (conditionOf(job, "Complete")?.status === "True")
    return { state: "healthy", message: `${name} complete` };
  const pods = ownedBy(around, job, "Pod");
  const failed = conditionOf(job, "Failed");
  if (failed?.status === "True") {
    const why = [failed.reason, failed.message].filter(Boolean).join(": ");
    const what = `job ${name} has failed (${printable(why, 300)})`;
    const trouble: Trouble = {
      key: `${job.metadata.uid} failed`,
      what,
      graceMs: 0,
      uid: job.metadata.uid ?? "",
    };
    return {
      state: "failed",
      message: `${name} failed`,
      troubles: [trouble, ...pods.flatMap((pod) => podTroubles(pod))],
    };
  }
  if (at(job, "spec", "suspend") === true) return { state: "healthy", message: `${name} suspended` };
  const wanted = numberAt(job, "spec", "completions") ?? 1;
  const done = numberAt(job, "status", "succeeded") ?? 0;
  const lost = numberAt(job, "status", "failed") ?? 0;
  return {
    state: "progressing",
    message: `${name} ${done} of ${wanted} complete${lost > 0 ? `, ${lost} failed` : ""}`,
    // How often its pods may crash is the job's own affair.
    troubles: pods
      .flatMap((pod) => podTroubles(pod))
      .map((trouble) =>
        trouble.key.endsWith(" crash") ? { ...trouble, graceMs: Number.POSITIVE_INFINITY } : trouble,
      ),
  };
};
