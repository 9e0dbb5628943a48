/** A file on this machine. */
export interface FileAsset {
  /** Unique in the release; letters, digits and `. _ - + @ ~`, as GitHub keeps them. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A text of ours: notes, check sums. */
export interface TextAsset {
  readonly name: string;
  readonly content: string;
}

export interface PublishRequest {
  readonly tag: string;
  /** Full object name. */
  readonly commit: string;
  /** The release's title. */
  readonly name: string;
  /** The full notes in Markdown. What is over GitHub's limit is cut: the asset RELEASE_NOTES.md has all of it. */
  readonly body: string;
  readonly prerelease: boolean;
  /** The commit that the tag leads to by git's own word: for an API that shows no refs. */
  remoteTag(signal: AbortSignal): Promise<string | null>;
  /** Whether git pushes as the token's owner, as far as the remote's address tells. */
  readonly pushedByToken: boolean;
  /** Whether a hook runs before they are needed, and may build what is not there yet. */
  readonly built: boolean;
  /**
   * Read whenever they are needed: a hook may build them in between. The last one, the check sums, is uploaded after all the
   * others: it is the seal of a release that is whole.
   */
  assets(): Promise<readonly (FileAsset | TextAsset)[]>;
}
