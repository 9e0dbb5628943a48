import { parseObject } from "../../core/json.ts";
import { printable } from "../../core/text.ts";
import { isCertificateCode } from "../http/cause.ts";
import type { HttpAnswer, NetworkFailure } from "../readers.ts";
import { GitHubError, type GitHubErrorFacts } from "./errors.ts";

/** What a refusal is explained with. */
export interface Asked {
  /** What was asked for, as an infinitive: `create the draft`. */
  readonly doing: string;
  readonly writing: boolean;
  /** `owner/name`. */
  readonly repository: string;
  /** `GitHub`, with the host where it is not github.com. */
  readonly whose: string;
  readonly token: TokenKind;
  readonly mask: (text: string) => string;
}

export type TokenKind = "installation" | "fine-grained" | "classic" | "unknown";

/** By the prefixes that GitHub gives its tokens. */
export function tokenKind(token: string): TokenKind {
  if (token.startsWith("ghs_")) return "installation";
  if (token.startsWith("github_pat_")) return "fine-grained";
  return /^gh[pou]_/.test(token) ? "classic" : "unknown";
}

/** Answers behind which GitHub may have done the work all the same. */
const troubled = new Set([408, 500, 502, 503, 504]);

/** GitHub's own words, masked, on one line, short. */
export function apiMessage({ body }: HttpAnswer, mask: (text: string) => string): string {
  const { message, errors } = parseObject(body) ?? {};
  const details = (Array.isArray(errors) ? errors : []).map((error: unknown) => {
    if (typeof error === "string") return error;
    const { message: text, resource, field, code } = Object(error) as Record<string, unknown>;
    if (typeof text === "string") return text;
    return [resource, field, code].filter((word) => typeof word === "string").join(" ");
  });
  const words = [typeof message === "string" ? message : "", ...new Set(details)].filter(Boolean);
  return printable(mask(words.join("; ")), 300);
}

/** An answer that is no success, as an error for people. */
export function refusal(answer: HttpAnswer, asked: Asked): GitHubError {
  const { status } = answer;
  const said = apiMessage(answer, asked.mask);
  const told = said ? `: ${said}` : "";
  const refused = `${asked.whose} refused to ${asked.doing} (${status})${told}`;
  const facts = (): Omit<GitHubErrorFacts, "status"> => {
    if (status === 401) {
      return {
        kind: "token",
        message: `${asked.whose} does not accept the token (401)${told}`,
        remedy: "give GITHUB_TOKEN a token that is valid: this one has expired, was revoked, or is not whole",
      };
    }
    if (status === 403) return { kind: "permission", message: refused, remedy: permission(answer, asked) };
    if (status === 404) {
      return {
        kind: "missing",
        message: `${asked.whose} has no ${asked.repository} that this token may ${asked.writing ? "write to" : "see"} (404, to ${asked.doing})${told}`,
        remedy: `see that GITHUB_REPOSITORY=${asked.repository} is written rightly; if it is, ${permission(answer, asked)}`,
      };
    }
    if (status === 409) {
      return { kind: "busy", message: refused, remedy: "run the same command again in a moment" };
    }
    if (status === 422 || status === 400) return invalid(said, refused);
    if (troubled.has(status)) {
      return {
        kind: "server",
        message: `${asked.whose} has trouble: it could not ${asked.doing} (${status})${told}`,
        remedy: "run the same command again: it goes on from what is there",
        uncertain: true,
      };
    }
    return {
      kind: "answer",
      message: `${asked.whose} gave an answer that was not expected when asked to ${asked.doing} (${status})${told}`,
      remedy: "see whether GITHUB_API_URL, or a proxy on the way, is GitHub's own",
    };
  };
  return new GitHubError({ status, ...facts() });
}

function invalid(said: string, refused: string): Omit<GitHubErrorFacts, "status"> {
  if (/used by an immutable release/i.test(said)) {
    return {
      kind: "burned",
      message: refused,
      remedy:
        "release the next version: a tag that an immutable release has had is never taken again, not even when that release is deleted",
    };
  }
  if (/immutable/i.test(said)) {
    return {
      kind: "immutable",
      message: refused,
      remedy: "release the next version: a published release that is immutable keeps the assets it has",
    };
  }
  if (/rule violations|being restricted/i.test(said)) {
    return {
      kind: "permission",
      message: refused,
      remedy: "let the token's owner bypass the tag ruleset, or push the tag as somebody who may",
    };
  }
  if (/already[ _]exists/i.test(said)) {
    return {
      kind: "exists",
      message: refused,
      remedy: "run the same command again: it looks at what is there",
    };
  }
  return {
    kind: "invalid",
    message: refused,
    remedy: "mend what GitHub names, and run the same command again",
  };
}

/** Which right is missing, in the words of the kind of token that was given. */
function permission({ headers }: HttpAnswer, { token, doing, writing }: Asked): string {
  if (headers["x-github-sso"] !== undefined) {
    return "authorize the token for the organization's single sign-on, in the token's settings on GitHub";
  }
  const named = headers["x-accepted-github-permissions"];
  const needed = named
    ? printable(named, 100).replaceAll("=", ": ")
    : `contents: ${writing ? "write" : "read"}`;
  const ways = {
    installation: `give the workflow's job \`permissions: ${needed}\``,
    "fine-grained": `give the fine-grained token the repository permission ${needed}`,
    classic: "give the classic token the scope `repo`",
  };
  const way =
    token === "unknown"
      ? `give the token what it lacks: ${needed} (fine-grained token, or \`permissions:\` of a workflow), or the scope \`repo\` (classic token)`
      : ways[token];
  return /draft|publish/.test(doing)
    ? `${way}; a commit that changes .github/workflows needs \`workflow\` rights too`
    : way;
}

export interface LostAnswer {
  /** Another attempt may help. */
  readonly again: boolean;
  readonly error: GitHubError;
}

/** No answer at all, as an error for people. */
export function lost(failure: NetworkFailure, { whose, doing }: Asked): LostAnswer {
  const { code, message } = failure;
  const ours = code === "BAD_BODY" || code === "BAD_HEADER";
  const final = ours || code.startsWith("BAD_") || code === "TOO_MANY_REDIRECTS" || isCertificateCode(code);
  const again = !final && code !== "TIMEOUT";
  const remedies = {
    BAD_BODY: "let nothing change the assets while they are uploaded, and run the same command again",
    BAD_HEADER: "see that GITHUB_TOKEN is one line of plain characters",
  } as Readonly<Record<string, string>>;
  return {
    again,
    error: new GitHubError({
      kind: ours ? "invalid" : "network",
      message: ours
        ? `could not ${doing}: ${message}`
        : `${whose} gave no answer when asked to ${doing}: ${message}`,
      remedy:
        remedies[code] ??
        (final
          ? "see that GITHUB_API_URL, the proxy and its certificates are right"
          : "see that this machine reaches GitHub, and run the same command again: it goes on from what is there"),
      uncertain: !final,
    }),
  };
}
