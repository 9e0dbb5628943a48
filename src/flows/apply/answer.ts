import type { Reason } from "../../core/step.ts";
import type { Verdict } from "../../core/verdict.ts";
import { type DeployCommand, type DeployEnd, type DeployOutcome, exitCodes, sentence } from "./outcome.ts";
import type { Steps } from "./steps.ts";
import type { Survey } from "./survey.ts";

export interface Question {
  readonly command: DeployCommand;
  readonly environment: string;
  /** What is to be put there. */
  readonly version: string;
  readonly allowWarnings: boolean;
  readonly reason: string | undefined;
}

/** What is known of a run when it ends. */
export interface Known {
  readonly verdict?: Verdict | null;
  readonly commit?: string | null;
  readonly run?: string;
  readonly survey?: Survey;
  readonly steps?: Steps;
  /** What ran before; by the survey's way back where it is not said. */
  readonly from?: string | null;
  readonly running?: string | null;
  readonly byHand?: readonly string[];
  readonly resume?: string | null;
  /** What stands in the sentence, where that is more than the reasons. */
  readonly why?: string;
}

/** A run's end in words. */
export function answer(
  asked: Question,
  end: DeployEnd,
  reasons: readonly Reason[],
  known: Known,
): DeployOutcome {
  const { command, environment, version, allowWarnings, reason } = asked;
  const { survey, steps, verdict = null } = known;
  const from = known.from !== undefined ? known.from : (survey?.plan.wayBack.version ?? null);
  const why = known.why ?? reasons.map(({ message }) => message).join("; ");
  const wayBack = survey?.plan.wayBack;
  return {
    schema: "release-sentinel/deploy/v1",
    command,
    outcome: end,
    exitCode: exitCodes[end],
    message: sentence(end, { command, environment, version, from, why }),
    reasons,
    environment,
    version,
    commit: known.commit ?? verdict?.commit ?? null,
    run: known.run ?? null,
    from,
    running: known.running ?? null,
    target: survey?.plan.target ?? null,
    wayBack: wayBack ? { state: wayBack.state, message: wayBack.message } : null,
    changes: survey?.plan.changes.map(({ subject, action }) => ({ subject, action })) ?? [],
    images: survey?.plan.images ?? [],
    steps: steps?.results ?? [],
    byHand: known.byHand ?? [],
    resume: known.resume ?? null,
    allowWarnings,
    reason: reason ?? null,
    verdict,
  };
}
