/** What git says about the repository around the current folder. */
export type Repository = ReadyRepository | UnusableRepository;

export interface ReadyRepository {
  readonly state: "ready";
  /** The work tree's top folder. */
  readonly root: string;
  readonly gitDir: string;
  /** Full object name of HEAD's commit. */
  readonly commit: string;
  /** Short name of the branch HEAD is on; null when detached. */
  readonly branch: string | null;
  /** History is cut off: older commits, and tags on them, are missing. */
  readonly shallow: boolean;
  /** Objects are fetched on demand from a promisor remote. */
  readonly partial: boolean;
  /** `merge`, `rebase`, `cherry-pick`, `revert`, `bisect`, `am`; null when none is under way. */
  readonly operation: string | null;
  readonly remotes: readonly string[];
  /** As it is written in the settings; null where there is no origin. */
  readonly originUrl: string | null;
}

export interface UnusableRepository {
  /** `outside`: none here. `bare`: no work tree. `empty`: no commit yet. `refused`: git's safe.directory. `broken`: git failed otherwise. */
  readonly state: "outside" | "bare" | "empty" | "refused" | "broken";
  readonly message: string;
  readonly remedy: string;
}

export interface ChangedPath {
  /** git's two letters, for example ` M` or `??`. */
  readonly state: string;
  readonly path: string;
}

export interface LocalTag {
  /** The commit it leads to; null when it leads to something else. */
  readonly commit: string | null;
  readonly annotated: boolean;
  readonly tagger: string | null;
  /** RFC 3339 */
  readonly date: string | null;
}

export interface RemoteTag {
  readonly commit: string;
  readonly annotated: boolean;
}

export interface Signature {
  /** git's `%G?`: G good, U good of unknown validity, B bad, X Y R expired or revoked, E cannot be checked, N none. */
  readonly letter: string;
  readonly signer: string | null;
  /** Fingerprint, or key id. */
  readonly key: string | null;
}

export interface FileAtCommit {
  readonly path: string;
  /** Null when it is larger than was asked for. */
  readonly content: Buffer | null;
}

/** git failed where an answer was expected. The message is git's own, on one line, without the URL's credentials. */
export class GitFailure extends Error {
  override readonly name = "GitFailure";
}

/** Reads a repository. Nothing in here writes to it, runs its hooks, or obeys its settings for programs. */
export interface GitReader {
  /** Asked once, then remembered. @throws GitMissing */
  repository(): Promise<Repository>;
  /** Changed and untracked paths of the whole work tree. */
  status(signal?: AbortSignal): Promise<readonly ChangedPath[]>;
  /** Paths that `assume-unchanged` or `skip-worktree` hide from `status` although they differ from the index. */
  hiddenChanges(signal?: AbortSignal): Promise<readonly string[]>;
  tag(name: string, signal?: AbortSignal): Promise<LocalTag | null>;
  /** @throws GitFailure when the remote gives no answer */
  remoteTag(remote: string, name: string, signal?: AbortSignal): Promise<RemoteTag | null>;
  /** Version tags (`v…`) of a remote with the objects they lead to, unordered. @throws GitFailure when the remote gives no answer */
  remoteVersionTags(
    remote: string,
    signal?: AbortSignal,
  ): Promise<readonly { name: string; commit: string }[]>;
  /** The commit a branch of the remote is at. @throws GitFailure when the remote gives no answer */
  remoteBranch(remote: string, branch: string, signal?: AbortSignal): Promise<string | null>;
  /** Short names of local branches and of the remote's branches (as of the last fetch) that contain a commit. */
  branchesContaining(commit: string, remote: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** The remote's default branch as this clone knows it. */
  defaultBranch(remote: string, signal?: AbortSignal): Promise<string | null>;
  /** The commit a ref, tag or abbreviation stands for. */
  resolve(ref: string, signal?: AbortSignal): Promise<string | null>;
  isAncestor(ancestor: string, descendant: string, signal?: AbortSignal): Promise<boolean>;
  /** Those of some commits that are in HEAD's history; asks no remote about the others. */
  inHistory(commits: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** Version tags (`v…`) reachable from HEAD, unordered. */
  reachableVersionTags(signal?: AbortSignal): Promise<readonly string[]>;
  /** Paths at HEAD that were added or changed since a ref; every tracked file when it is null. */
  changedFiles(since: string | null, signal?: AbortSignal): Promise<readonly string[]>;
  /** Regular files' content at HEAD. */
  readFiles(paths: readonly string[], maxBytes: number, signal?: AbortSignal): AsyncIterable<FileAtCommit>;
  /** One file's content at a ref; null when there is none. */
  fileAt(ref: string, path: string, maxBytes: number, signal?: AbortSignal): Promise<Buffer | null>;
  /** Writes the files of a commit into an empty folder outside the repository. */
  exportTo(commit: string, folder: string): Promise<void>;
  signature(commit: string, signal?: AbortSignal): Promise<Signature>;
}
