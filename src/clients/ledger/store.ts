import type { Head } from "./line.ts";

/** Whole lines that follow a head, and the head they make. */
export interface Lines {
  readonly text: string;
  readonly head: Head;
}

export interface Appended {
  readonly head: Head;
  /** What a reader should know: a torn line was set aside, a deleted file was restored. */
  readonly notices: readonly string[];
}

/** A hash that the chain must contain, because somebody else remembers it. */
export interface Anchor {
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** The entry that it belongs to, where that is known. */
  readonly seq?: number;
  /** The chain that it belongs to, where that is known. */
  readonly ledger?: string;
  /** Who remembers, for people: `tag v1.4.2`, `--anchor`. */
  readonly from: string;
  /** The version whose tag it stands in. */
  readonly version?: string;
}

/**
 * Where a ledger's lines are kept. What a store promises: lines are only added, after the last one; what `append` has
 * answered survives the machine's power; two that append at once come one after the other.
 */
export interface LedgerStore {
  readonly kind: "file" | "git" | "postgres";
  /** For people; holds no secret. */
  readonly where: string;
  /** The last line; null when there is none yet. @throws SentinelError `ledger-unreadable` */
  head(signal: AbortSignal): Promise<Head | null>;
  /**
   * Adds the lines that `build` makes for the head as it is at that moment; it may be asked again for another.
   * @throws SentinelError `ledger-unwritable`; the signal's reason when aborted
   */
  append(build: (head: Head | null) => Lines, signal: AbortSignal): Promise<Appended>;
  /**
   * All lines, oldest first, in blocks that end with a line break; only the very last may lack it. A block is valid
   * until the next is asked for. @throws SentinelError `ledger-unreadable`
   */
  blocks(signal: AbortSignal): AsyncIterable<Buffer>;
  /** Lines without their line breaks, newest first. @throws SentinelError `ledger-unreadable` */
  backwards(signal: AbortSignal): AsyncIterable<Buffer>;
  /** What this store itself remembers of the chain, outside of it. */
  witnesses(signal: AbortSignal): Promise<readonly Anchor[]>;
  /** Finds out whether `append` would work, without adding anything. @throws SentinelError `ledger-unwritable` */
  probe(signal: AbortSignal): Promise<void>;
  close(): void;
}
