import type { Finding } from "./finding.ts";
import type { PlannedStep, StepResult } from "./plan.ts";
import type { Verdict } from "./verdict.ts";

/** What the parts tell whoever listens: logs, the live view, later the ledger. */
export type SentinelEvent =
  | { readonly type: "run.started"; readonly checks: readonly string[] }
  | { readonly type: "check.started"; readonly check: string; readonly attempt: number }
  | { readonly type: "check.finished"; readonly check: string; readonly findings: readonly Finding[] }
  | { readonly type: "verdict"; readonly verdict: Verdict }
  | { readonly type: "plan"; readonly steps: readonly PlannedStep[] }
  | { readonly type: "step.started"; readonly step: string; readonly title: string }
  | { readonly type: "step.finished"; readonly step: string; readonly result: StepResult }
  | {
      readonly type: "request";
      readonly method: string;
      /** Fit to be shown. */
      readonly url: string;
      /** Null when there was no answer. */
      readonly status: number | null;
    }
  | {
      readonly type: "notice";
      readonly level: "info" | "warning" | "error";
      readonly from: string;
      readonly message: string;
    };

export type Emit = (event: SentinelEvent) => void;
