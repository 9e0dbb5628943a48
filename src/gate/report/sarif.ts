import { hash } from "node:crypto";
import type { Finding } from "../../core/finding.ts";
import type { Verdict } from "../../core/verdict.ts";
import {
  accounted,
  excuses,
  jsonText,
  type ReportOptions,
  say,
  statusWord,
  type Weight,
  weight,
} from "./words.ts";

interface Weighed {
  readonly finding: Finding;
  readonly weight: Weight;
}

const levels: Partial<Record<Weight, string>> = { error: "error", warning: "warning", excused: "note" };

/**
 * SARIF 2.1.0 for code scanning. GitHub opens an alert for every result, whatever its `kind` or suppressions: so only
 * what somebody should look at is a result; what passed, was skipped or merely noticed is a notification of the run.
 */
export function sarif(verdict: Verdict, { toolVersion }: ReportOptions): string {
  const findings = accounted(verdict).map((finding) => ({ finding, weight: weight(finding, verdict) }));
  const rules = describedRules(findings, verdict);
  const index = new Map(rules.map(({ id }, i) => [id, i]));
  const rule = ({ check }: Finding) => ({ id: ruleId(check), index: index.get(ruleId(check)) ?? -1 });
  const prints = fingerprints();
  const driver = { name: "release-sentinel", version: toolVersion, semanticVersion: toolVersion, rules };
  const run = {
    tool: { driver },
    // GitHub keeps the alerts of each environment apart by this.
    automationDetails: { id: `release-sentinel/${say(verdict.environment, 200)}/` },
    invocations: [
      invocation(
        verdict,
        findings.filter((item) => !isAlert(item)).map((item) => notification(item, rule(item.finding))),
      ),
    ],
    columnKind: "utf16CodeUnits",
    results: findings
      .filter(isAlert)
      .map((item) => result(item, rule(item.finding), prints(item.finding), verdict.policySource)),
  };
  const $schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
  return jsonText({ $schema, version: "2.1.0", runs: [run] });
}

function isAlert({ weight }: Weighed): boolean {
  return weight in levels;
}

function ruleId(check: string): string {
  return say(check, 200);
}

function describedRules(findings: readonly Weighed[], { verdict }: Verdict) {
  const kinds = new Map(findings.map(({ finding }) => [ruleId(finding.check), finding.kind]));
  return [...kinds].map(([id, kind]) => ({
    id,
    shortDescription: { text: `The ${kind} check ${id}` },
    fullDescription: { text: `What the ${kind} check ${id} of the release gate found out.` },
    help: { text: "The message of each result ends with what to do next." },
    // An open result has no level of its own: it takes this one.
    defaultConfiguration: { level: verdict === "SAFE" ? "warning" : "error" },
    properties: { tags: ["release", kind] },
  }));
}

function invocation(
  { startedAt, durationMs, exitCode, ...verdict }: Verdict,
  toolExecutionNotifications: object[],
): object {
  const start = Date.parse(startedAt);
  const { verdict: word, releasable, version, commit, branch, policyDigest, leftOut, at } = verdict;
  return {
    executionSuccessful: true,
    exitCode,
    startTimeUtc: new Date(start).toISOString(),
    endTimeUtc: new Date(start + durationMs).toISOString(),
    toolExecutionNotifications,
    properties: {
      verdict: word,
      releasable,
      for: verdict.for,
      version,
      commit,
      branch,
      policyDigest,
      leftOut,
      ...(at ? { at } : {}),
    },
  };
}

function notification({ finding, weight }: Weighed, associatedRule: object): object {
  return { associatedRule, level: weight === "notice" ? "note" : "none", message: story(finding) };
}

function result(
  { finding, weight }: Weighed,
  rule: { id: string; index: number },
  print: string,
  policySource: string,
): object {
  const { status, kind, waiver, shadow, breakGlass } = finding;
  // The standard wants no level besides `none` on a result that is not a failure.
  const open = status === "unknown";
  const justification = excuses(finding).join("; ");
  return {
    ruleId: rule.id,
    ruleIndex: rule.index,
    kind: open ? "open" : "fail",
    ...(open ? {} : { level: levels[weight] }),
    message: story(finding),
    locations: [location(finding, policySource)],
    partialFingerprints: { primaryLocationLineHash: `${print}:1`, "releaseSentinel/v1": print },
    ...(weight === "excused"
      ? { suppressions: [{ kind: "external", status: "accepted", justification }] }
      : {}),
    properties: { kind, status: statusWord(finding), waiver, shadow, breakGlass },
  };
}

function story({ status, message, details = [], remedy }: Finding) {
  const lines = [
    ...(status === "ok" || status === "skipped" ? [`${status}: ${message}`] : [message]),
    ...details,
  ];
  // In a SARIF message `[text](target)` is a link.
  const safe = [...lines, ...(remedy ? [`→ ${remedy}`] : [])].map((line) =>
    say(line, 2000).replaceAll("](", "] ("),
  );
  return { text: safe.join("\n") };
}

/** GitHub refuses a result without a place: what has none is put on the policy that asked for it. */
function location({ location }: Finding, policySource: string): object {
  const file =
    location?.file ??
    /^(\S+\.(?:ya?ml|json))(?: at .*)?$/s.exec(policySource)?.[1] ??
    "release-sentinel.yaml";
  return {
    physicalLocation: {
      artifactLocation: { uri: uri(file) },
      region: { startLine: Math.max(1, location?.line ?? 1) },
    },
  };
}

function uri(file: string): string {
  const path = file.toWellFormed().replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${path}` : path.replace(/^([A-Za-z])%3A\//, "file:///$1:/");
}

/** What a result is about, without what it says: numbers in messages change, the alert stays the same one. */
function fingerprints(): (finding: Finding) => string {
  const seen = new Map<string, number>();
  return ({ check, subject }) => {
    const about = JSON.stringify([check, subject ?? null]);
    const times = (seen.get(about) ?? 0) + 1;
    seen.set(about, times);
    return hash("sha256", `${about} ${times}`).slice(0, 32);
  };
}
