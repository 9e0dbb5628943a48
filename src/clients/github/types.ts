import type { FileBody } from "../readers.ts";

export interface GitHubRelease {
  readonly id: number;
  readonly tag: string;
  readonly name: string;
  readonly body: string;
  readonly draft: boolean;
  readonly prerelease: boolean;
  /** GitHub takes no change of its assets any more. */
  readonly immutable: boolean;
  readonly author: string | null;
  /** For people. A draft's own holds an `untagged-…` name. */
  readonly url: string;
  /** GitHub's template of where assets go. */
  readonly uploadUrl: string;
  /** RFC 3339: the commit's date for what is published, as GitHub has it. */
  readonly createdAt: string;
}

export interface ReleasePage {
  readonly releases: readonly GitHubRelease[];
  readonly isLast: boolean;
}

export interface GitHubAsset {
  readonly id: number;
  readonly name: string;
  /** `uploaded`; `starter` is what an upload that failed leaves behind. */
  readonly state: string;
  readonly bytes: number;
  /** `sha256:…`; null where GitHub does not say (older Enterprise). */
  readonly digest: string | null;
}

export interface GitHubRepository {
  /** `owner/name` as it is now called. */
  readonly fullName: string;
  readonly private: boolean;
  readonly archived: boolean;
  readonly disabled: boolean;
  /** Whether the token's user may push; null when GitHub does not say. Always false for an App's installation. */
  readonly userMayPush: boolean | null;
  /** Scopes of a classic token; null when GitHub tells none: another kind, or a classic one that has none. */
  readonly scopes: readonly string[] | null;
  /** RFC 3339; null when the token does not expire, or GitHub does not say. */
  readonly tokenExpires: string | null;
}

export interface TagRule {
  readonly type: string;
  /** For a `tag_name_pattern`. */
  readonly pattern: { readonly operator: string; readonly text: string; readonly negate: boolean } | null;
}

export interface TagRuleset {
  readonly id: number;
  readonly name: string;
  /** Repository or organization that it comes from. */
  readonly source: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly rules: readonly TagRule[];
  /** `always`, `exempt`, `pull_requests_only`, `never`; null when GitHub does not say. */
  readonly bypass: string | null;
}

export interface NewDraft {
  readonly tag: string;
  readonly name: string;
  readonly body: string;
  readonly prerelease: boolean;
}

export interface Publication {
  readonly tag: string;
  readonly prerelease: boolean;
  readonly latest: "true" | "false" | "legacy";
}

export interface NewAsset {
  readonly name: string;
  readonly contentType: string;
  readonly body: string | FileBody;
}

/** Reads a repository on GitHub. Reads are tried again on dropped connections and 5xx. All @throws GitHubError */
export interface GitHubReader {
  repository(signal: AbortSignal): Promise<GitHubRepository>;
  /** Whether the token is an App's (a workflow's `GITHUB_TOKEN` is): what it may do cannot be asked. */
  isInstallation(signal: AbortSignal): Promise<boolean>;
  /** The published release of a tag; null when there is none. */
  releaseByTag(tag: string, signal: AbortSignal): Promise<GitHubRelease | null>;
  release(id: number, signal: AbortSignal): Promise<GitHubRelease | null>;
  /** All releases, newest first; drafts only for a token that may push. The next page is asked for when it is taken. */
  releases(signal: AbortSignal): AsyncIterable<ReleasePage>;
  latestRelease(signal: AbortSignal): Promise<GitHubRelease | null>;
  assets(releaseId: number, signal: AbortSignal): Promise<readonly GitHubAsset[]>;
  /** The content of an asset, in parts; each waits for the one before. Not tried again. */
  download(
    asset: GitHubAsset,
    into: (part: Buffer) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** The commit that a tag leads to on GitHub, through annotated tags; null when there is no such tag. */
  tagCommit(tag: string, signal: AbortSignal): Promise<string | null>;
  /** Whether this API shows refs at all: where it does, a tag that it does not show is not there. */
  showsRefs(signal: AbortSignal): Promise<boolean>;
  /** Committer's date of a commit, RFC 3339; null when GitHub does not have it. */
  commitDate(commit: string, signal: AbortSignal): Promise<string | null>;
  /** Active rulesets for tags, those of the organization too. */
  tagRulesets(signal: AbortSignal): Promise<readonly TagRuleset[]>;
  /** Whether published releases become immutable. */
  immutableReleases(signal: AbortSignal): Promise<boolean>;
}

export interface GitHubPull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  /** Login; null for an account that is gone. */
  readonly author: string | null;
  readonly labels: readonly string[];
  /** RFC 3339; null: it was closed without. */
  readonly mergedAt: string | null;
  readonly updatedAt: string;
  /** What it became on its base: the merge, the squashed commit, or the last of those that were rebased. */
  readonly mergeCommit: string | null;
  /** For people. */
  readonly url: string;
}

export interface GitHubIssue {
  readonly number: number;
  readonly title: string;
  readonly url: string;
  /** GitHub counts both with the same numbers. */
  readonly isPull: boolean;
}

/** Reads what led to commits. All @throws GitHubError */
export interface GitHubTracker {
  /** Pull requests that are no longer open, the last touched first. The next page is asked for when it is taken. */
  closedPulls(
    signal: AbortSignal,
  ): AsyncIterable<{ readonly pulls: readonly GitHubPull[]; readonly isLast: boolean }>;
  pull(number: number, signal: AbortSignal): Promise<GitHubPull | null>;
  issue(number: number, signal: AbortSignal): Promise<GitHubIssue | null>;
  /** Login of who wrote a commit, as GitHub knows them by their address; null where it does not. */
  authorOf(commit: string, signal: AbortSignal): Promise<string | null>;
}

/** Writes to it. No write is repeated here: after an `uncertain` failure the world has to be read. All @throws GitHubError */
export interface GitHubWriter {
  createDraft(draft: NewDraft, signal: AbortSignal): Promise<GitHubRelease>;
  publish(id: number, publication: Publication, signal: AbortSignal): Promise<GitHubRelease>;
  /** Gone already is as good. */
  deleteRelease(id: number, signal: AbortSignal): Promise<void>;
  upload(release: GitHubRelease, asset: NewAsset, signal: AbortSignal): Promise<GitHubAsset>;
  /** Gone already is as good. */
  deleteAsset(id: number, signal: AbortSignal): Promise<void>;
  /**
   * A write whose answer may be lost, or that somebody else has done just now: what `seen` finds afterwards counts, and
   * the write is repeated only when that finds nothing.
   */
  certain<T>(write: () => Promise<T>, seen: () => Promise<T | null>, signal: AbortSignal): Promise<T>;
  /** Reads until there is something to be seen, a few times: GitHub shows what was written a little later. */
  eventually<T>(read: () => Promise<T | null>, signal: AbortSignal): Promise<T | null>;
}

export interface GitHub extends GitHubReader, GitHubTracker, GitHubWriter {
  /** `owner/name` as it was given. */
  readonly repositoryName: string;
}
