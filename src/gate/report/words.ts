import type { Finding } from "../../core/finding.ts";
import { printable } from "../../core/text.ts";
import type { Verdict } from "../../core/verdict.ts";

/** What every report is made of, besides the verdict. */
export interface ReportOptions {
  readonly color: boolean;
  /** Columns; only `pretty` looks at it. */
  readonly width?: number;
  readonly toolVersion: string;
}

/** How much a finding weighs in this verdict, in the order in which a reader's eye should meet it last to first. */
export type Weight = "error" | "warning" | "excused" | "notice" | "ok" | "skipped";

const longest = 10_000;

/** The stable sentence that ends a run (CONTRACT: never changed). */
export function verdictSentence({
  verdict,
  reasons,
  schema,
}: Pick<Verdict, "verdict" | "reasons"> & Partial<Pick<Verdict, "schema">>): string {
  const why = reasons.map((reason) => say(reason)).join("; ");
  if (schema === "release-sentinel/migrations/v1") {
    if (verdict === "SAFE") return "Migrations PASSED";
    return verdict === "BLOCKED" ? `Migrations BLOCKED: ${why}` : `Migrations UNPROVEN: ${why}`;
  }
  if (verdict === "SAFE") return "Release validation PASSED";
  return verdict === "BLOCKED"
    ? `Release BLOCKED (policy): ${why}`
    : `Release BLOCKED (CRITICAL): system or dependency unhealthy: ${why}`;
}

/** Text from a finding, safe on one line. */
export function say(text: string, maxLength = longest): string {
  return printable(text, maxLength).toWellFormed();
}

/** `git.branch`, or `host.disk (/var)` where a check answers about several things. */
export function title({ check, subject }: Finding): string {
  return subject === undefined ? say(check, 200) : `${say(check, 200)} (${say(subject, 200)})`;
}

/** What could not be found out is an error unless the policy let the verdict be SAFE with it. */
export function weight(finding: Finding, { verdict }: Pick<Verdict, "verdict">): Weight {
  if (finding.waiver || finding.shadow || finding.breakGlass || finding.status === "waived") return "excused";
  if (finding.status === "unknown") return verdict === "SAFE" ? "warning" : "error";
  if (finding.status === "fail") return "error";
  return finding.status === "warn" ? "warning" : finding.status;
}

/** Who let a finding pass, why and until when: one sentence each. */
export function excuses({ waiver, shadow, breakGlass }: Finding): string[] {
  const said: string[] = [];
  if (waiver) {
    const ticket = waiver.ticket ? ` (${waiver.ticket})` : "";
    said.push(`waived by ${waiver.owner} until ${waiver.until}: ${waiver.reason}${ticket}`);
  }
  if (shadow) {
    const who = shadow.owner ? `, tried out by ${shadow.owner}` : "";
    const until = shadow.until ? ` until ${shadow.until}` : "";
    said.push(
      `shadow mode, would be ${shadow.status}${who}${until}${shadow.reason ? `: ${shadow.reason}` : ""}`,
    );
  }
  if (breakGlass) said.push(`opened by break-glass: ${breakGlass.reason}`);
  return said.map((text) => say(text));
}

/** The word a reader sees for a finding: its status, or how it was excused. */
export function statusWord({ status, shadow, breakGlass }: Finding): string {
  if (breakGlass) return "break-glass";
  return shadow ? "shadow" : status;
}

/** Why a SAFE release still may not go on, if so. */
export function withheld({ schema, verdict, releasable, leftOut, at }: Verdict): string | undefined {
  if (verdict !== "SAFE" || releasable || schema === "release-sentinel/migrations/v1") return undefined;
  if (at !== undefined) return `safe as of ${at}, but not releasable: that is another time than now`;
  return leftOut.length > 0
    ? "safe as far as it was looked at, but not releasable: checks were left out"
    : "safe, but not releasable without --allow-warnings";
}

/**
 * The findings, and one more for the verdict itself where none of them accounts for it, so that a consumer that only
 * counts failures comes to the gate's own answer.
 */
export function accounted(verdict: Verdict): readonly Finding[] {
  const { findings, reasons, durationMs } = verdict;
  if (verdict.verdict === "SAFE" || findings.some((finding) => weight(finding, verdict) === "error"))
    return findings;
  const message = reasons.join("; ") || verdictSentence(verdict);
  return [
    ...findings,
    {
      check: "verdict",
      kind: "health",
      status: "unknown",
      message,
      durationMs,
      attempts: 0,
      observation: null,
    },
  ];
}

/** `3 ok, 1 warn, 2 fail`: how many of each, the best first. */
export function tally(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const word of [
    "ok",
    "skipped",
    "notice",
    "shadow",
    "waived",
    "break-glass",
    "warn",
    "unknown",
    "fail",
  ]) {
    counts.set(word, 0);
  }
  for (const finding of findings) counts.set(statusWord(finding), (counts.get(statusWord(finding)) ?? 0) + 1);
  const said = [...counts].filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`);
  return said.join(", ") || "nothing checked";
}

/** Twelve characters of a commit, enough to find it. */
export function shortCommit(commit: string | null): string | undefined {
  return commit ? say(commit).slice(0, 12) : undefined;
}

/**
 * Indented JSON with a last line break. JSON leaves DEL, C1 controls and bidirectional overrides as they are, which a
 * terminal would obey: they are escaped.
 */
export function jsonText(value: object): string {
  const json = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}
