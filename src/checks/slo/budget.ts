import type { SentinelCheck } from "../../clients/readers.ts";
import { budgetLeft } from "../../core/burn.ts";
import { observeSlo, type SloSeen } from "./observe.ts";
import { type SloOptions, sloCheck, sloDefaults, sloShape, sloWindow } from "./options.ts";
import { windowMs } from "./window.ts";
import { number, percent, unknown } from "./words.ts";

interface Options extends SloOptions {
  window: string;
  minimum: number;
}

/** Fewer bad requests than these spend no budget: of 100 requests a month, one is not an incident. */
const fewest = 5;

/** Is enough of the error budget left to ship? */
export const sloBudget: SentinelCheck<Options, SloSeen> = {
  id: "slo.budget",
  question: "Is enough of the error budget left to ship?",
  kind: "policy",
  ...sloCheck,
  defaults: { ...sloDefaults, window: "30d", minimum: 10 },
  schema: (z) =>
    z.strictObject({
      ...sloShape(z),
      window: sloWindow(z, "The time that the budget is for.").optional(),
      minimum: z.number().min(0).max(100).optional().describe("Percent of the budget that must be left."),
    }),
  observe: (context) => observeSlo(context, [windowMs(context.options.window) ?? 0]),
  judge(seen, { options }) {
    const { slo, window, minimum } = options;
    const nothing = unknown("Error budget", seen, options);
    const [counted] = seen.windows;
    if (nothing || !counted) return nothing ?? [];
    const counts = { total: counted.total ?? 0, bad: counted.bad ?? 0 };
    const left = budgetLeft(counts, slo / 100) ?? 0;
    const of = `${number(counts.bad)} of ${number(counts.total)} requests failed in ${window}, objective ${slo}%`;
    const metrics = [{ name: "budget_left", value: Math.round(left * 1000) / 10, unit: "%" }];
    if (left * 100 >= minimum)
      return { status: "ok", message: `Error budget OK: ${percent(left)} left (${of})`, metrics };
    if (counts.bad < fewest) {
      const message = `Error budget: ${percent(left)} left, on too few requests to hold against anybody (${of})`;
      return { status: "notice", message, metrics };
    }
    const word = left <= 0 ? "EXHAUSTED" : "LOW";
    return {
      status: "fail",
      message: `Error budget ${word}: ${percent(left)} left, at least ${minimum}% demanded (${of})`,
      remedy: "ship only what makes the service more reliable, by a waiver, until the window has moved on",
      metrics,
    };
  },
};
