import type { SentinelError } from "../core/errors.ts";

/** What is said of an error: one line for people, or for programs where log lines are JSON. */
export function errorLine(
  { code, message, remedy, exitCode }: Pick<SentinelError, "code" | "message" | "remedy" | "exitCode">,
  logFormat: "text" | "json",
): string {
  if (logFormat === "text") return `release-sentinel: ${message}${remedy ? ` → ${remedy}` : ""}\n`;
  const properties = { code, exitCode, ...(remedy ? { remedy } : {}) };
  const time = new Date().toISOString();
  return `${JSON.stringify({ time, level: "ERROR", logger: "release-sentinel", message, ...properties })}\n`;
}
