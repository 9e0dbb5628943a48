import type { Finding } from "../../core/finding.ts";
import type { Verdict } from "../../core/verdict.ts";
import { accounted, excuses, say, statusWord, title, weight } from "./words.ts";

/** GitHub shows ten annotations of a sort for a step and drops the others without a word. */
const shown = 10;
const commands = [
  ["error", "error"],
  ["warning", "warning"],
  ["excused", "notice"],
] as const;

/** Workflow commands, one a line to be printed: what failed, what warns, what was let pass. */
export function annotations(verdict: Verdict): string[] {
  const findings = accounted(verdict);
  return commands.flatMap(([wanted, command]) => {
    const these = findings.filter((finding) => weight(finding, verdict) === wanted);
    if (these.length <= shown) return these.map((finding) => annotation(command, finding));
    const more = `::${command} title=release-sentinel::and ${these.length - shown + 1} more, see the job summary`;
    return [...these.slice(0, shown - 1).map((finding) => annotation(command, finding)), more];
  });
}

function annotation(command: string, finding: Finding): string {
  const { message, details = [], remedy, location } = finding;
  const lines = [message, ...details.slice(0, 10), ...excuses(finding), ...(remedy ? [`→ ${remedy}`] : [])];
  const where = location
    ? [`file=${property(say(location.file, 1000))}`, ...(location.line ? [`line=${location.line}`] : [])]
    : [];
  const properties = [...where, `title=${property(say(`${title(finding)}: ${statusWord(finding)}`, 200))}`];
  return `::${command} ${properties.join(",")}::${data(lines.map((line) => say(line, 1000)).join("\n"))}`;
}

/** An error that stopped the run before there was a verdict; one that begins `file:line:column:` is shown at that place. */
export function errorAnnotation(message: string, remedy: string | undefined): string {
  const [, file, line, column] = /^([^\s:]+):(\d+):(\d+): /.exec(message) ?? [];
  const where = file ? `file=${property(say(file, 1000))},line=${line},col=${column},` : "";
  return `::error ${where}title=release-sentinel::${data(say(remedy ? `${message} → ${remedy}` : message, 2000))}`;
}

/** An annotation about the run itself. */
export function levelAnnotation(
  level: "notice" | "warning" | "error",
  message: string,
  remedy: string | undefined,
): string {
  return `::${level} title=release-sentinel::${data(say(remedy ? `${message} → ${remedy}` : message, 2000))}`;
}

/**
 * What to append to the file named by GITHUB_OUTPUT: `verdict`, `exit-code` and `report`.
 * @param more outputs besides
 * @param delimiter random, so that no value can end its own block and add an output of its own
 * @throws when a value holds the delimiter all the same
 */
export function outputs(
  verdict: { readonly verdict: Verdict["verdict"] | ""; readonly exitCode: number },
  report: string,
  delimiter: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const values = { verdict: verdict.verdict, "exit-code": String(verdict.exitCode), report, ...more };
  return Object.entries(values)
    .map(([name, value]) => {
      if (value.includes(delimiter)) throw new Error(`the delimiter occurs in the output ${name}`);
      return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
    })
    .join("");
}

/** Commands that make the runner mask values in its log; each line of a value by itself, as the log is masked by lines. */
export function maskCommands(values: readonly string[]): string[] {
  const lines = values.flatMap((value) => {
    const parts = value.split(/\r\n|\r|\n/);
    // The braces of a JSON credential are no secret, and masking them would star out the whole log.
    return parts.filter((line) => line.trim().length >= (parts.length === 1 ? 1 : 6));
  });
  return [...new Set(lines)].map((line) => `::add-mask::${data(line)}`);
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
