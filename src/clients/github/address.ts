import { SentinelError } from "../../core/errors.ts";
import { showUrl } from "../../core/text.ts";
import { isLoopback } from "../http/url.ts";
import { GitHubError } from "./errors.ts";

/**
 * Where the API is, without a slash at the end.
 * @throws SentinelError for what is no URL, holds more than a place, or would send the token in the clear
 */
export function apiAddress(text: string): URL {
  const refuse = (why: string) =>
    new SentinelError(
      "config-invalid",
      `GITHUB_API_URL ${why}: ${showUrl(text)}`,
      "give it as https://api.github.com, or https://HOST/api/v3 for GitHub Enterprise",
    );
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw refuse("is not an http(s) URL");
  if (url.username || url.password || url.search || url.hash) {
    throw refuse("may hold nothing but scheme, host and path");
  }
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw refuse("would send the token unencrypted");
  }
  url.pathname = url.pathname.replace(/\/+$/, "");
  return url;
}

/** @throws SentinelError for anything but `owner/name` */
export function repositoryPath(text: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(text) && !/(^|\/)\.\.?(\/|$)/.test(text)) return text;
  throw new SentinelError(
    "config-invalid",
    `GITHUB_REPOSITORY is not owner/name: ${showUrl(text)}`,
    "set GITHUB_REPOSITORY=owner/name",
  );
}

/**
 * Where one asset goes, by the template that a release has.
 * @throws GitHubError when the token would leave TLS on the way
 */
export function uploadAddress(template: string, api: URL, name: string): string {
  const text = template.replace(/\{[^}]*\}$/, "");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const safe = url?.protocol === "https:" || (url !== undefined && url.origin === api.origin);
  if (!safe || url.username || url.password) {
    throw new GitHubError({
      kind: "answer",
      message: "GitHub's upload URL is not one that a token may be sent to",
      remedy: "see whether GITHUB_API_URL is GitHub's own address, or that of a proxy that changes answers",
    });
  }
  url.searchParams.set("name", name);
  return url.href;
}
