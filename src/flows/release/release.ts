import { setMaxListeners } from "node:events";
import type { Emit } from "../../core/event.ts";
import { obstacle, obstacles, type PlannedStep, type StepResult } from "../../core/plan.ts";
import type { Reason, Step } from "../../core/step.ts";
import type { Verdict } from "../../core/verdict.ts";
import { verdictSentence, withheld } from "../../gate/report/words.ts";
import type { ChangeSummary } from "../../release/notes/index.ts";
import { applySteps, planSteps } from "../reconcile.ts";
import { exitCodes, type ReleaseEnd, type ReleaseOutcome, sentences } from "./outcome.ts";

export interface ReleaseRun {
  readonly environment: string;
  readonly version: string;
  readonly dryRun: boolean;
  readonly allowWarnings: boolean;
  /** The command that goes on from where this run ends, ready to type. */
  readonly resume: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Is it safe? */
  gate(): Promise<Verdict>;
  /** Reads what the release is made of. @throws SentinelError when it cannot be made at all */
  prepare(verdict: Verdict): Promise<Prepared>;
}

export interface Prepared {
  /** In the order in which they are done. */
  readonly steps: readonly Step[];
  readonly summary: ChangeSummary | null;
  /** Web address of the forge's release, once there is one. */
  url(): string | null;
  /** What makes a saved plan no longer hold. */
  contradictions(planned: readonly PlannedStep[]): readonly Reason[];
}

/**
 * Gate, plan, then step by step until the world is as it should be. Run again, it goes on from what is there.
 * What the gate or the plan does not allow changes nothing.
 */
export async function release(run: ReleaseRun): Promise<ReleaseOutcome> {
  setMaxListeners(0, run.signal);
  const verdict = await run.gate();
  const answer = outcomeOf(run, verdict);
  if (verdict.exitCode !== 0) return answer.gate();
  if (!mayGoOn(verdict, run)) return answer.withheld();

  const prepared = await run.prepare(verdict);
  const plan = await planSteps(prepared.steps, run.signal);
  run.signal.throwIfAborted();
  run.emit({ type: "plan", steps: plan });
  const changed = prepared.contradictions(plan);
  if (changed.length > 0) return answer.stopped("blocked", changed, plan);
  const inTheWay = obstacle(plan);
  if (inTheWay) {
    const end = inTheWay === "conflict" ? "blocked" : "critical";
    return answer.stopped(end, obstacles(plan, inTheWay), plan, prepared);
  }
  if (plan.every(({ state }) => state === "done")) return answer.ended("complete", plan, [], prepared);
  if (run.dryRun) return answer.ended("planned", plan, [], prepared);

  const results = await applySteps(prepared.steps, run);
  return answer.ended("released", plan, results, prepared);
}

/** A verdict that was asked of a part, or of another time, releases nothing, whatever is allowed. */
function mayGoOn(verdict: Verdict, { allowWarnings }: ReleaseRun): boolean {
  return verdict.releasable || (allowWarnings && verdict.leftOut.length === 0 && verdict.at === undefined);
}

/** Every way a run can end, put into words. */
function outcomeOf(run: ReleaseRun, verdict: Verdict) {
  const { environment, version } = run;
  const base = {
    schema: "release-sentinel/release/v1",
    environment: verdict.environment || environment,
    version,
    commit: verdict.commit,
    allowWarnings: run.allowWarnings,
    resume: null,
    url: null,
    verdict,
    plan: [],
    steps: [],
    summary: null,
  } as const;
  const make = (
    outcome: ReleaseEnd,
    message: string,
    reasons: readonly Reason[],
    rest: Partial<ReleaseOutcome> = {},
  ): ReleaseOutcome => ({ ...base, ...rest, outcome, exitCode: exitCodes[outcome], message, reasons });

  return {
    gate: () =>
      make(
        verdict.exitCode === 1 ? "blocked" : "critical",
        verdictSentence(verdict),
        verdict.reasons.map((message) => ({ message })),
      ),
    withheld: () =>
      make("withheld", sentences.withheld(version), [
        { message: withheld(verdict) ?? "the gate warns", remedy: `${run.resume} --allow-warnings` },
        ...verdict.findings
          .filter(({ status }) => status === "warn")
          .map(({ message, remedy }) => ({ message, ...(remedy === undefined ? {} : { remedy }) })),
      ]),
    stopped(
      end: "blocked" | "critical",
      reasons: readonly Reason[],
      plan: readonly PlannedStep[],
      prepared?: Prepared,
    ) {
      const why = reasons.map(({ message }) => message).join("; ");
      return make(end, sentences[end](why), reasons, { plan, summary: prepared?.summary ?? null });
    },
    ended(
      end: "complete" | "planned" | "released",
      plan: readonly PlannedStep[],
      steps: readonly StepResult[],
      prepared: Prepared,
    ) {
      const rest = { plan, steps, summary: prepared.summary, url: prepared.url() };
      const broken = steps.find(
        ({ outcome }) => outcome !== "did" && outcome !== "was-done" && outcome !== "undone",
      );
      if (!broken) return make(end, sentences[end](version), [], rest);
      const { id, message, remedy } = broken;
      const reasons = [{ message, ...(remedy === undefined ? {} : { remedy }) }];
      // What others have seen stays: it is to be finished, not forgotten.
      const kept = steps.some(({ outcome }, i) => outcome === "did" && !prepared.steps[i]?.local);
      if (broken.outcome === "conflict" && !kept)
        return make("blocked", sentences.blocked(message), reasons, rest);
      return make("stalled", sentences.stalled(version, id, message), reasons, {
        ...rest,
        resume: broken.final ? null : run.resume,
      });
    },
  };
}
