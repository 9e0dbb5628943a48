import type { Emit } from "../core/event.ts";
import type { PlannedStep, StepResult } from "../core/plan.ts";
import { type Observed, type Step, StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";

/** Looks at every step, and at whether the needed ones could act. Changes nothing. */
export function planSteps(steps: readonly Step[], signal: AbortSignal): Promise<readonly PlannedStep[]> {
  return Promise.all(
    steps.map(async (step): Promise<PlannedStep> => {
      const { id, title } = step;
      const seen = await look(step, signal);
      const proofs = seen.state === "needed" ? await prove(step, signal) : [];
      // Somebody may have done it since: then nothing stands in the way.
      const inTheWay = proofs.some(({ state }) => state === "conflict");
      const now = inTheWay ? await look(step, signal) : seen;
      return { id, title, ...now, proofs: now.state === "needed" ? proofs : [] };
    }),
  );
}

/**
 * Goes through the steps in order: what the world already holds is passed over, what is missing is done and seen to be done.
 * Stops at the first step that cannot be; the same call, made again, goes on from there.
 * An interrupt ends it like a failure: what was begun is in the answer.
 */
export async function applySteps(
  steps: readonly Step[],
  { signal, emit }: { signal: AbortSignal; emit: Emit },
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  for (const [i, step] of steps.entries()) {
    const result = await applyStep(step, signal, emit);
    results.push(result);
    emit({ type: "step.finished", step: step.id, result });
    if (result.outcome === "did" || result.outcome === "was-done") continue;
    if (result.outcome === "conflict" && !isSeen(steps, results)) {
      await takeBack(steps.slice(0, i), results, { signal, emit });
    }
    const rest = steps.slice(i + 1).map(({ id, title }) => ({ id, message: title }));
    return [...results, ...rest.map((left) => ({ ...left, outcome: "not-reached" as const }))];
  }
  return results;
}

async function applyStep(step: Step, signal: AbortSignal, emit: Emit): Promise<StepResult> {
  const before = await look(step, signal);
  if (before.state !== "needed") return { id: step.id, ...outcomeOf(before) };
  emit({ type: "step.started", step: step.id, title: step.title });
  let said: string | undefined;
  let failure: Omit<StepResult, "id"> | undefined;
  try {
    said = await step.run(signal);
  } catch (error) {
    const final = error instanceof StepFailure && error.final;
    failure = { outcome: "failed", ...reasonOf(error), ...(final ? { final } : {}) };
  }
  if (signal.aborted) return { id: step.id, ...(failure ?? stopped(signal)) };
  const after = await look(step, signal);
  // What the world says counts: an answer that was lost on the way does not make the work undone.
  if (after.state === "done") return { id: step.id, outcome: "did", message: said ?? after.message };
  if (after.state === "conflict") return { id: step.id, ...outcomeOf(after) };
  const unseen = {
    outcome: "failed" as const,
    message: `${step.title}: done, but not to be seen afterwards`,
  };
  return { id: step.id, ...(failure ?? unseen) };
}

/** Whether something was done that others see: then what is there is kept, to be finished. */
function isSeen(steps: readonly Step[], results: readonly StepResult[]): boolean {
  return results.some(({ outcome }, i) => outcome === "did" && !steps[i]?.undo && !steps[i]?.local);
}

/** Newest first, as far as a step can be taken back at all. */
async function takeBack(
  before: readonly Step[],
  results: StepResult[],
  { signal, emit }: { signal: AbortSignal; emit: Emit },
): Promise<void> {
  for (const [i, step] of [...before.entries()].reverse()) {
    if (results[i]?.outcome !== "did" || !step.undo) continue;
    results[i] = await step.undo(signal).then(
      (message) => ({ id: step.id, outcome: "undone", message }) as const,
      // It is there still.
      (error: unknown) => ({ id: step.id, outcome: "did", ...reasonOf(error) }) as const,
    );
    emit({ type: "step.finished", step: step.id, result: results[i] });
  }
}

async function look(step: Step, signal: AbortSignal): Promise<Observed> {
  try {
    signal.throwIfAborted();
    return await step.observe(signal);
  } catch (error) {
    const { message, remedy } = reasonOf(error);
    return {
      state: "unknown",
      message: `${step.title}: ${message}`,
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
}

async function prove(step: Step, signal: AbortSignal): Promise<PlannedStep["proofs"]> {
  try {
    return (await step.prove?.(signal)) ?? [];
  } catch (error) {
    return [{ state: "unknown", ...reasonOf(error) }];
  }
}

function outcomeOf({ state, message, remedy }: Observed): Omit<StepResult, "id"> {
  const outcome = state === "done" ? "was-done" : state === "conflict" ? "conflict" : "unknown";
  return { outcome, message, ...(remedy === undefined ? {} : { remedy }) };
}

function stopped(signal: AbortSignal): Omit<StepResult, "id"> {
  return { outcome: "failed", ...reasonOf(signal.reason) };
}

/** A failure in words. What no part has foreseen is still one line. */
export function reasonOf(error: unknown): { message: string; remedy?: string } {
  const remedy =
    error instanceof StepFailure || (error instanceof Error && "remedy" in error)
      ? (error as { remedy?: unknown }).remedy
      : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { message: printable(message, 1000), ...(typeof remedy === "string" ? { remedy } : {}) };
}
