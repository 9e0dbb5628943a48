import type { Json } from "../core/json.ts";

/** Who acted, and how that is known: CI's own word, git's configuration, or the operating system's account. */
export interface Actor {
  readonly name: string;
  readonly source: "ci" | "git" | "os";
}

/** Kinds that this version writes; the list is open, and readers must expect others. */
export type Kind = "verdict" | "release" | "plan" | "step" | "apply" | "approval" | "note";

/** What happened, as the one who reports it says it. */
export interface LedgerEvent {
  readonly kind: Kind | (string & {});
  /** `check`, `release`, …; without arguments, which may hold anything. */
  readonly command: string;
  readonly environment: string | null;
  readonly version: string | null;
  /** Full object name. */
  readonly commit: string | null;
  /**
   * By convention: `verdict` (the whole verdict), `plan` and `steps` (as the plan shows them), `outcome`, `approvals`,
   * `waivers`, `breakGlass`, `durationMs`. Must be JSON; secrets in it are masked.
   */
  readonly data: { readonly [key: string]: unknown };
}

/** An event with its circumstances: what stands under `entry` in a ledger's line. */
export interface LedgerEntry extends Omit<LedgerEvent, "data"> {
  readonly schema: "release-sentinel/ledger/v1";
  readonly actor: Actor | null;
  readonly run: { readonly ci: string | null; readonly url: string | null };
  readonly host: string | null;
  /** This tool's version. */
  readonly tool: string;
  readonly data: { readonly [key: string]: Json };
  /** What was too large to be kept, by name. */
  readonly cut?: readonly string[];
}

/** An entry as it is read back. */
export interface Recorded {
  readonly seq: number;
  /** RFC 3339, from the line's link. */
  readonly time: string;
  /** The line's own hash, `sha256:…`. */
  readonly hash: string;
  /** Written by a version of this tool that knows another schema; fields may be missing or mean something else. */
  readonly newer: boolean;
  readonly entry: LedgerEntry;
}

export const entrySchema = "release-sentinel/ledger/v1";
