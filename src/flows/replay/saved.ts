import type { Finding } from "../../core/finding.ts";
import type { Verdict } from "../../core/verdict.ts";
import { exitCodes } from "../../core/verdict.ts";
import { decide } from "../../gate/decide.ts";

type Loose = Readonly<Record<string, unknown>>;

/** A verdict as it was saved: JSON of ours, perhaps of another version, perhaps edited. Undefined when it is none. */
export function asVerdict(value: unknown): Verdict | undefined {
  if (!isObject(value) || value["schema"] !== "release-sentinel/verdict/v1") return undefined;
  const { findings, leftOut, reasons } = value;
  const whole =
    ["environment", "policyDigest", "policySource", "startedAt"].every((key) => isText(value[key])) &&
    ["version", "commit", "branch"].every((key) => value[key] === null || isText(value[key])) &&
    ["release", "deploy", "pull-request"].includes(value["for"] as string) &&
    isText(value["verdict"]) &&
    Object.hasOwn(exitCodes, value["verdict"]) &&
    !Number.isNaN(Date.parse(value["startedAt"] as string)) &&
    isTexts(leftOut) &&
    isTexts(reasons) &&
    Array.isArray(findings) &&
    findings.every(isFinding);
  return whole ? (value as unknown as Verdict) : undefined;
}

/**
 * Whether the answer follows from the findings, by any policy's view of what is unknown. A verdict that says SAFE over a
 * failure was edited.
 */
export function followsFromFindings({ verdict, exitCode, releasable, findings, leftOut }: Verdict): boolean {
  return (["critical", "blocked", "warn"] as const).some((onUnknown) => {
    const decision = decide(findings, onUnknown);
    return (
      decision.verdict === verdict &&
      decision.exitCode === exitCode &&
      (!releasable || (decision.releasable && leftOut.length === 0))
    );
  });
}

const statuses = new Set(["ok", "notice", "warn", "fail", "unknown", "skipped", "waived"]);

function isFinding(value: unknown): value is Finding {
  return (
    isObject(value) &&
    isText(value["check"]) &&
    isText(value["message"]) &&
    statuses.has(value["status"] as string) &&
    (value["kind"] === "policy" || value["kind"] === "health") &&
    Number.isInteger(value["attempts"]) &&
    value["observation"] !== undefined &&
    (value["uses"] === undefined || isText(value["uses"])) &&
    (value["options"] === undefined || isObject(value["options"])) &&
    [value["shadow"], value["waiver"], value["breakGlass"]].every(
      (note) => note === undefined || isObject(note),
    )
  );
}

function isObject(value: unknown): value is Loose {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
