import type { Proof, Reason, StepState } from "./step.ts";

/** A step as the plan shows it: where the world stands, and whether it could act. */
export interface PlannedStep {
  readonly id: string;
  readonly title: string;
  readonly state: StepState;
  readonly message: string;
  readonly remedy?: string;
  /** Only for a step that is needed. */
  readonly proofs: readonly Proof[];
}

/** What became of one step. `undone`: this process did it, and took it back when a later step met a conflict. */
export interface StepResult {
  readonly id: string;
  readonly outcome: "did" | "was-done" | "failed" | "conflict" | "unknown" | "undone" | "not-reached";
  readonly message: string;
  readonly remedy?: string;
  /** Running the same command again cannot help. */
  readonly final?: true;
}

/** What stops a plan, if anything does: a definite conflict wins over what could not be found out. */
export function obstacle(steps: readonly PlannedStep[]): "conflict" | "unknown" | undefined {
  const states = steps.flatMap(({ state, proofs }) => [state, ...proofs.map((proof) => proof.state)]);
  return states.includes("conflict") ? "conflict" : states.includes("unknown") ? "unknown" : undefined;
}

/** Every sentence that speaks of such an obstacle, each once, with the remedy. */
export function obstacles(steps: readonly PlannedStep[], kind: "conflict" | "unknown"): readonly Reason[] {
  const found = steps.flatMap((step) => [step, ...step.proofs]).filter(({ state }) => state === kind);
  return found.filter(({ message }, i) => found.findIndex((other) => other.message === message) === i);
}
