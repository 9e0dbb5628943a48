import type { Finding, Judgement, WaiverNote } from "../core/finding.ts";
import type { PlannedCheck, Policy, Waiver } from "../core/policy.ts";
import type { Target } from "../core/target.ts";
import { exitCodes, type VerdictWord } from "../core/verdict.ts";

/** Matches a name against globs; built once a run. */
export type Matcher = (globs: string | readonly string[]) => (text: string) => boolean;

export interface Rules {
  readonly policy: Pick<Policy, "waivers" | "breakGlass" | "onUnknown">;
  readonly target: Target;
  readonly matcher: Matcher;
  /** The reason given with `--break-glass`, if it was. */
  readonly breakGlass: string | undefined;
}

/** What happened around a judgement. */
export interface Circumstances {
  readonly durationMs: number;
  readonly attempts: number;
  readonly observation: Finding["observation"];
  readonly uses?: string;
  readonly options?: NonNullable<Finding["options"]>;
}

const day = 24 * 60 * 60 * 1000;
const expiringDays = 14;

/** A judgement as the policy wants it: severity, shadow mode, waivers, break-glass, in this order. */
export function settle(
  planned: PlannedCheck,
  judgement: Judgement,
  circumstances: Circumstances,
  rules: Rules,
): Finding {
  const finding: Finding = {
    ...judgement,
    check: planned.name,
    kind: judgement.kind ?? planned.kind,
    status: softened(judgement.status, planned.severity),
    ...circumstances,
  };
  if (!isUnhappy(finding.status)) return finding;
  return shadowed(finding, planned, rules) ?? waived(finding, rules) ?? opened(finding, rules) ?? finding;
}

function softened(status: Judgement["status"], severity: PlannedCheck["severity"]): Judgement["status"] {
  if (severity === "fail" || !isUnhappy(status)) return status;
  return severity === "warn" ? "warn" : "notice";
}

function isUnhappy(status: Finding["status"]): status is "warn" | "fail" | "unknown" {
  return status === "warn" || status === "fail" || status === "unknown";
}

function shadowed(finding: Finding, planned: PlannedCheck, rules: Rules): Finding | undefined {
  const { shadow } = planned;
  if (!shadow || finding.status === "waived" || (shadow.until && isPast(shadow.until, rules.target.at)))
    return undefined;
  return { ...finding, status: "notice", shadow: { status: finding.status, ...shadow } };
}

function waived(finding: Finding, rules: Rules): Finding | undefined {
  const applicable = rules.policy.waivers.filter((waiver) => covers(waiver, finding, rules));
  const valid = applicable.find((waiver) => !isPast(waiver.until, rules.target.at));
  if (valid) return { ...finding, status: "waived", waiver: note(valid) };
  const expired = applicable[0];
  if (!expired) return undefined;
  return {
    ...finding,
    message: `${finding.message} (its waiver by ${expired.owner} expired on ${expired.until})`,
  };
}

function covers(waiver: Waiver, finding: Finding, { target, matcher }: Rules): boolean {
  return (
    matcher(waiver.check)(finding.check) &&
    (waiver.subject === undefined ||
      (finding.subject !== undefined && matcher(waiver.subject)(finding.subject))) &&
    (waiver.environments === undefined || waiver.environments.includes(target.environment)) &&
    (waiver.versions === undefined ||
      (target.version !== undefined && matcher(waiver.versions)(target.version)))
  );
}

function note(waiver: Waiver): WaiverNote {
  const { owner, reason, ticket, until } = waiver;
  return { owner, reason, until, ...(ticket ? { ticket } : {}) };
}

function opened(finding: Finding, rules: Rules): Finding | undefined {
  if (rules.breakGlass === undefined || finding.status === "warn") return undefined;
  if (rules.policy.breakGlass.length === 0 || !rules.matcher(rules.policy.breakGlass)(finding.check))
    return undefined;
  return { ...finding, status: "waived", breakGlass: { reason: rules.breakGlass } };
}

/** A date holds through its end (UTC); a time to the moment. */
export function endOf(until: string): number {
  return /^\d{4}-\d{2}-\d{2}$/.test(until) ? Date.parse(until) + day : Date.parse(until);
}

function isPast(until: string, at: string): boolean {
  const end = endOf(until);
  return Number.isNaN(end) || end <= Date.parse(at);
}

/** What is to be said about waivers that were used and end soon. */
export function expiringWaivers(findings: readonly Finding[], target: Target): Finding[] {
  const soon = new Map<string, Finding>();
  for (const { waiver, check } of findings) {
    if (!waiver) continue;
    const left = endOf(waiver.until) - Date.parse(target.at);
    if (left > expiringDays * day) continue;
    soon.set(`${check} ${waiver.until} ${waiver.owner}`, {
      check: "waivers",
      kind: "policy",
      // It was judged with the waiver in force: what ends later changes nothing today.
      status: "notice",
      subject: check,
      message: `Waiver for ${check} expires on ${waiver.until} (owner: ${waiver.owner})`,
      remedy: `mend what ${check} found, or have ${waiver.owner} renew the waiver`,
      durationMs: 0,
      attempts: 0,
      observation: null,
    });
  }
  return [...soon.values()];
}

export interface Decision {
  readonly verdict: VerdictWord;
  readonly exitCode: 0 | 1 | 2;
  readonly releasable: boolean;
  readonly reasons: readonly string[];
  /** Everything that stands against it, of policy and of health, comes from variables without a value. */
  readonly onlyMissing: boolean;
}

/**
 * The verdict. A definite policy failure wins over everything; what could not be found out is never success.
 * No finding at all is not success either.
 */
export function decide(findings: readonly Finding[], onUnknown: Policy["onUnknown"]): Decision {
  const unknowns = findings.filter(({ status }) => status === "unknown");
  const policy = [
    ...findings.filter(({ status, kind }) => status === "fail" && kind === "policy"),
    ...(onUnknown === "blocked" ? unknowns : []),
  ];
  const health = [
    ...findings.filter(({ status, kind }) => status === "fail" && kind !== "policy"),
    ...(onUnknown === "critical" ? unknowns : []),
  ];
  const against = [...policy, ...health];
  // A remark of ours is no answer of a check.
  const answered = findings.some(({ status, attempts }) => status !== "skipped" && attempts > 0);
  const warned =
    findings.some(({ status }) => status === "warn") || (onUnknown === "warn" && unknowns.length > 0);
  const verdict: VerdictWord =
    policy.length > 0 ? "BLOCKED" : health.length > 0 || !answered ? "CRITICAL" : "SAFE";
  const reasons = (verdict === "BLOCKED" ? policy : health).map(({ message }) => message);
  return {
    verdict,
    exitCode: exitCodes[verdict],
    releasable: verdict === "SAFE" && !warned,
    reasons: verdict === "CRITICAL" && health.length === 0 ? ["nothing was checked"] : [...new Set(reasons)],
    onlyMissing: against.length > 0 && against.every(({ missing }) => missing?.length),
  };
}
