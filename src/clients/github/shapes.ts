import { GitHubError } from "./errors.ts";
import type {
  GitHubAsset,
  GitHubIssue,
  GitHubPull,
  GitHubRelease,
  GitHubRepository,
  TagRule,
  TagRuleset,
} from "./types.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What is not of the shape that GitHub describes is an error, never a guess. */
function wrong(what: string): GitHubError {
  return new GitHubError({
    kind: "answer",
    message: `the API's answer is not ${what} as GitHub describes it`,
    remedy: "see whether GITHUB_API_URL, or a proxy on the way, is GitHub's own",
    uncertain: true,
  });
}

function fields(json: unknown): Fields {
  return json !== null && typeof json === "object" ? (json as Fields) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function flag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function list<T>(json: unknown, shape: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(json)) throw wrong("a list");
  return json.map(shape);
}

export function release(json: unknown): GitHubRelease {
  const { id, tag_name, draft, html_url, upload_url, ...rest } = fields(json);
  if (
    typeof id !== "number" ||
    typeof tag_name !== "string" ||
    typeof draft !== "boolean" ||
    typeof html_url !== "string" ||
    typeof upload_url !== "string"
  ) {
    throw wrong("a release");
  }
  return {
    id,
    tag: tag_name,
    name: text(rest["name"]) ?? "",
    body: text(rest["body"]) ?? "",
    draft,
    prerelease: rest["prerelease"] === true,
    immutable: rest["immutable"] === true,
    author: text(fields(rest["author"])["login"]),
    url: html_url,
    uploadUrl: upload_url,
    createdAt: text(rest["created_at"]) ?? "",
  };
}

export function asset(json: unknown): GitHubAsset {
  const { id, name, state, size, digest } = fields(json);
  if (
    typeof id !== "number" ||
    typeof name !== "string" ||
    typeof state !== "string" ||
    typeof size !== "number"
  ) {
    throw wrong("an asset");
  }
  return { id, name, state, bytes: size, digest: text(digest) };
}

export function repository(json: unknown, headers: Readonly<Record<string, string>>): GitHubRepository {
  const { full_name, private: hidden, archived, disabled, permissions } = fields(json);
  if (typeof full_name !== "string") throw wrong("a repository");
  // Fine-grained and installation tokens may send it empty: that says nothing of what they may do.
  const scopes = headers["x-oauth-scopes"]?.split(",").flatMap((scope) => scope.trim() || []);
  return {
    fullName: full_name,
    private: hidden === true,
    archived: archived === true,
    disabled: disabled === true,
    userMayPush: flag(fields(permissions)["push"]),
    scopes: scopes?.length ? scopes : null,
    tokenExpires: expiry(headers["github-authentication-token-expiration"]),
  };
}

/** `2026-12-01 10:00:00 UTC`, or with an offset. */
function expiry(value: string | undefined): string | null {
  const at = Date.parse(
    (value ?? "")
      .replace(/ UTC$/, "Z")
      .replace(" ", "T")
      .replace(/ (?=[+-])/, ""),
  );
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

/** The commit, and the kind of object, behind `object` of a ref or a tag. */
export function pointed(json: unknown): { readonly sha: string; readonly type: string } {
  const { sha, type } = fields(fields(json)["object"]);
  if (typeof sha !== "string" || typeof type !== "string") throw wrong("a ref");
  return { sha, type };
}

export function committedAt(json: unknown): string {
  const date = text(fields(fields(json)["committer"])["date"]);
  if (date === null) throw wrong("a commit");
  return date;
}

export function authorLogin(json: unknown): string | null {
  const { sha, author } = fields(json);
  if (typeof sha !== "string") throw wrong("a commit");
  return text(fields(author)["login"]);
}

export function enabled(json: unknown): boolean {
  const value = flag(fields(json)["enabled"]);
  if (value === null) throw wrong("a setting");
  return value;
}

/** Id of a ruleset in a list, if it is one for tags that is in force. */
export function activeTagRuleset(json: unknown): number | null {
  const { id, enforcement, target } = fields(json);
  if (typeof id !== "number") throw wrong("a ruleset");
  return enforcement === "active" && (target === undefined || target === "tag") ? id : null;
}

export function ruleset(json: unknown): TagRuleset {
  const { id, name, source, conditions, rules, current_user_can_bypass } = fields(json);
  if (typeof id !== "number" || typeof name !== "string") throw wrong("a ruleset");
  const ref = fields(fields(conditions)["ref_name"]);
  return {
    id,
    name,
    source: text(source) ?? "",
    include: texts(ref["include"]),
    exclude: texts(ref["exclude"]),
    rules: Array.isArray(rules) ? rules.map(rule) : [],
    bypass: text(current_user_can_bypass),
  };
}

function rule(json: unknown): TagRule {
  const { type, parameters } = fields(json);
  const { operator, pattern, negate } = fields(parameters);
  const named = type === "tag_name_pattern" && typeof operator === "string" && typeof pattern === "string";
  return {
    type: text(type) ?? "",
    pattern: named ? { operator, text: pattern, negate: negate === true } : null,
  };
}

export function pull(json: unknown): GitHubPull {
  const { number, title, updated_at, html_url, ...rest } = fields(json);
  if (
    typeof number !== "number" ||
    typeof title !== "string" ||
    typeof updated_at !== "string" ||
    typeof html_url !== "string"
  ) {
    throw wrong("a pull request");
  }
  const labels = Array.isArray(rest["labels"]) ? rest["labels"] : [];
  return {
    number,
    title,
    body: text(rest["body"]) ?? "",
    author: text(fields(rest["user"])["login"]),
    labels: texts(labels.map((label) => fields(label)["name"])),
    mergedAt: text(rest["merged_at"]),
    updatedAt: updated_at,
    mergeCommit: text(rest["merge_commit_sha"]),
    url: html_url,
  };
}

export function issue(json: unknown): GitHubIssue {
  const { number, title, html_url, pull_request } = fields(json);
  if (typeof number !== "number" || typeof title !== "string" || typeof html_url !== "string") {
    throw wrong("an issue");
  }
  return { number, title, url: html_url, isPull: pull_request !== undefined };
}
