import type { Emit } from "../../core/event.ts";
import type { PreviewOutcome } from "./outcome.ts";

const from = "release-sentinel.preview";

/** One line about what is going on. */
export function told(emit: Emit, message: string): void {
  emit({ type: "notice", level: "info", from, message });
}

/** How it ended, why, and what to do about it. */
export function concluded(emit: Emit, outcome: PreviewOutcome): PreviewOutcome {
  const level = outcome.exitCode === 0 ? "info" : "error";
  emit({ type: "notice", level, from, message: outcome.message });
  for (const { state, message } of outcome.previews) {
    emit({
      type: "notice",
      level: state === "stuck" || state === "unreadable" ? "error" : "info",
      from,
      message,
    });
  }
  const remedies = new Set(outcome.reasons.flatMap(({ remedy }) => remedy ?? []));
  for (const remedy of remedies) told(emit, `To mend it: ${remedy}`);
  if (outcome.resume !== null) told(emit, `To go on: ${outcome.resume}`);
  return outcome;
}

/** An outcome with what is the same in most. */
export function outcomeOf(
  given: Pick<PreviewOutcome, "command" | "outcome" | "exitCode" | "message"> & Partial<PreviewOutcome>,
): PreviewOutcome {
  const { command, outcome, exitCode, message } = given;
  return {
    schema: "release-sentinel/preview/v1",
    ...{ command, outcome, exitCode, message },
    reasons: [],
    cluster: null,
    pr: null,
    namespace: null,
    expiresAt: null,
    objects: [],
    previews: [],
    resume: null,
    ...given,
  };
}

export function sentences(reasons: PreviewOutcome["reasons"]): string {
  return reasons.map(({ message }) => message).join("; ");
}
