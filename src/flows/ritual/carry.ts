import type { Step } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import type { RitualContext, RitualStep, StepReport } from "../../ritual/step.ts";

/** What a step has said of its work, and how long it took. */
export interface Carried {
  readonly report: StepReport;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly durationMs: number;
}

/**
 * A ritual's steps as the runner knows steps, with a place for what they report.
 * @param guard asked before each one acts: whether it still may. @throws StepFailure
 */
export function carry(
  steps: readonly RitualStep[],
  context: RitualContext,
  guard: (signal: AbortSignal) => Promise<void>,
): { readonly steps: readonly Step[]; readonly carried: ReadonlyMap<string, Carried> } {
  const carried = new Map<string, Carried>();
  const asStep = (step: RitualStep): Step => ({
    id: step.name,
    title: step.title,
    observe: (signal) => step.observe(context, signal),
    prove: async (signal) => (await step.prove?.(context, signal)) ?? [],
    async run(signal) {
      const started = Date.now();
      const note = (report: StepReport) =>
        carried.set(step.name, {
          report,
          startedAt: new Date(started).toISOString(),
          durationMs: Date.now() - started,
        });
      try {
        await guard(signal);
        const report = await step.run(context, signal);
        note(report);
        for (const warning of report.warnings ?? []) warn(context, step, warning);
        return report.message;
      } catch (error) {
        note({ message: "" });
        throw error;
      }
    },
  });
  return { steps: steps.map(asStep), carried };
}

function warn({ emit }: RitualContext, { name }: RitualStep, warning: string): void {
  const message = `${name}: ${printable(warning, 1000)}`;
  emit({ type: "notice", level: "warning", from: "release-sentinel.ritual", message });
}
