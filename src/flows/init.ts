import { join } from "node:path";
import type { Emit } from "../core/event.ts";
import type { PlannedStep, StepResult } from "../core/plan.ts";
import { differenceOf } from "../scaffold/difference.ts";
import { createFileStep, type FileStepWorld, judgeTarget, removeDrafts } from "../scaffold/file-step.ts";
import { withHeader } from "../scaffold/header.ts";
import type { FileState } from "../scaffold/judge.ts";
import type { Target } from "../scaffold/target.ts";
import { applySteps, planSteps } from "./reconcile.ts";

export interface PlannedFile extends PlannedStep {
  /** What is there, or would be. */
  readonly path: string;
  readonly file: FileState;
  /** What is there as against what would be; a patch, or nothing. */
  readonly difference: string;
}

/** Looks at every file's place. Changes nothing. @throws the system's error when a file cannot be read */
export async function planFiles(
  targets: readonly Target[],
  world: FileStepWorld,
  signal: AbortSignal,
): Promise<readonly PlannedFile[]> {
  const planned = await planSteps(
    targets.map((target) => createFileStep(target, world)),
    signal,
  );
  return targets.flatMap((target, i) => {
    const judged = judgeTarget(target, world);
    const step = planned[i];
    const difference = differenceOf(judged, withHeader(target.body, target.style, world.by));
    return step ? [{ ...step, path: judged.there, file: judged.state, difference }] : [];
  });
}

/**
 * Writes the files that are needed. They do not depend on each other: one that is in somebody's way stops none of the
 * others; one that cannot be written stops those after it, since they could not be either.
 */
export async function writeFiles(
  targets: readonly Target[],
  plan: readonly PlannedFile[],
  world: FileStepWorld,
  tell: { readonly signal: AbortSignal; readonly emit: Emit },
): Promise<readonly StepResult[]> {
  const ours = plan.filter(({ state }) => state === "needed" || state === "done");
  for (const { path } of ours) removeDrafts(join(world.root, path));
  const needed = new Set(plan.filter(({ state }) => state === "needed").map(({ id }) => id));
  const steps = targets.map((target) => createFileStep(target, world)).filter(({ id }) => needed.has(id));
  return applySteps(steps, tell);
}
