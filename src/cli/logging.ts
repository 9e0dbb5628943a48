import { configureSync, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import type { SentinelEvent } from "../core/event.ts";
import type { Finding } from "../core/finding.ts";
import { excuses, verdictSentence } from "../gate/report/words.ts";

export const logLevels = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly format: "text" | "json";
  readonly level: LogLevel;
  /** Writes one line; what it gets is masked by it. */
  readonly write: (line: string) => void;
}

const names: Readonly<Record<string, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warning: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** Sets where logs go. The parts only emit events; this is where they become lines. */
export function configureLogging({ format, level, write }: LogOptions): void {
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(format === "json" ? jsonLine(record) : textLine(record)) },
    loggers: [
      { category: ["release-sentinel"], sinks: ["lines"], lowestLevel: level },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
}

export const resetLogging = resetSync;

/** `2026-11-21 08:33:20,268 INFO release-sentinel.gate Starting release validation`, in local time. */
function textLine(record: LogRecord): string {
  const time = new Date(record.timestamp);
  const two = (n: number, width = 2) => String(n).padStart(width, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())},${two(time.getMilliseconds(), 3)}`;
  return `${day} ${clock} ${names[record.level]} ${record.category.join(".")} ${record.message.join("")}\n`;
}

function jsonLine(record: LogRecord): string {
  const { message: _, ...properties } = record.properties;
  const time = new Date(record.timestamp).toISOString();
  return `${JSON.stringify({ time, level: names[record.level], logger: record.category.join("."), message: record.message.join(""), ...properties })}\n`;
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

/** Turns an event into log lines: one for each thing that happened. */
export function logEvent(event: SentinelEvent): void {
  const gate = getLogger(["release-sentinel", "gate"]);
  switch (event.type) {
    case "run.started":
      gate.info("{message}", { message: "Starting release validation", checks: event.checks });
      break;
    case "check.started":
      gate.debug("{message}", {
        message: `${event.check}: attempt ${event.attempt}`,
        check: event.check,
        attempt: event.attempt,
      });
      break;
    case "check.finished":
      for (const finding of event.findings) logFinding(finding);
      break;
    case "verdict": {
      const { verdict, exitCode, releasable } = event.verdict;
      const level = verdict === "SAFE" ? "info" : "error";
      gate[level]("{message}", { message: verdictSentence(event.verdict), verdict, exitCode, releasable });
      if (verdict === "SAFE" && !releasable && event.verdict.leftOut.length === 0) {
        gate.warning("{message}", {
          message: "Safe, but with warnings: release and apply need --allow-warnings",
        });
      }
      break;
    }
    case "notice":
      getLogger(event.from.split("."))[event.level]("{message}", { message: event.message });
  }
}

function logFinding(finding: Finding): void {
  const gate = getLogger(["release-sentinel", "gate"]);
  const { check, status, subject } = finding;
  const notes = excuses(finding);
  const message = notes.length > 0 ? `${finding.message} [${notes.join("; ")}]` : finding.message;
  const properties = { check, status, ...(subject === undefined ? {} : { subject }) };
  gate[finding.breakGlass ? "warning" : levelOf[status]]("{message}", { message, ...properties });
  if ((status === "fail" || status === "unknown" || status === "warn") && finding.remedy) {
    gate.info("{message}", { message: `To mend ${check}: ${finding.remedy}`, ...properties });
  }
}
