import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { SentinelError } from "../core/errors.ts";
import type { Verdict } from "../core/verdict.ts";
import type { ReleaseOutcome } from "../flows/release/outcome.ts";
import { annotations, errorAnnotation, maskCommands, outputs } from "../gate/report/github.ts";
import { markdown } from "../gate/report/markdown.ts";
import { say } from "../gate/report/words.ts";
import type { Context } from "./context.ts";
import type { Failure } from "./failure.ts";
import { logEvent } from "./logging.ts";
import { asCommand } from "./terminal.ts";

/** Tells the runner what it must not show. These lines alone hold secrets: the runner takes them out of the log. */
export function maskSecrets(context: Context): void {
  for (const line of maskCommands(context.sentinel.secrets.values))
    asCommand(() => context.terminal.stderr.write(`${line}\n`));
}

/** Annotations, job summary and outputs: of a verdict, and of the reports that could not be written. */
export async function publish(
  context: Context,
  verdict: Verdict,
  unwritten: readonly SentinelError[],
): Promise<void> {
  // What was read on the way, a mounted file for one, is new to the runner.
  maskSecrets(context);
  for (const line of annotations(verdict)) context.command(line);
  for (const { message, remedy } of unwritten) context.command(errorAnnotation(message, remedy));
  const report = fitting(markdown(verdict));
  append(context, "GITHUB_STEP_SUMMARY", `${report}\n`);
  append(context, "GITHUB_OUTPUT", outputs(verdict, report, `EOF-${randomUUID()}`));
}

/** How a release ended, after what the gate has said of itself. */
export function publishRelease(context: Context, outcome: ReleaseOutcome): void {
  const { exitCode, message, reasons, resume, url, version } = outcome;
  publishEnd(context, {
    exitCode,
    message,
    annotated: outcome.verdict.exitCode === 0,
    remedy: resume ?? reasons[0]?.remedy,
    lines: [message, ...reasons.flatMap(({ remedy }) => remedy ?? []), ...(resume === null ? [] : [resume])],
    link: url,
    outputs: { release: outcome.outcome, tag: version, "release-url": url ?? "" },
  });
}

/** How a command ended that does more than to judge. */
export interface Ending {
  readonly exitCode: 0 | 1 | 2;
  readonly message: string;
  /** Whether a failure is an annotation: it is none where another one has said it. Default: true. */
  readonly annotated?: boolean;
  readonly remedy?: string | undefined;
  /** The report. */
  readonly lines: readonly string[];
  /** Below the report in the job's summary. */
  readonly link?: string | null;
  /** Besides `verdict`, `exit-code` and `report`. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Annotation, job summary and outputs of such a command. */
export function publishEnd(context: Context, ending: Ending): void {
  maskSecrets(context);
  const { exitCode, message, annotated = true, remedy, lines, link = null } = ending;
  if (exitCode !== 0 && annotated) context.command(errorAnnotation(message, remedy));
  const report = fitting(lines.map((line) => say(context.sentinel.secrets.mask(line))).join("\n"));
  const verdict = (["SAFE", "BLOCKED", "CRITICAL"] as const)[exitCode];
  append(context, "GITHUB_STEP_SUMMARY", `${codeBlock(link === null ? report : `${report}\n${link}`)}\n`);
  append(
    context,
    "GITHUB_OUTPUT",
    outputs({ verdict, exitCode }, report, `EOF-${randomUUID()}`, ending.outputs),
  );
}

/** Of summaries and outputs above 1 MiB the runner keeps nothing: whole lines up to there. */
function fitting(report: string): string {
  if (Buffer.byteLength(report) <= mostBytes) return report;
  const start = Buffer.from(report).subarray(0, mostBytes).toString("utf8");
  return `${start.slice(0, start.lastIndexOf("\n"))}\n\n… and more: --report writes the whole to a file`;
}

/** A release publishes twice: the gate, and its end. */
const mostBytes = 500_000;

function codeBlock(text: string): string {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}text\n${text}\n${fence}`;
}

/** What a later step of the job must know when there is no verdict. */
export function publishError(context: Context, error: Failure): void {
  const { exitCode } = error;
  const report = context.sentinel.secrets.mask(error.message);
  // An interrupted run has no verdict.
  const verdict = exitCode === 1 ? "BLOCKED" : exitCode === 2 ? "CRITICAL" : "";
  context.command(errorAnnotation(error.message, error.remedy));
  append(context, "GITHUB_OUTPUT", outputs({ verdict, exitCode }, report, `EOF-${randomUUID()}`));
}

function append(context: Context, variable: string, text: string): void {
  const path = context.env[variable];
  if (!path) return;
  try {
    appendFileSync(path, text);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    logEvent({
      type: "notice",
      level: "warning",
      from: "release-sentinel.github",
      message: `cannot write to ${variable} (${cause})`,
    });
  }
}
