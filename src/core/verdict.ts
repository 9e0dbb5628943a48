import type { Finding } from "./finding.ts";
import type { Purpose } from "./target.ts";

export type VerdictWord = "SAFE" | "BLOCKED" | "CRITICAL";

export const exitCodes = { SAFE: 0, BLOCKED: 1, CRITICAL: 2 } as const;

/** The gate's answer; its JSON form is described by schema/verdict.schema.json. Fields are added, never renamed. */
export interface Verdict {
  /** `migrations`: of `migrate check`, which judges files and no release. */
  readonly schema: "release-sentinel/verdict/v1" | "release-sentinel/migrations/v1";
  readonly verdict: VerdictWord;
  readonly exitCode: 0 | 1 | 2;
  /** Whether `release` and `apply` may go on without `--allow-warnings`. */
  readonly releasable: boolean;
  readonly for: Purpose;
  readonly environment: string;
  readonly version: string | null;
  /** Full object name of the commit that was judged, null outside a repository. */
  readonly commit: string | null;
  readonly branch: string | null;
  readonly policyDigest: string;
  readonly policySource: string;
  /** Checks left out by `--only` or `--skip`. A partial verdict is never releasable. */
  readonly leftOut: readonly string[];
  /** RFC 3339. */
  readonly startedAt: string;
  /** The moment that was asked about, RFC 3339, where it was not the start: such a verdict is never releasable. */
  readonly at?: string;
  readonly durationMs: number;
  readonly findings: readonly Finding[];
  /** Everything that stands against it comes from variables without a value, which the findings name as `missing`. */
  readonly onlyMissing?: boolean;
  /** Why it is not SAFE: every reason, ready to print. Empty when SAFE. */
  readonly reasons: readonly string[];
}
