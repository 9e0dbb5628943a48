import { count } from "../../core/text.ts";
import { columns, pad } from "../../gate/report/columns.ts";
import { jsonText, say, shortCommit } from "../../gate/report/words.ts";
import type { Change, ReplayReport, Untold } from "../replay.ts";
import type { Later, RunName } from "./runs.ts";
import type { CheckRow } from "./tally.ts";

export type ReplayFormat = "text" | "markdown" | "json";

/** Lines of runs, and of reasons, in text for people; the JSON has all. */
const shownRuns = 50;
const shownReasons = 3;
const shownNumbers = 5;

/** A replay report as text, with its last line break. Masking is the caller's. */
export function renderReplay(report: ReplayReport, format: ReplayFormat): string {
  if (format === "json") return jsonText(report);
  return format === "markdown" ? markdown(report) : text(report);
}

const heads = [
  "Check",
  "Asked",
  "Would stop",
  "Would let pass",
  "Cannot tell",
  "Later bad",
  "Later good",
  "Runs",
];

function text(report: ReplayReport): string {
  const rows = report.checks.map(cells);
  const widths = heads.map((head, i) => Math.max(columns(head), ...rows.map((row) => columns(row[i] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        i === 0 || i === heads.length - 1 ? pad(cell, widths[i] ?? 0) : right(cell, widths[i] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const table =
    rows.length === 0 ? [] : ["", line(heads.map((head) => head.toUpperCase())), ...rows.map(line)];
  const sections = parts(report).flatMap(({ title, lines }) => [
    "",
    `${title}:`,
    ...lines.map((one) => `  ${one}`),
  ]);
  return `${[title(report), ...summary(report).map((one) => `  ${one}`), ...table, ...sections].join("\n")}\n`;
}

function markdown(report: ReplayReport): string {
  const rows = report.checks.map((row) => `| ${cells(row).map(cell).join(" | ")} |`);
  const rule = heads.map((_, i) => (i === 0 || i === heads.length - 1 ? "---" : "---:"));
  const table = rows.length === 0 ? [] : ["", `| ${heads.join(" | ")} |`, `| ${rule.join(" | ")} |`, ...rows];
  const sections = parts(report).flatMap(({ title, lines }) => [
    "",
    `### ${title}`,
    "",
    ...lines.map((one) => `- ${code(one)}`),
  ]);
  const head = [`## ${code(title(report))}`, "", ...summary(report).map((one) => `- ${code(one)}`)];
  return `${[...head, ...table, ...sections].join("\n")}\n`;
}

function title({ kind, policies }: ReplayReport): string {
  if (kind === "shadow") return "Checks in shadow mode, by what they would have done";
  const sources = new Set(Object.values(policies).map(({ source }) => source));
  return `Recorded runs, judged again by ${say([...sources].join(", ") || "the policy", 300)}`;
}

function summary({ runs, from, to, policies }: ReplayReport): string[] {
  const { total, same, wouldStop, wouldPass, unknown, unreadable } = runs;
  if (total === 0) return ["no run is recorded", ...(unreadable > 0 ? [unread(unreadable)] : [])];
  const digests = Object.entries(policies).map(
    ([environment, { digest }]) => `policy of ${say(environment, 100)}: ${digest}`,
  );
  return [
    `${count(total, "run")} from ${from} to ${to}`,
    `${same} the same, ${wouldStop} passed and would be stopped, ${wouldPass} stopped and would pass, ${unknown} cannot be told`,
    ...(unreadable > 0 ? [unread(unreadable)] : []),
    ...digests,
  ];
}

function unread(n: number): string {
  return `${count(n, "verdict")} cannot be read (written by another version)`;
}

function parts(report: ReplayReport): { title: string; lines: readonly string[] }[] {
  const { wouldStop, wouldPass, unknown, checks } = report;
  const all = [
    { title: "Passed, and would be stopped", lines: some(wouldStop.map(changeLine)) },
    { title: "Stopped, and would pass", lines: some(wouldPass.map(changeLine)) },
    { title: "Cannot be told", lines: some(unknown.map(untoldLine)) },
    { title: "Why it cannot be told", lines: checks.flatMap(whyLines) },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

function some(lines: readonly string[]): readonly string[] {
  const more = lines.length - shownRuns;
  return more <= 0 ? lines : [...lines.slice(0, shownRuns), `… and ${more} more (all of them: --json)`];
}

function cells(row: CheckRow): string[] {
  const { check, runs, wouldStop, wouldLetPass, unknown, laterBad, laterGood, named } = row;
  const numbers = named.slice(0, shownNumbers).map((seq) => `#${seq}`);
  const more = named.length > shownNumbers ? [`+${named.length - shownNumbers}`] : [];
  const counts = [runs, wouldStop, wouldLetPass, unknown, laterBad, laterGood].map(String);
  return [say(check, 100), ...counts, [...numbers, ...more].join(" ")];
}

function changeLine({ run, was, now, because, later }: Change): string {
  const why = because.map(({ check, message }) => `${say(check, 100)}: ${say(message, 300)}`).join("; ");
  return `${runText(run)}  ${was} → ${now}  ${why}${laterText(later)}`;
}

function untoldLine({ run, was, because }: Untold): string {
  return `${runText(run)}  ${was} → ?  ${because.map(({ check }) => say(check, 100)).join(", ")}`;
}

function whyLines({ check, why }: CheckRow): string[] {
  return why
    .slice(0, shownReasons)
    .map(({ reason, runs }) => `${say(check, 100)} (${count(runs, "run")}): ${say(reason, 300)}`);
}

function runText({ seq, time, environment, version, commit, url }: RunName): string {
  const words = [time.slice(0, 16).replace("T", " "), environment, version, shortCommit(commit)];
  const known = words.flatMap((word) => (word ? [say(word, 100)] : []));
  return `#${seq}  ${known.join(" ")}${url === null ? "" : ` ${say(url, 300)}`}`;
}

function laterText({ what, seq }: Later): string {
  if (what === "bad") return `  (rolled back later: #${seq})`;
  return what === "good" ? `  (went out: #${seq})` : "";
}

function right(cell: string, width: number): string {
  return " ".repeat(Math.max(0, width - columns(cell))) + cell;
}

/** In a code span there is no markup, mention or link; its fence is longer than any run of backticks inside. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = /^[ `]|[ `]$/.test(text) ? " " : "";
  return `${fence}${space}${text}${space}${fence}`;
}

/** A pipe ends a table's cell even inside a code span. */
function cell(text: string): string {
  return text === "" ? "" : code(text).replaceAll("|", "\\|");
}
