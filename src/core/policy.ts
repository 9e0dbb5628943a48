import type { Check, Limits } from "./check.ts";
import type { Kind } from "./finding.ts";
import type { Json } from "./json.ts";

/** A check as one environment's policy wants it. */
export interface PlannedCheck<Readers = unknown> {
  /** Its name in the configuration; unique. */
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: options and observations differ from check to check
  readonly check: Check<any, any, Readers>;
  readonly kind: Kind;
  readonly options: { readonly [key: string]: Json | undefined };
  readonly limits: Limits;
  /** Names of checks whose answer this one waits for. */
  readonly needs: readonly string[];
  /** The most a failure may do. */
  readonly severity: "fail" | "warn" | "notice";
  /** Set while the check is only being tried out. */
  readonly shadow?: { readonly owner?: string; readonly reason?: string; readonly until?: string };
}

/** Lets a named finding pass, for a while. */
export interface Waiver {
  /** Check name or glob. */
  readonly check: string;
  /** Only findings about this subject (glob); absent: all of the check's findings. */
  readonly subject?: string;
  readonly owner: string;
  readonly reason: string;
  readonly ticket?: string;
  /** Date (to its end, UTC) or RFC 3339 time. */
  readonly until: string;
  /** Only in these environments; absent: in all. */
  readonly environments?: readonly string[];
  /** Only for these versions (globs); absent: for all. */
  readonly versions?: readonly string[];
}

/** One environment's policy, ready to be run. */
export interface Policy<Readers = unknown> {
  readonly checks: readonly PlannedCheck<Readers>[];
  readonly waivers: readonly Waiver[];
  /** Checks (names or globs) that break-glass may open in this environment; empty: none. */
  readonly breakGlass: readonly string[];
  /** What an answer that could not be found out does. */
  readonly onUnknown: "critical" | "blocked" | "warn";
  /** `sha256:` over the canonical policy. */
  readonly digest: () => string;
  /** Where it comes from, for people: `built-in default`, `release-sentinel.yaml`, `release-sentinel.yaml at main`. */
  readonly source: string;
}
