import type { Finding } from "../../core/finding.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  accounted,
  excuses,
  type ReportOptions,
  say,
  statusWord,
  title,
  verdictSentence,
  weight,
} from "./words.ts";

/** TAP version 14: a test point per finding; the whole is not ok exactly when the verdict is not SAFE. */
export function tap(verdict: Verdict, { toolVersion }: ReportOptions): string {
  const findings = accounted(verdict);
  return [
    "TAP version 14",
    `# release-sentinel ${toolVersion}`,
    `1..${findings.length}${findings.length === 0 ? " # SKIP nothing was checked" : ""}`,
    ...findings.map((finding, i) => point(finding, i + 1, verdict)),
    `# ${verdictSentence(verdict)}`,
    "",
  ].join("\n");
}

function point(finding: Finding, number: number, verdict: Verdict): string {
  const { status } = finding;
  const happy = status === "ok" || status === "notice" || status === "warn" || status === "skipped";
  const ok = happy && !finding.shadow ? "ok" : "not ok";
  const description = `${title(finding)}: ${say(finding.message, 500)}`;
  return [
    `${ok} ${number} - ${escaped(description)}${directive(finding, verdict)}`,
    ...diagnostics(finding),
  ].join("\n");
}

/** A point that is not ok but carries TODO does not count as a failure. */
function directive(finding: Finding, verdict: Verdict): string {
  const { status, message } = finding;
  if (status === "skipped") return ` # SKIP ${escaped(say(message, 200))}`;
  if (weight(finding, verdict) === "excused") return ` # TODO ${escaped(excuses(finding).join("; "))}`;
  return status === "unknown" && verdict.verdict === "SAFE"
    ? " # TODO could not be found out, a warning here"
    : "";
}

function diagnostics(finding: Finding): string[] {
  const { kind, status, message, details, remedy, durationMs, attempts, location } = finding;
  if (status === "ok" && !details?.length) return [];
  const at = location && `${location.file}${location.line === undefined ? "" : `:${location.line}`}`;
  const known = { kind, status: statusWord(finding), message, details, remedy, at, durationMs, attempts };
  const lines = Object.entries(known).flatMap(([key, value]) =>
    value === undefined ? [] : [`  ${key}: ${yaml(value)}`],
  );
  return ["  ---", ...lines, "  ..."];
}

/** JSON is YAML; strings lose what a terminal would obey. */
function yaml(value: string | number | readonly string[]): string {
  if (typeof value === "number") return String(value);
  return JSON.stringify(typeof value === "string" ? say(value) : value.map((item) => say(item)));
}

/** `#` would begin a directive, `{` at the end of a line a subtest. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("#", "\\#")
    .replace(/\{\s*$/, "{…");
}
