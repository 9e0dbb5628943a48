import type { Verdict } from "../../core/verdict.ts";
import { jsonText } from "./words.ts";

const verdictKeys = [
  "schema",
  "verdict",
  "exitCode",
  "releasable",
  "for",
  "environment",
  "version",
  "commit",
  "branch",
  "policyDigest",
  "policySource",
  "startedAt",
  "at",
  "durationMs",
];
const findingKeys = ["check", "kind", "status", "message", "remedy", "durationMs", "attempts", "observation"];

/** The verdict as schema/verdict.schema.json describes it. A missing remedy is null, like everything that is not there. */
export function json({ findings, ...rest }: Verdict): string {
  const ordered = {
    ...inOrder(rest, verdictKeys),
    findings: findings.map((finding) => inOrder({ remedy: null, ...finding }, findingKeys)),
  };
  return jsonText(ordered);
}

/** The named keys first; whatever else there is after them. */
function inOrder(object: object, keys: readonly string[]): object {
  const all = new Map<string, unknown>(Object.entries(object));
  return Object.fromEntries([...keys.map((key) => [key, all.get(key)] as const), ...all]);
}
