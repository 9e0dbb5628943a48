import type { Notes } from "../notes/index.ts";

export const changelogSchema = "release-sentinel/changelog/v1";

/** A release's changelog: the notes, and what a reader of them should see first. Text is masked, and safe to print on one line. */
export interface Changelog {
  readonly schema: typeof changelogSchema;
  readonly tag: string;
  readonly commit: string;
  readonly rehearsal: boolean;
  readonly notes: Notes;
  readonly overlay: Overlay;
}

/** The intelligence overlay. Every list is sorted: the same inputs give the same text. */
export interface Overlay {
  readonly source: {
    /** `github`: pull requests and issues were read there; `git`: from the history alone. */
    readonly kind: "github" | "git";
    /** Why from git alone; null for `github`. */
    readonly reason: string | null;
    /** What was not read to its end, each one line. */
    readonly incomplete: readonly string[];
  };
  readonly breaking: readonly OverlayChange[];
  readonly security: readonly OverlayChange[];
  readonly migrations: { readonly changes: readonly OverlayChange[]; readonly paths: readonly string[] };
  /** Most important first: what the configuration names, then the built-in classes. */
  readonly risky: readonly RiskyPaths[];
  readonly newcomers: readonly Newcomer[];
  /** Issues that the release closes. */
  readonly issues: readonly ClosedIssue[];
  /** By number; empty without GitHub. */
  readonly pullRequests: readonly OverlayPullRequest[];
  /** Of the pull requests, most frequent first. */
  readonly labels: readonly { readonly name: string; readonly count: number }[];
  readonly totals: {
    readonly commits: number;
    readonly changes: number;
    readonly pullRequests: number;
    readonly contributors: number;
  };
}

export interface OverlayChange {
  readonly text: string;
  readonly hash: string;
  readonly pullRequest: number | null;
  readonly url: string | null;
  /** What its author says about it: what breaks, advisories' ids. */
  readonly notes: readonly string[];
  /** How it is known: `its commit says so`, `label breaking`, `its files`. */
  readonly because: string;
}

export interface RiskyPaths {
  /** `migration`, `ci`, `lockfile`, `container`, `infrastructure`, `secrets`, or the configuration's label. */
  readonly label: string;
  readonly configured: boolean;
  /** The first fifty. */
  readonly paths: readonly string[];
  readonly total: number;
}

export interface Newcomer {
  readonly name: string;
  readonly login: string | null;
}

export interface ClosedIssue {
  /** `12`, or `owner/name#12`. */
  readonly reference: string;
  /** Null where GitHub was not asked, or does not show it. */
  readonly title: string | null;
  readonly url: string | null;
}

export interface OverlayPullRequest {
  readonly number: number;
  readonly title: string;
  readonly url: string | null;
  /** Login. */
  readonly author: string | null;
  readonly labels: readonly string[];
  /** RFC 3339 */
  readonly mergedAt: string;
}
