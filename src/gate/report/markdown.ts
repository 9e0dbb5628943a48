import type { Finding } from "../../core/finding.ts";
import { duration } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  excuses,
  say,
  shortCommit,
  statusWord,
  tally,
  title,
  verdictSentence,
  type Weight,
  weight,
  withheld,
} from "./words.ts";

/** A comment on GitHub holds 65,536 characters. */
const room = 60_000;
const marks = { SAFE: "✅", BLOCKED: "⛔", CRITICAL: "🚨" } as const;
const icons: Record<Weight, string> = {
  error: "❌",
  warning: "⚠️",
  excused: "🟡",
  notice: "ℹ️",
  ok: "✅",
  skipped: "➖",
};
const order: readonly Weight[] = ["error", "warning", "excused", "notice"];

/**
 * GitHub-flavoured Markdown for comments and job summaries: what matters in a table, the rest folded away.
 * Text from outside stands in code spans only: there is no markup, mention, link or reference in them.
 */
export function markdown(verdict: Verdict): string {
  const { verdict: word, version, environment, for: purpose, findings } = verdict;
  const weighed = findings.map((finding) => ({ finding, weight: weight(finding, verdict) }));
  const matter = order.flatMap((wanted) => weighed.filter(({ weight }) => weight === wanted));
  const rest = weighed.filter(({ weight }) => weight === "ok" || weight === "skipped");
  const reserve = withheld(verdict);
  const head = [
    `## ${marks[word]} ${word}: ${version === null ? "" : `${code(version, 100)} `}for ${code(environment, 100)} (${purpose})`,
    code(verdictSentence(verdict), 2000),
    ...(reserve ? [`> ⚠️ **Not releasable:** ${code(reserve, 1000)}`] : []),
  ].join("\n\n");
  const foot = `${facts(verdict)}\n`;
  const left = { characters: room - head.length - foot.length };
  const table = rows("| | Check | What was found |\n| --- | --- | --- |", matter, left, (item) =>
    row(item.finding, item.weight),
  );
  const list = rows(
    "",
    rest,
    left,
    (item) => `- ${icons[item.weight]} ${code(title(item.finding), 200)} ${code(item.finding.message, 300)}`,
  );
  return [
    head,
    ...(matter.length > 0 ? [table] : []),
    ...(rest.length > 0 ? [folded(tally(rest.map(({ finding }) => finding)), list)] : []),
    foot,
  ].join("\n\n");
}

/** As many rows as there is room for, and how many there was none for. */
function rows<T>(
  head: string,
  items: readonly T[],
  left: { characters: number },
  draw: (item: T) => string,
): string {
  const lines = head === "" ? [] : [head];
  for (const [i, item] of items.entries()) {
    const line = draw(item);
    if (line.length + 100 > left.characters) {
      lines.push("", `… and ${items.length - i} more, for which there is no room here.`);
      break;
    }
    left.characters -= line.length + 1;
    lines.push(line);
  }
  return lines.join("\n");
}

function row(finding: Finding, weight: Weight): string {
  const { message, details = [], remedy } = finding;
  const shown = details.slice(0, 10).map((detail) => `· ${code(detail, 300)}`);
  const found = [
    code(message, 500),
    ...shown,
    ...(details.length > shown.length ? [`· … and ${details.length - shown.length} more`] : []),
    ...excuses(finding).map((excuse) => `**${code(excuse, 300)}**`),
    ...(remedy ? [`→ ${code(remedy, 500)}`] : []),
  ].join("<br>");
  return `| ${icons[weight]} ${statusWord(finding)} | ${cell(code(title(finding), 400))} | ${cell(found)} |`;
}

function folded(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function facts({ commit, branch, policySource, policyDigest, durationMs, leftOut, at }: Verdict): string {
  const known = [
    ...(commit ? [`commit ${code(shortCommit(commit) ?? "")}`] : []),
    ...(branch ? [`branch ${code(branch, 200)}`] : []),
    `policy ${code(policySource, 200)} ${code(policyDigest.slice(0, 19))}`,
    ...(at ? [`as of ${code(at)}`] : []),
    ...(leftOut.length > 0 ? [`left out ${code(leftOut.join(", "), 500)}`] : []),
    `took ${duration(durationMs)}`,
  ];
  return `<sub>${known.join(" · ")}</sub>`;
}

/** A code span; its fence is longer than any run of backticks inside, and runs that parsers give up on are cut short. */
function code(text: string, maxLength = 1000): string {
  const inside = say(text, maxLength).replace(/`{9,}/g, "````````…");
  if (inside.trim() === "") return "";
  const longest = Math.max(0, ...(inside.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = /^[ `]|[ `]$/.test(inside) ? " " : "";
  return `${fence}${space}${inside}${space}${fence}`;
}

/** A pipe ends a table's cell even inside a code span. */
function cell(markup: string): string {
  return markup.replaceAll("|", "\\|");
}
