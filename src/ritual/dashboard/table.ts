import { printable } from "../../core/text.ts";
import type { ProbedPanel, ProbeRecord } from "./record.ts";

/** `dashboard/probe.md`: what was asked, and what came. */
export function probeTable(probe: ProbeRecord): string {
  const { dashboard, window, summary, tag, failures, warnings } = probe;
  const rows = probe.panels.map(row);
  return [
    `# Dashboard probe of ${cell(tag)}`,
    "",
    `[${cell(dashboard.title)}](<${dashboard.url.replace(/[<>\s]/g, "")}>), ${window.from} to ${window.to}`,
    "",
    `**${summary}**`,
    "",
    "| id | panel | type | data source | queries | state | points | why |",
    "| --: | --- | --- | --- | --- | --- | --: | --- |",
    ...rows,
    ...section("Failures", failures),
    ...section("Warnings", warnings),
    "",
  ].join("\n");
}

function row({ id, title, type, datasource, refIds, state, reason, notes, points }: ProbedPanel): string {
  const why = [reason, ...notes].filter((text) => text !== "").join("; ");
  const cells = [title, type, datasource, refIds.join(", "), state].map(cell);
  return `| ${id} | ${cells.join(" | ")} | ${points} | ${cell(why)} |`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines.map((line) => `- ${cell(line)}`)];
}

/** Text that stays text: no markup, no cell of its own. */
function cell(text: string): string {
  return printable(text, 500).replace(/[\\`*_[\]<>|#~]/g, "\\$&");
}
