import type { Finding } from "../../core/finding.ts";
import { duration } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  excuses,
  type ReportOptions,
  say,
  shortCommit,
  statusWord,
  tally,
  title,
  verdictSentence,
  withheld,
} from "./words.ts";

const indent = " ".repeat(12);

/** Plain lines for logs and people: what was asked, a line a finding, the stable sentence last. */
export function text(verdict: Verdict, { toolVersion }: ReportOptions): string {
  const lines = [
    `release-sentinel ${toolVersion}: ${asked(verdict)}`,
    ...verdict.findings.flatMap(findingLines),
    `${tally(verdict.findings)}, in ${duration(verdict.durationMs)}`,
  ];
  if (verdict.leftOut.length > 0) lines.push(`left out: ${say(verdict.leftOut.join(", "))}`);
  const reserve = withheld(verdict);
  if (reserve) lines.push(reserve);
  lines.push(verdictSentence(verdict));
  return `${lines.join("\n")}\n`;
}

function asked({ version, environment, for: purpose, commit, branch, policySource, at }: Verdict): string {
  const about = [
    `${version === null ? "" : `${say(version)} `}for ${say(environment)} (${purpose})`,
    ...(commit ? [`commit ${shortCommit(commit)}`] : []),
    ...(branch ? [`branch ${say(branch)}`] : []),
    `policy ${say(policySource)}`,
    ...(at ? [`as of ${at}`] : []),
  ];
  return about.join(", ");
}

function findingLines(finding: Finding): string[] {
  return [
    `${statusWord(finding).padEnd(indent.length)}${title(finding)}: ${say(finding.message)}`,
    ...(finding.details ?? []).map((detail) => `${indent}  ${say(detail)}`),
    ...excuses(finding).map((excuse) => `${indent}${excuse}`),
    ...(finding.remedy ? [`${indent}→ ${say(finding.remedy)}`] : []),
  ];
}
