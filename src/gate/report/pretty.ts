import { styleText } from "node:util";
import type { Finding } from "../../core/finding.ts";
import { count, duration } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import { columns, cut, pad, wrap } from "./columns.ts";
import {
  excuses,
  type ReportOptions,
  say,
  shortCommit,
  statusWord,
  tally,
  verdictSentence,
  type Weight,
  weight,
  withheld,
} from "./words.ts";

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

interface Page {
  readonly paint: Paint;
  readonly width: number;
  /** Columns for the names of checks. */
  readonly names: number;
}

const looks: Record<Weight, { readonly mark: string; readonly style: Style }> = {
  ok: { mark: "✔", style: "green" },
  skipped: { mark: "–", style: "dim" },
  notice: { mark: "ℹ", style: "cyan" },
  excused: { mark: "▲", style: ["bold", "magenta"] },
  warning: { mark: "!", style: ["bold", "yellow"] },
  error: { mark: "✖", style: ["bold", "red"] },
};
const groups: readonly (readonly Weight[])[] = [
  ["ok", "skipped"],
  ["notice"],
  ["excused"],
  ["warning"],
  ["error"],
];
const endings = {
  SAFE: { mark: "✔", style: "green" },
  BLOCKED: { mark: "✖", style: "red" },
  CRITICAL: { mark: "✖", style: "magenta" },
} as const;
/** More passed checks than this are named, not listed. */
const listed = 16;

/** For terminals: what passed first and short, what failed last with the next thing to do, then the verdict. */
export function pretty(verdict: Verdict, { color, width = 80, toolVersion }: ReportOptions): string {
  const weighed = verdict.findings.map((finding) => ({ finding, weight: weight(finding, verdict) }));
  const usable = Math.max(40, Math.min(width, 120));
  const longest = Math.max(0, ...weighed.map(({ finding }) => columns(say(finding.check, 200))));
  const page: Page = {
    paint: (style, text) => (color && text !== "" ? styleText(style, text, { validateStream: false }) : text),
    width: usable,
    names: Math.min(longest, Math.floor(usable * 0.3)),
  };
  const blocks = groups.map((group) => {
    const items = weighed.filter((item) => group.includes(item.weight));
    if (group.includes("ok") && items.length > listed)
      return names(
        items.map(({ finding }) => finding),
        page,
      );
    return items.flatMap(({ finding, weight }) => entry(finding, weight, page));
  });
  const body = [header(verdict, toolVersion, page), ...blocks, ending(verdict, page)].filter(
    (lines) => lines.length > 0,
  );
  return `\n${body.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** What is judged, and by which policy. */
function header(verdict: Verdict, toolVersion: string, { paint, width }: Page): string[] {
  const { version, environment, for: purpose, commit, branch, policySource, leftOut, at } = verdict;
  const what = `${version === null ? "" : `${say(version)} → `}${say(environment)}`;
  const facts = [
    `for ${purpose}`,
    ...(commit ? [`commit ${shortCommit(commit)}`] : []),
    ...(branch ? [`branch ${say(branch)}`] : []),
    `policy ${say(policySource)}`,
    ...(at ? [`as of ${at}`] : []),
  ];
  const missing = leftOut.length > 0 ? wrap(`left out: ${say(leftOut.join(", "))}`, width - 2) : [];
  return [
    ...wrap(what, width - 2).map((line) => ` ${paint("bold", line)}`),
    ...joined([...facts, `release-sentinel ${toolVersion}`], width - 2).map(
      (line) => ` ${paint("dim", line)}`,
    ),
    ...missing.map((line) => ` ${paint(["bold", "yellow"], line)}`),
  ];
}

/** Facts with dots between them, broken only where a dot would be. */
function joined(facts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    const longer = `${last} · ${fact}`;
    if (last !== undefined && columns(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(cut(fact, width));
  }
  return lines;
}

function entry(finding: Finding, weight: Weight, page: Page): string[] {
  const { paint, width, names } = page;
  const { mark, style } = looks[weight];
  const name = say(finding.check, 200);
  const indent = " ".repeat(names + 5);
  const room = width - indent.length - 1;
  const told = message(finding, weight, room, paint);
  const head = ` ${paint(style, mark)} ${paint(weight === "error" ? "bold" : [], pad(name, names))}  `;
  const [first = "", ...more] = columns(name) > names ? ["", ...told] : told;
  return [
    `${head}${first}`.trimEnd(),
    ...more.map((line) => `${indent}${line}`),
    ...details(finding, room - 4).map((line) => `${indent}  ${paint("dim", line)}`),
    ...excuses(finding).flatMap((text) =>
      wrap(text, room).map((line) => `${indent}${paint("magenta", line)}`),
    ),
    ...remedy(finding, weight, indent, page),
  ];
}

/** The message with its status before it where the mark alone does not tell it, what it is about, and how long it took. */
function message(finding: Finding, weight: Weight, room: number, paint: Paint): string[] {
  const { subject } = finding;
  const badge =
    weight === "excused" || finding.status === "unknown" ? `${statusWord(finding).toUpperCase()} ` : "";
  const about = subject === undefined || finding.message.includes(subject) ? "" : ` (${say(subject, 200)})`;
  const text = `${badge}${say(finding.message)}${about}`;
  const time = slow(finding);
  const lines = wrap(text, room);
  const gap = room - columns(lines.at(-1) ?? "") - columns(time);
  // Where a column of times does not fit, it is said after the message.
  const told =
    time !== "" && gap < 2 ? wrap(`${text} ${`· ${time}`.replaceAll(" ", "\u00a0")}`, room) : lines;
  const painted = told.map((line, i) =>
    i === 0 && badge !== "" && line.startsWith(badge)
      ? `${paint(looks[weight].style, badge.trimEnd())} ${tinted(line.slice(badge.length), weight, paint)}`
      : tinted(line, weight, paint),
  );
  return time === "" || gap < 2
    ? painted
    : [...painted.slice(0, -1), `${painted.at(-1)}${" ".repeat(gap)}${paint("dim", time)}`];
}

function tinted(text: string, weight: Weight, paint: Paint): string {
  if (weight === "error") return paint("red", text);
  return weight === "warning" ? paint("yellow", text) : text;
}

function slow({ durationMs, attempts }: Finding): string {
  const times = attempts > 1 ? ` ×${attempts}` : "";
  return durationMs >= 100 || times ? `${duration(durationMs)}${times}` : "";
}

const mostDetails = 10;

function details({ details = [] }: Finding, room: number): string[] {
  const shown = details
    .slice(0, mostDetails)
    .flatMap((detail) => wrap(say(detail, 1000), room).map((line, i) => (i === 0 ? line : `  ${line}`)));
  return details.length > mostDetails ? [...shown, `… and ${details.length - mostDetails} more`] : shown;
}

/** Never broken by us, so that it can be copied: nearer to the edge instead when it is long. */
function remedy({ remedy }: Finding, weight: Weight, indent: string, { paint, width }: Page): string[] {
  if (!remedy || weight === "ok") return [];
  const command = say(remedy);
  const near = indent.length + columns(command) + 3 > width ? "   " : indent;
  return [`${near}${paint("cyan", "→")} ${paint(["bold", "cyan"], command)}`];
}

/** Many passed checks: only their names. */
function names(findings: readonly Finding[], { paint, width }: Page): string[] {
  const lines = (["ok", "skipped"] as const).map((status) => {
    const these = findings.filter((finding) => finding.status === status);
    if (these.length === 0) return [];
    const { mark, style } = looks[status];
    const all = [...new Set(these.map(({ check }) => say(check, 200)))].join(", ");
    const [first = "", ...more] = wrap(`${these.length} ${status}: ${all}`, width - 4);
    return [` ${paint(style, mark)} ${first}`, ...more.map((line) => `   ${line}`)];
  });
  return lines.flat();
}

function ending(verdict: Verdict, { paint, width }: Page): string[] {
  const { findings, durationMs } = verdict;
  const { mark, style } = endings[verdict.verdict];
  const word = `${mark} ${verdict.verdict}`;
  const reserve = withheld(verdict);
  const total = `${count(findings.length, "finding")}: ${tally(findings)} · took ${duration(durationMs)}`;
  const [first = "", ...more] = wrap(`${word}  ${verdictSentence(verdict)}`, width - 4);
  return [
    paint("dim", ` ${"─".repeat(width - 2)}`),
    ...wrap(total, width - 2).map((line) => ` ${paint("dim", line)}`),
    ...(reserve ? wrap(`! ${reserve}`, width - 2).map((line) => ` ${paint(["bold", "yellow"], line)}`) : []),
    ` ${paint(["bold", style], word)}${paint("bold", first.slice(word.length))}`,
    ...more.map((line) => `   ${paint("bold", line)}`),
  ];
}
