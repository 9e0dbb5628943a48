import type { PushToken } from "../../clients/git/credentials.ts";
import type { GitReader } from "../../clients/git/reader.ts";
import type { TagMaker, TagPusher } from "../../clients/git/writer-types.ts";
import type { GitHubReader } from "../../clients/github/types.ts";
import type { RitualRelease } from "../release.ts";

/** What was looked at, one question each. */
export const integrityQuestions = [
  "tag.format",
  "repository",
  "tag.exists",
  "tag.annotated",
  "tag.same",
  "branch",
  "previous",
  "verdict",
  "release",
  "release.assets",
  "release.sums",
] as const;
export type IntegrityQuestion = (typeof integrityQuestions)[number];

/** One answer. `fail`: the release is not what it says (exit 1); `unknown`: that could not be found out (exit 2). */
export interface IntegrityFinding {
  readonly question: IntegrityQuestion;
  readonly status: "ok" | "notice" | "warn" | "fail" | "unknown" | "skipped";
  /** One sentence. */
  readonly message: string;
  /** What to do about it, best a command to type. */
  readonly remedy?: string;
}

/** What a release is made of, and whether it is what it says. */
export interface ReleaseReading {
  /** Null where it could not even be named: no such tag, or not this tag. With a `fail` or an `unknown` nothing may act. */
  readonly release: RitualRelease | null;
  /** Every one, not only the first that is wrong. */
  readonly findings: readonly IntegrityFinding[];
}

/** How the release on the forge counts: `auto`: where it can be looked at; `require`: it must; `warn`: it only warns. */
export type ForgePolicy = "auto" | "require" | "warn" | "never";

/** What the release is looked for in. */
export interface IntegrityWorld {
  readonly git: GitReader;
  /** Its reading half: it pushes nothing here. */
  readonly tags: Pick<TagPusher, "remoteTag" | "remoteWords" | "remoteHeads" | "fetchHead" | "fetchTag"> &
    Pick<TagMaker, "tag">;
  /** For the remote, where git's own credentials do not do. */
  readonly token: PushToken | null;
  /** `host/path` of the remote; null where its URL names no host. */
  readonly project: string | null;
  /** The release before; null: there is none. @throws SentinelError when that cannot be told from this clone */
  previous(tag: string, commit: string, signal: AbortSignal): Promise<RitualRelease["previous"]>;
  readonly forge:
    | { readonly github: GitHubReader; readonly repository: string }
    /** Why it is not looked at: `no GITHUB_TOKEN`, `the remote is not on GitHub`. */
    | { readonly skipped: string; readonly repository: string | null };
  /** Where a signed verdict is demanded: whether there is a good one for this tag and commit. */
  readonly verdict:
    | ((subject: { tag: string; commit: string }, signal: AbortSignal) => Promise<VerdictAnswer>)
    | null;
}

export type VerdictAnswer = Pick<IntegrityFinding, "status" | "message" | "remedy">;

export interface IntegrityRequest {
  readonly tag: string;
  readonly rehearsal: boolean;
  /** Default: `origin`. */
  readonly remote?: string;
  /** Names and globs (`release/*`) of branches that releases are made from. Default: `main`, `master`, `release/*`. */
  readonly branches?: readonly string[];
  /** Default: `auto`. */
  readonly forge?: ForgePolicy;
  readonly environment: string | null;
  /** The deploy as the ledger has it, in milliseconds; null: the tag's own moment. */
  readonly deployed: { readonly from: number; readonly to: number } | null;
  /** What `--from` and `--to` ask for; null: half an hour around the deploy. */
  readonly window: { readonly from: number; readonly to: number } | null;
}
