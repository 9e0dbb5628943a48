import type { Emit } from "../../core/event.ts";
import { StepFailure } from "../../core/step.ts";
import type { PreviewNamespace } from "../../deploy/preview/mark.ts";
import type { PreviewNamespaces } from "../../deploy/preview/namespaces.ts";
import { explain, type PreviewOutcome } from "./outcome.ts";
import { mustBeOurs, unhang, whyStill } from "./owner.ts";
import { concluded, outcomeOf, sentences } from "./report.ts";

/** The cluster of previews, found out and pinned. */
export interface PreviewCluster {
  readonly cluster: string;
  readonly namespaces: PreviewNamespaces;
}

export interface PreviewCleanupRun {
  readonly pr: number;
  readonly name: string;
  readonly repository: string | null;
  readonly waitMs: number;
  readonly dryRun: boolean;
  readonly resume: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  open(signal: AbortSignal): Promise<PreviewCluster>;
}

/** Removes a pull request's preview, with everything in it. Where there is none, there is nothing to do. */
export async function previewCleanup(run: PreviewCleanupRun): Promise<PreviewOutcome> {
  const { pr, name, repository, signal, emit } = run;
  let so: Partial<PreviewOutcome> = { pr, namespace: name };
  const ended = (given: Pick<PreviewOutcome, "outcome" | "exitCode" | "message"> & Partial<PreviewOutcome>) =>
    concluded(emit, outcomeOf({ command: "cleanup", ...so, ...given }));
  let begun = false;
  try {
    const { cluster, namespaces } = await run.open(signal);
    so = { ...so, cluster };
    const seen = await namespaces.find(name, signal);
    if (seen === null)
      return ended({ outcome: "absent", exitCode: 0, message: `There is no preview of #${pr}` });
    mustBeOurs(seen, { pr, repository });
    if (run.dryRun) {
      const message = `Preview of #${pr} would be removed: the namespace ${name}; nothing was changed`;
      return ended({ outcome: "planned", exitCode: 0, message });
    }
    begun = true;
    const isOurs = (now: PreviewNamespace) => {
      mustBeOurs(now, { pr, repository });
      return true;
    };
    if (seen.goingSince === null) await namespaces.remove(seen, isOurs, signal);
    const [left] = await namespaces.gone([seen], run.waitMs, signal);
    if (left) throw new StepFailure(whyStill(left), unhang(name));
    return ended({
      outcome: "removed",
      exitCode: 0,
      message: `Preview of #${pr} removed: the namespace ${name} is gone`,
    });
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      if (!begun) throw error;
      const message = `Preview cleanup INTERRUPTED: the namespace ${name} is being removed`;
      return ended({ outcome: "interrupted", exitCode: 2, message, resume: run.resume });
    }
    const { exitCode, reasons } = explain(error);
    const message = `Preview ${exitCode === 1 ? "BLOCKED" : "FAILED"}: ${sentences(reasons)}`;
    return ended({ outcome: exitCode === 1 ? "blocked" : "failed", exitCode, message, reasons });
  }
}
