import type { Emit } from "../../core/event.ts";
import type { StepResult } from "../../core/plan.ts";
import { reasonOf } from "../reconcile.ts";

/** What a run has done so far, told as it happens. */
export interface Steps {
  readonly results: readonly StepResult[];
  /** Does one thing and keeps what became of it. @throws what the work throws */
  did(id: string, title: string, work: () => Promise<string>): Promise<string>;
}

export function createSteps(emit: Emit): Steps {
  const results: StepResult[] = [];
  const ended = (result: StepResult) => {
    results.push(result);
    emit({ type: "step.finished", step: result.id, result });
  };
  return {
    results,
    async did(id, title, work) {
      emit({ type: "step.started", step: id, title });
      try {
        const message = await work();
        ended({ id, outcome: "did", message });
        return message;
      } catch (error) {
        const { message, remedy } = reasonOf(error);
        ended({
          id,
          outcome: "failed",
          message: `${title}: ${message}`,
          ...(remedy === undefined ? {} : { remedy }),
        });
        throw error;
      }
    },
  };
}
