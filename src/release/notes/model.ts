import type { Forge } from "./forge.ts";

/** What notes are asked for. */
export interface NotesRequest {
  /** The version that the notes are of, with the prefix that its tag has. Null: the version tag at `to`, or what is not released yet. */
  readonly version: string | null;
  /** The commit that is released: a ref, or an object name. */
  readonly to: string;
  /** Where the notes begin, instead of at the previous release. */
  readonly from?: string | null;
  /** No more commits than these. */
  readonly limit?: number | undefined;
  /** Pathspecs; only what touches them counts. */
  readonly paths?: readonly string[];
  readonly style: "grouped" | "plain";
  /** Whose URL links are made of. */
  readonly remote: string;
  /** Whether to find out whose first contribution this is. */
  readonly firstTimers: boolean;
  /** Masks what must not be shown, in everything that comes from outside, before it is cut or escaped. */
  readonly mask?: (text: string) => string;
  /** Where the CI says that its forge is; tells what kind of forge an unknown host is. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Stands for the day of a release that has no tag yet. */
  readonly now?: Date;
}

export type ChangeKind =
  | "feature"
  | "fix"
  | "performance"
  | "revert"
  | "documentation"
  | "dependency"
  | "internal"
  | "other";

/** One thing that a reader of notes hears of. It may stand for many commits. */
export interface Change {
  readonly hash: string;
  readonly short: string;
  readonly kind: ChangeKind;
  /** The conventional type, in lower case; null in free-form histories. */
  readonly type: string | null;
  readonly scope: string | null;
  /** Type, scope and all, without references. */
  readonly title: string;
  /** One line, without type, scope and references; nothing in it is escaped for any format but control characters. */
  readonly text: string;
  readonly breaking: boolean;
  /** What its author says about what breaks. */
  readonly breakingNotes: readonly string[];
  readonly security: boolean;
  /** CVE and GHSA ids. */
  readonly advisories: readonly string[];
  /** Its number. */
  readonly pullRequest: number | null;
  /** Issues: `12`, or `owner/name#12`. */
  readonly closes: readonly string[];
}

export interface Group {
  readonly kind: "breaking" | "security" | ChangeKind;
  /** Null where the one list needs no heading. */
  readonly title: string | null;
  readonly changes: readonly Change[];
}

/** A line of the plain style. */
export interface PlainCommit {
  readonly hash: string;
  readonly short: string;
  readonly subject: string;
}

export interface Contributor {
  readonly name: string;
  /** Known where the forge's own address says it; shown so that it notifies nobody. */
  readonly login: string | null;
  readonly commits: number;
  /** The newest that they wrote themselves; null for who is only named as a co-author. */
  readonly commit: string | null;
  /** Whether nothing of theirs is in an earlier release; null when it was not asked. */
  readonly first: boolean | null;
}

export interface Risk {
  readonly kind: "migration" | "ci" | "lockfile" | "container" | "infrastructure" | "secrets";
  readonly paths: readonly string[];
}

/** What a release is made of, in numbers and names, for those who decide about it. */
export interface ChangeSummary {
  /** Commits in the range, whatever became of them in the notes. */
  readonly commits: number;
  /** Changes by conventional type; `other` for those that have none. */
  readonly byType: Readonly<Record<string, number>>;
  readonly breaking: readonly string[];
  readonly security: readonly string[];
  readonly risky: readonly Risk[];
  readonly contributors: number;
  /** The previous release's tag. */
  readonly previous: string | null;
}

/** Release notes as data. Text is masked, and safe to print on one line; each format escapes it in its own way. */
export interface Notes {
  readonly schema: "release-sentinel/notes/v1";
  readonly version: string | null;
  /** `Changes in v1.4.2`, or `Unreleased`. */
  readonly title: string;
  /** YYYY-MM-DD: the day of the tagged commit, or today. */
  readonly date: string;
  readonly style: "grouped" | "plain";
  readonly previous: { readonly tag: string; readonly commit: string } | null;
  /** Where they begin: the previous release, or what was asked for. Null: at the beginning. */
  readonly from: string | null;
  readonly commit: string;
  /** Null when HEAD is detached, or `to` is elsewhere. */
  readonly branch: string | null;
  readonly compareUrl: string | null;
  readonly forge: Forge | null;
  /** Nothing was released before, and no part of the history was asked for. */
  readonly initial: boolean;
  /** Of the grouped style. */
  readonly groups: readonly Group[];
  /** Of the plain style; newest first. */
  readonly commits: readonly PlainCommit[];
  readonly contributors: readonly Contributor[];
  readonly summary: ChangeSummary;
  /** What the reader of a log should know about how they were made; each one line. */
  readonly warnings: readonly string[];
}
