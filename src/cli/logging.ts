import type { SentinelEvent } from "../core/event.ts";
import type { Finding } from "../core/finding.ts";
import type { Secrets } from "../core/mask.ts";
import type { PlannedStep } from "../core/plan.ts";
import type { ReleaseOutcome } from "../flows/release/outcome.ts";
import { excuses, say, verdictSentence, withheld } from "../gate/report/words.ts";

export const logLevels = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly format: "text" | "json";
  readonly level: LogLevel;
  /** What is said is masked, and not the line that is made of it: its time stays a time, and JSON stays JSON. */
  readonly secrets: Pick<Secrets, "mask" | "maskDeep">;
  /** Gets one line, masked. */
  readonly write: (line: string) => void;
}

interface Line {
  readonly time: Date;
  readonly level: LogLevel;
  readonly category: string;
  readonly message: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

let log: (level: LogLevel, category: string, message: string, properties: Line["properties"]) => void =
  () => {};

/** Sets where logs go. The parts only emit events; this is where they become lines. */
export function configureLogging({ format, level: lowest, secrets, write }: LogOptions): void {
  const shape = format === "json" ? jsonLine : textLine;
  const from = logLevels.indexOf(lowest);
  log = (level, category, message, properties) => {
    if (logLevels.indexOf(level) < from) return;
    write(shape({ time: new Date(), level, category, message, properties }, secrets));
  };
}

export function resetLogging(): void {
  log = () => {};
}

/** `2026-11-21 08:33:20,268 INFO release-sentinel.gate Starting release validation`, in local time. */
function textLine({ time, level, category, message }: Line, secrets: LogOptions["secrets"]): string {
  const two = (n: number, width = 2) => String(n).padStart(width, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())},${two(time.getMilliseconds(), 3)}`;
  return `${day} ${clock} ${level.toUpperCase()} ${category} ${secrets.mask(say(message))}\n`;
}

function jsonLine(
  { time, level, category, message, properties }: Line,
  secrets: LogOptions["secrets"],
): string {
  const said = secrets.maskDeep({ message, ...properties });
  return `${JSON.stringify({ time: time.toISOString(), level: level.toUpperCase(), logger: category, ...said })}\n`;
}

const levelOf: Readonly<Record<Finding["status"], LogLevel>> = {
  ok: "info",
  notice: "info",
  skipped: "debug",
  waived: "warning",
  warn: "warning",
  fail: "error",
  unknown: "error",
};

const gate = "release-sentinel.gate";
const release = "release-sentinel.release";

/** Turns an event into log lines: one for each thing that happened. */
export function logEvent(event: SentinelEvent): void {
  switch (event.type) {
    case "run.started":
      log("info", gate, "Starting release validation", { checks: event.checks });
      break;
    case "check.started": {
      const { check, attempt } = event;
      log("debug", gate, `${check}: attempt ${attempt}`, { check, attempt });
      break;
    }
    case "check.finished":
      for (const finding of event.findings) logFinding(finding);
      break;
    case "verdict": {
      const { verdict, exitCode, releasable } = event.verdict;
      const level = verdict === "SAFE" ? "info" : "error";
      log(level, gate, verdictSentence(event.verdict), { verdict, exitCode, releasable });
      if (withheld(event.verdict)?.endsWith("--allow-warnings")) {
        log("warning", gate, "Safe, but with warnings: release and apply need --allow-warnings", {});
      }
      break;
    }
    case "plan":
      for (const [i, step] of event.steps.entries()) logPlanned(step, event.steps.slice(0, i));
      break;
    case "step.started":
      log("debug", release, `${event.step}: ${event.title}`, { step: event.step });
      break;
    case "step.finished": {
      const { outcome, message } = event.result;
      const level =
        outcome === "did" || outcome === "was-done" ? "info" : outcome === "undone" ? "warning" : "error";
      log(outcome === "was-done" ? "debug" : level, release, message, { step: event.step, outcome });
      break;
    }
    case "request": {
      const { method, url, status } = event;
      log("debug", "release-sentinel.http", `${method} ${url}: ${status ?? "no answer"}`, { status });
      break;
    }
    case "notice":
      log(event.level, event.from, event.message, {});
  }
}

const stateWords = { done: "done", needed: "to do", conflict: "conflict", unknown: "unknown" } as const;

function logPlanned({ id, state, message, proofs }: PlannedStep, before: readonly PlannedStep[]): void {
  const level = state === "conflict" || state === "unknown" ? "error" : "info";
  // Steps that meet the same obstacle say it once.
  const said = before.some((other) => other.message === message);
  log(level, release, `Plan: ${id}: ${stateWords[state]}${said ? "" : `: ${message}`}`, { step: id, state });
  for (const proof of proofs) {
    const { state: proven, message: text, remedy } = proof;
    const told = proven === "notice" && remedy !== undefined ? `${text} → ${remedy}` : text;
    // A notice that names what to do wants to be seen.
    const noticed = remedy === undefined ? "info" : "warning";
    const weight = proven === "ok" ? "debug" : proven === "notice" ? noticed : "error";
    log(weight, release, `${id}: ${told}`, { step: id });
  }
}

/** How a release ended, why, and what goes on from there. */
export function logOutcome({ outcome, exitCode, message, reasons, resume, url }: ReleaseOutcome): void {
  log(exitCode === 0 ? "info" : "error", release, message, { outcome, exitCode });
  for (const remedy of new Set(reasons.flatMap((reason) => reason.remedy ?? [])))
    log("info", release, `To mend it: ${remedy}`, {});
  if (resume !== null) log("info", release, `To finish it: ${resume}`, {});
  if (url !== null) log("info", release, url, {});
}

function logFinding(finding: Finding): void {
  const { check, status, subject } = finding;
  const notes = excuses(finding);
  const message = notes.length > 0 ? `${finding.message} [${notes.join("; ")}]` : finding.message;
  const properties = { check, status, ...(subject === undefined ? {} : { subject }) };
  log(finding.breakGlass ? "warning" : levelOf[status], gate, message, properties);
  if ((status === "fail" || status === "unknown" || status === "warn") && finding.remedy) {
    log("info", gate, `To mend ${check}: ${finding.remedy}`, properties);
  }
}
