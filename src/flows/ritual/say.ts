import type { Reason, StepFailure } from "../../core/step.ts";
import type { IntegrityFinding } from "../../ritual/integrity/model.ts";
import type { StepRecord } from "../../ritual/verification.ts";
import { exitCodes, type RitualEnd, type RitualOutcome, sentences } from "./outcome.ts";
import { type Course, integrityRecord, recordsOf } from "./records.ts";
import type { Prepared, RitualRun } from "./run.ts";

/** Every way a ritual can end, put into words. */
export function createSay(run: Pick<RitualRun, "tag" | "rehearsal" | "environment" | "resume" | "names">) {
  const { tag, rehearsal, environment, names } = run;
  const subject = { tag, rehearsal };
  const started = Date.now();

  const make = (
    outcome: RitualEnd,
    message: string,
    rest: Partial<RitualOutcome> & Pick<RitualOutcome, "steps">,
  ): RitualOutcome => ({
    schema: "release-sentinel/ritual/v1",
    outcome,
    exitCode: exitCodes[outcome],
    message,
    reasons: [],
    tag,
    rehearsal,
    environment,
    commit: null,
    repository: null,
    url: null,
    folder: null,
    marks: null,
    startedAt: new Date(started).toISOString(),
    durationMs: Date.now() - started,
    leftToDo: [],
    resume: null,
    payloads: [],
    ...rest,
  });

  const about = ({ context: { release, folder }, marks, steps }: Prepared, course: Course) => ({
    commit: release.commit,
    repository: release.repository,
    url: release.url,
    environment: release.environment,
    folder: folder.path,
    marks,
    steps: recordsOf(steps, course),
  });

  return {
    /** The gatekeeper says no. */
    notValid(findings: readonly IntegrityFinding[], because: "conflict" | "unknown"): RitualOutcome {
      const wanted = because === "conflict" ? "fail" : "unknown";
      const reasons = findings.filter(({ status }) => status === wanted).map(reasonOf);
      const end = because === "conflict" ? "blocked" : "critical";
      const why = wordsOf(reasons) || "the release could not be read";
      return make(end, sentences[end](subject, why), {
        reasons,
        steps: [integrityRecord(findings)],
        leftToDo: names,
      });
    },
    /** There is such a release, and where its files belong cannot be used. */
    notPrepared(findings: readonly IntegrityFinding[], failure: StepFailure): RitualOutcome {
      const end = failure.final ? "blocked" : "critical";
      const { message, remedy } = failure;
      return make(end, sentences[end](subject, message), {
        reasons: [{ message, ...(remedy === undefined ? {} : { remedy }) }],
        steps: [integrityRecord(findings)],
        leftToDo: names,
      });
    },
    /** The plan, or another ritual, is in the way. */
    stopped(
      because: "conflict" | "unknown",
      why: readonly Reason[],
      prepared: Prepared,
      course: Course,
      payloads: RitualOutcome["payloads"] = [],
    ): RitualOutcome {
      const end = because === "conflict" ? "blocked" : "critical";
      const reasons = why.map(reasonOf);
      const known = about(prepared, course);
      const rest = { ...known, reasons, payloads, leftToDo: undone(known.steps) };
      return make(end, sentences[end](subject, wordsOf(reasons)), rest);
    },
    planned(prepared: Prepared, course: Course, payloads: RitualOutcome["payloads"]): RitualOutcome {
      const known = about(prepared, course);
      const isDone = known.steps.every(({ outcome }) => outcome !== "planned");
      const end =
        isDone && known.steps.every(({ outcome }) => outcome !== "left-out") ? "complete" : "planned";
      return make(end, sentences[end](subject), { ...known, payloads, leftToDo: undone(known.steps) });
    },
    /** What became of the steps. */
    ended(prepared: Prepared, course: Course): RitualOutcome {
      const known = about(prepared, course);
      const left = undone(known.steps);
      const broken = known.steps.find(({ outcome }) => isBroken(outcome));
      if (broken) {
        const message = sentences.halted(subject, broken.name, broken.message, left);
        const rest = { ...known, reasons: [reasonOf(broken)], leftToDo: left, resume: run.resume };
        const end = make("halted", message, rest);
        return broken.outcome === "conflict" ? { ...end, exitCode: 1 } : end;
      }
      if (left.length > 0) {
        const done = known.steps.filter(({ name, outcome }) => course.chosen.has(name) && isDone(outcome));
        // Who asks for no other step has asked for integrity.
        const names = course.chosen.size === 0 ? ["integrity"] : done.map(({ name }) => name);
        const message = sentences.inPart(subject, names, left);
        return make("in-part", message, { ...known, leftToDo: left });
      }
      const end = course.results.some(({ outcome }) => outcome === "did") ? "completed" : "complete";
      return make(end, sentences[end](subject), known);
    },
  };
}

function reasonOf({ message, remedy }: Reason): Reason {
  return { message, ...(remedy === undefined ? {} : { remedy }) };
}

function wordsOf(reasons: readonly Reason[]): string {
  return reasons.map(({ message }) => message).join("; ");
}

function isDone(outcome: StepRecord["outcome"]): boolean {
  return outcome === "did" || outcome === "was-done";
}

function isBroken(outcome: StepRecord["outcome"]): boolean {
  return outcome === "failed" || outcome === "conflict" || outcome === "unknown";
}

/** Names of the steps that are still to be done. */
function undone(steps: readonly StepRecord[]): readonly string[] {
  return steps.filter(({ outcome }) => !isDone(outcome) && outcome !== "skipped").map(({ name }) => name);
}
