/**
 * `token` not accepted · `permission` not enough · `missing` or not to be seen · `exists` already · `burned`: the tag was
 * used by an immutable release · `immutable` release · `invalid` request · `limit` of requests reached · `busy` with
 * another change · `server` trouble · `network` trouble · `answer` that is not GitHub's.
 */
export type GitHubErrorKind =
  | "token"
  | "permission"
  | "missing"
  | "exists"
  | "burned"
  | "immutable"
  | "invalid"
  | "limit"
  | "busy"
  | "server"
  | "network"
  | "answer";

export interface GitHubErrorFacts {
  readonly kind: GitHubErrorKind;
  readonly message: string;
  readonly remedy: string;
  readonly status?: number;
  readonly uncertain?: boolean;
}

/** GitHub did not do what was asked. Message and remedy are for people, and hold no secret. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  readonly kind: GitHubErrorKind;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly remedy: string;
  /** Whether it may have been done all the same: a lost answer, or trouble behind GitHub's door. */
  readonly uncertain: boolean;
  constructor({ kind, message, remedy, status, uncertain }: GitHubErrorFacts) {
    super(message);
    this.kind = kind;
    this.status = status ?? null;
    this.remedy = remedy;
    this.uncertain = uncertain ?? false;
  }
}
