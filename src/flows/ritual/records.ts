import type { PlannedStep, StepResult } from "../../core/plan.ts";
import { printable } from "../../core/text.ts";
import type { IntegrityFinding } from "../../ritual/integrity/model.ts";
import type { RitualStep } from "../../ritual/step.ts";
import type { StepRecord } from "../../ritual/verification.ts";
import type { Carried } from "./carry.ts";

/** What is known of a run so far; it grows as the run goes on. */
export interface Course {
  readonly findings: readonly IntegrityFinding[];
  /** Names of the steps that were asked for. */
  readonly chosen: ReadonlySet<string>;
  /** Why steps do not apply, by their names. */
  readonly skipped: Map<string, string>;
  /** Names of the steps that are not done again, as the ritual is marked complete. */
  settled: ReadonlySet<string>;
  planned: readonly PlannedStep[];
  results: readonly StepResult[];
  carried: ReadonlyMap<string, Carried>;
}

const blank = { startedAt: null, durationMs: null, warnings: [], excerpt: null, links: [] } as const;

/** One record a step, integrity first, as far as the run has come. */
export function recordsOf(steps: readonly RitualStep[], course: Course): readonly StepRecord[] {
  return [integrityRecord(course.findings), ...steps.map((step) => recordOf(step, course))];
}

export function integrityRecord(findings: readonly IntegrityFinding[]): StepRecord {
  const wrong =
    findings.find(({ status }) => status === "fail") ?? findings.find(({ status }) => status === "unknown");
  const looked = findings.filter(({ status }) => status !== "skipped");
  return {
    ...blank,
    name: "integrity",
    title: "Validate the release",
    outcome: wrong === undefined ? "did" : wrong.status === "fail" ? "conflict" : "unknown",
    message: wrong?.message ?? "the release is what it says",
    ...(wrong?.remedy === undefined ? {} : { remedy: wrong.remedy }),
    warnings: findings.filter(({ status }) => status === "warn").map(({ message }) => message),
    excerpt:
      looked.map(({ status, question, message }) => `${status} ${question}: ${message}`).join("\n") || null,
  };
}

function recordOf({ name, title }: RitualStep, course: Course): StepRecord {
  const skipped = course.skipped.get(name);
  const base = { ...blank, name, title };
  if (skipped !== undefined) return { ...base, outcome: "skipped", message: skipped };
  const planned = course.planned.find(({ id }) => id === name);
  const result = course.results.find(({ id }) => id === name);
  if (!course.chosen.has(name)) {
    const isDone = planned?.state === "done";
    return {
      ...base,
      outcome: isDone ? "was-done" : "left-out",
      message: isDone ? planned.message : "not asked for",
    };
  }
  if (result) return { ...base, ...reported(course.carried.get(name)), ...acted(result) };
  return { ...base, ...foreseen(planned, title) };
}

function acted({ outcome, message, remedy }: StepResult): Pick<StepRecord, "outcome" | "message" | "remedy"> {
  // No step of a ritual is taken back.
  return {
    outcome: outcome === "undone" ? "did" : outcome,
    message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function reported(carried: Carried | undefined): Partial<StepRecord> {
  if (!carried) return {};
  const { report, startedAt, durationMs } = carried;
  const { warnings = [], excerpt, links = [] } = report;
  return {
    startedAt,
    durationMs,
    warnings: warnings.map((warning) => printable(warning, 1000)),
    excerpt: excerpt ?? null,
    links,
  };
}

/** What stands in the way of a step: its own state, or a proof that it could not act. */
function foreseen(
  planned: PlannedStep | undefined,
  title: string,
): Pick<StepRecord, "outcome" | "message" | "remedy"> {
  if (!planned) return { outcome: "not-reached", message: title };
  const { state, message, remedy, proofs } = planned;
  const wrong =
    proofs.find((proof) => proof.state === "conflict") ?? proofs.find((proof) => proof.state === "unknown");
  const said = wrong ?? { message, ...(remedy === undefined ? {} : { remedy }) };
  const outcome = wrong?.state ?? (state === "done" ? "was-done" : state === "needed" ? "planned" : state);
  return {
    outcome: outcome === "conflict" || outcome === "unknown" || outcome === "was-done" ? outcome : "planned",
    message: said.message,
    ...(said.remedy === undefined ? {} : { remedy: said.remedy }),
  };
}
