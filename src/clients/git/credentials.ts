import { isLoopback } from "../http/url.ts";
import type { EnvReader } from "../readers.ts";

/** A token for one server. */
export interface PushToken {
  readonly value: string;
  /** The origin it is meant for, for example `https://github.com`. */
  readonly host: string;
}

/** GitHub's web server: as the runner says, else the host of Enterprise's API, else github.com. */
export function gitHubServer(get: (name: string) => string | undefined): string {
  const named = get("GITHUB_SERVER_URL") || get("GITHUB_API_URL");
  if (!named || !URL.canParse(named)) return "https://github.com";
  const { hostname, origin } = new URL(named);
  return hostname === "api.github.com" ? "https://github.com" : origin;
}

/** GITHUB_TOKEN, for git where it has no credentials of its own; for GitHub's server only. */
export function gitHubToken(env: EnvReader): PushToken | null {
  const value = env.secret("GITHUB_TOKEN");
  return value ? { value, host: gitHubServer(env.get) } : null;
}

/** How a call gets at the token: by a helper of its own that reads the environment of that one call. */
export interface TokenDoor {
  readonly settings: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const variable = "RS_GIT_PASSWORD";
// A builtin of every shell: the token stands in no list of processes.
const helper = `!f() { if test "$1" = get; then printf 'username=x-access-token\\npassword=%s\\n' "$${variable}"; fi; }; f`;

/**
 * The token for those URLs that lead to its own server, over a connection that nobody listens in on.
 * Null when there is none. It is asked for by that server's URL only: a redirect elsewhere takes nothing along.
 */
export function tokenDoor(urls: readonly string[], token: PushToken | null): TokenDoor | null {
  if (token === null || /[\r\n\0]/.test(token.value) || token.value === "") return null;
  const meant = urls.flatMap((url) => {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    // A password in the URL comes before every helper.
    return parsed && parsed.password === "" && isTrusted(parsed, token.host) ? [parsed] : [];
  });
  if (meant.length === 0) return null;
  return {
    settings: meant.flatMap(({ origin, pathname }) => [
      // What the user's helpers know of this server is not wanted, and they are not to learn the token.
      `credential.${origin}.helper=`,
      `credential.${origin}.helper=${helper}`,
      // A header of the user's would be sent in the token's place; the longest URL has the last word.
      `http.${origin}${pathname}.extraheader=`,
    ]),
    env: { [variable]: token.value },
  };
}

function isTrusted(url: URL, host: string): boolean {
  if (!URL.canParse(host) || new URL(host).origin !== url.origin) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}
