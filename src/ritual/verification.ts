import type { ReleaseFolder } from "../clients/release-folder.ts";
import { count, duration, printable } from "../core/text.ts";
import type { RitualRelease } from "./release.ts";

/** What became of one step, as the verification log and the ritual's answer have it. */
export interface StepRecord {
  readonly name: string;
  readonly title: string;
  /** `planned`: of a dry run. `left-out`: by `--only` or `--from`. `skipped`: it does not apply, and the message says why. */
  readonly outcome:
    | "did"
    | "was-done"
    | "planned"
    | "skipped"
    | "left-out"
    | "failed"
    | "conflict"
    | "unknown"
    | "not-reached";
  readonly message: string;
  readonly remedy?: string;
  /** RFC 3339; null when it did not run. */
  readonly startedAt: string | null;
  readonly durationMs: number | null;
  readonly warnings: readonly string[];
  readonly excerpt: string | null;
  readonly links: readonly { readonly label: string; readonly url: string }[];
}

/** The verification log: what was done for a tag, by whom, when, and what came of it. Fields are added, never renamed. */
export interface VerificationLog {
  readonly schema: "release-sentinel/ritual-log/v1";
  readonly tag: string;
  readonly rehearsal: boolean;
  readonly commit: string;
  readonly tagObject: string;
  readonly environment: string | null;
  readonly url: string | null;
  /** `completed`, `halted at STEP`, `in part`; in a dry run `planned`. */
  readonly result: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly actor: string | null;
  readonly runUrl: string | null;
  readonly tool: string;
  readonly steps: readonly StepRecord[];
}

export interface LogNames {
  readonly markdown: string;
  readonly json: string;
}

export function logNames(tag: string): LogNames {
  return namesOf(`VERIFICATION-${tag}`);
}

/** Of what was done for an environment when the tag's ritual was complete already: that one's log is final. */
export function laterNames({ tag, environment }: Pick<RitualRelease, "tag" | "environment">): LogNames {
  const whose = environment === null ? "" : `-${encodeURIComponent(environment)}`;
  return namesOf(`later/VERIFICATION-${tag}${whose}`);
}

function namesOf(name: string): LogNames {
  return { markdown: `${name}.md`, json: `${name}.json` };
}

/** The log that is in the folder for this release; null where there is none, or it is about another commit. */
export function readLog(
  folder: ReleaseFolder,
  { tag, commit }: RitualRelease,
  names = logNames(tag),
): VerificationLog | null {
  const text = folder.read(names.json)?.toString("utf8");
  if (text === undefined) return null;
  try {
    const log = JSON.parse(text) as VerificationLog;
    const isOurs = log.schema === "release-sentinel/ritual-log/v1" && log.commit === commit;
    return isOurs && Array.isArray(log.steps) ? log : null;
  } catch {
    return null;
  }
}

/** The log of a release as it is now. */
export function newLog(
  { tag, rehearsal, commit, tagObject, environment, url }: RitualRelease,
  rest: Pick<VerificationLog, "result" | "startedAt" | "actor" | "runUrl" | "tool" | "steps">,
): VerificationLog {
  return {
    schema: "release-sentinel/ritual-log/v1",
    ...{ tag, rehearsal, commit, tagObject, environment, url },
    endedAt: new Date().toISOString(),
    ...rest,
  };
}

export function logText(log: VerificationLog): string {
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Writes it as Markdown and JSON. @throws StepFailure */
export function writeLog(folder: ReleaseFolder, log: VerificationLog, names = logNames(log.tag)): void {
  folder.write(names.json, logText(log));
  folder.write(names.markdown, renderLog(log));
}

/** What an earlier run has said of a step that this one found done. */
export function withEarlier(
  steps: readonly StepRecord[],
  earlier: VerificationLog | null,
): readonly StepRecord[] {
  return steps.map((step) => {
    const before = earlier?.steps.find(({ name }) => name === step.name);
    const isKnown = step.outcome === "was-done" || step.outcome === "left-out";
    return isKnown && before?.outcome === "did" ? before : step;
  });
}

const marks: Readonly<Record<StepRecord["outcome"], string>> = {
  did: "✔ done",
  "was-done": "✔ was done",
  planned: "○ planned",
  skipped: "– skipped",
  "left-out": "– left out",
  failed: "✖ failed",
  conflict: "✖ conflict",
  unknown: "? unknown",
  "not-reached": "– not reached",
};

export function renderLog(log: VerificationLog): string {
  const { tag, rehearsal, commit, tagObject, environment, url, result, steps } = log;
  const facts: readonly (readonly [string, string | null])[] = [
    ["Tag", tag],
    ["Commit", commit],
    ["Tag object", tagObject],
    ["Environment", environment],
    ["Result", result],
    ["Begun", log.startedAt],
    ["Ended", log.endedAt],
    ["By", log.actor],
    ["Run", log.runUrl],
    ["Release", url],
    ["Tool", log.tool],
  ];
  const lines = [
    `# ${rehearsal ? "REHEARSAL: " : ""}Verification of ${cell(tag)}`,
    "",
    ...(rehearsal ? ["This was a rehearsal. Nothing final was published.", ""] : []),
    "| | |",
    "|---|---|",
    ...facts.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${cell(value)} |`])),
    "",
    "| Step | Result | Time | |",
    "|---|---|---|---|",
    ...steps.map(
      ({ name, outcome, durationMs, message }) =>
        `| ${cell(name)} | ${marks[outcome]} | ${durationMs === null ? "" : duration(durationMs)} | ${cell(message)} |`,
    ),
    "",
    ...steps.flatMap(section),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function section({ name, startedAt, warnings, excerpt: said, links }: StepRecord): readonly string[] {
  const excerpt = said || null;
  if (warnings.length === 0 && excerpt === null && links.length === 0) return [];
  const fence = "`".repeat(
    Math.max(3, ...[...(excerpt ?? "").matchAll(/`+/g)].map(([run]) => run.length + 1)),
  );
  return [
    `## ${cell(name)}`,
    "",
    ...(startedAt === null ? [] : [`Begun ${startedAt}.`, ""]),
    ...(warnings.length === 0 ? [] : [`${count(warnings.length, "warning")}:`, ""]),
    ...warnings.map((warning) => `- ${cell(warning)}`),
    ...(warnings.length === 0 ? [] : [""]),
    ...(excerpt === null
      ? []
      : [`${fence}text`, ...excerpt.split("\n").map((line) => printable(line, 1000)), fence, ""]),
    ...links.map(({ label, url }) => `- ${cell(label)}: <${printable(url, 2000)}>`),
    ...(links.length === 0 ? [] : [""]),
  ];
}

/** Text from outside, so that it stays one cell and nothing of it is markup. */
function cell(text: string): string {
  return printable(text, 1000).replace(/[\\|`*_[\]<>#]/g, (char) =>
    char === "_" || char === "#" ? char : `\\${char}`,
  );
}
