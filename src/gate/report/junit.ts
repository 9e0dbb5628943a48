import type { Finding } from "../../core/finding.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  accounted,
  excuses,
  type ReportOptions,
  say,
  statusWord,
  title,
  type Weight,
  weight,
} from "./words.ts";

/**
 * JUnit XML as Jenkins, GitLab and Ant read it: one suite, a test case per finding. The suite is red exactly when the
 * verdict is not SAFE. Names hold no numbers that change from run to run, so that histories stay together.
 */
export function junit(verdict: Verdict, { toolVersion }: ReportOptions): string {
  const findings = accounted(verdict);
  const weights = findings.map((finding) => weight(finding, verdict));
  const failures = findings.filter(({ status }, i) => weights[i] === "error" && status === "fail").length;
  const errors = weights.filter((w) => w === "error").length - failures;
  const skipped = findings.filter((finding, i) => isSkipped(finding, weights[i])).length;
  const counts = { tests: findings.length, failures, errors };
  const time = seconds(verdict.durationMs);
  const suite = {
    name: "release-sentinel",
    ...counts,
    skipped,
    time,
    timestamp: verdict.startedAt.slice(0, 19),
  };
  const names = unique(findings.map(title));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "release-sentinel", time, ...counts })}>`,
    `  <testsuite${attributes(suite)}>`,
    ...properties(verdict, toolVersion),
    ...findings.map((finding, i) => testCase(finding, names[i] ?? "", weights[i])),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function properties(verdict: Verdict, toolVersion: string): string[] {
  const {
    verdict: word,
    for: purpose,
    environment,
    version,
    commit,
    branch,
    policyDigest,
    policySource,
  } = verdict;
  const facts = {
    verdict: word,
    environment,
    version,
    for: purpose,
    commit,
    branch,
    policySource,
    policyDigest,
    toolVersion,
    at: verdict.at ?? null,
  };
  const known = Object.entries({ ...facts, leftOut: verdict.leftOut.join(", ") || null }).filter(
    ([, value]) => value !== null,
  );
  return [
    "    <properties>",
    ...known.map(([name, value]) => `      <property${attributes({ name, value: say(String(value)) })}/>`),
    "    </properties>",
  ];
}

function testCase(finding: Finding, name: string, weight: Weight | undefined): string {
  const { kind, check, status, durationMs } = finding;
  const head = attributes({ classname: `${kind}.${say(check, 200)}`, name, time: seconds(durationMs) });
  const inside = isSkipped(finding, weight) ? skippedElement(finding) : happened(finding, status, weight);
  return inside ? `    <testcase${head}>\n      ${inside}\n    </testcase>` : `    <testcase${head}/>`;
}

/** What neither passed nor counts against the release. */
function isSkipped({ status }: Finding, weight: Weight | undefined): boolean {
  return weight === "skipped" || weight === "excused" || (status === "unknown" && weight !== "error");
}

function skippedElement(finding: Finding): string {
  const tolerated =
    finding.status === "unknown" ? ["could not be found out, which this policy makes a warning"] : [];
  const message = [...excuses(finding), ...tolerated, say(finding.message)].join("; ");
  return `<skipped${attributes({ type: statusWord(finding), message })}>${content(story(finding))}</skipped>`;
}

function happened(finding: Finding, status: Finding["status"], weight: Weight | undefined): string {
  if (weight === "error") {
    const element = status === "fail" ? "failure" : "error";
    return `<${element}${attributes({ type: status, message: say(finding.message) })}>${content(story(finding))}</${element}>`;
  }
  if (weight === "ok" && !finding.details?.length) return "";
  return `<system-out>${content(`${status}: ${story(finding)}`)}</system-out>`;
}

function story(finding: Finding): string {
  const { message, details = [], remedy } = finding;
  return [message, ...details, ...excuses(finding), ...(remedy ? [`→ ${remedy}`] : [])]
    .map((line) => say(line))
    .join("\n");
}

/** Equal names are numbered: consumers take equal ones for one test. */
function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} #${times}`;
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${content(String(value)).replaceAll('"', "&quot;").replaceAll("\n", "&#10;")}"`,
    )
    .join("");
}

/** Escaped, and without what XML 1.0 has no place for. */
function content(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
