import type { Deploy, LedgerRecord } from "./deploys.ts";

/** A release tag, with the commits that it has and no earlier one has. */
export interface ReleasedChanges {
  readonly tag: string;
  readonly commit: string;
  /** Milliseconds since 1970: when it was tagged. */
  readonly at: number;
  /** When their authors wrote them, in milliseconds since 1970; without merges. Null where the clone does not hold them all. */
  readonly written: readonly number[] | null;
}

/** What the numbers are computed from. */
export interface DoraInput {
  /** Milliseconds since 1970. */
  readonly window: { readonly from: number; readonly to: number };
  /** Whose deploys count; null where that is not said. */
  readonly environment: string | null;
  /** Oldest first, and the ledger's first entry is among them; null where there is no ledger. */
  readonly ledger: readonly LedgerRecord[] | null;
  /** Oldest first; each holds what the one before it holds. */
  readonly releases: readonly ReleasedChanges[];
  /** How soon after a deploy a roll back says that it had failed: milliseconds. */
  readonly failureWithinMs: number;
}

/** A number, and what it was computed from. */
export interface Measure {
  /** Null where there is nothing to compute it from. */
  readonly value: number | null;
  readonly unit: "per day" | "seconds" | "ratio";
  /** How many deploys, releases, commits or failures were counted. */
  readonly samples: number;
  /** RFC 3339. */
  readonly window: { readonly from: string; readonly to: string };
  readonly source: "ledger" | "tags" | "none";
  /** One sentence: what was counted, and what was left out. */
  readonly basis: string;
}

export interface Dora {
  /** Null where it is not known whose deploys count. */
  readonly environment: string | null;
  readonly deploymentFrequency: Measure;
  /** The median. */
  readonly leadTimeForChanges: Measure;
  readonly changeFailureRate: Measure;
  /** The median. */
  readonly timeToRestore: Measure;
}

/** What the four numbers are computed from, once the deploys that count are known. */
export interface Known {
  readonly input: DoraInput;
  readonly window: Measure["window"];
  /** Oldest first, none later than the window. */
  readonly deploys: readonly Deploy[];
  /** Why there are no deploys to count; null where there are some. */
  readonly without: string | null;
}
