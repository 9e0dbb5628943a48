import { isLoopback } from "../http/url.ts";
import type { EnvReader } from "../readers.ts";

/** A token for one server. */
export interface PushToken {
  readonly value: string;
  /** The origin it is meant for, for example `https://github.com`. */
  readonly host: string;
  /** Whose it is, for servers that want to know; else `x-access-token`, which most take. */
  readonly username?: string;
}

/** GitHub's web server: as the runner says, else the host of Enterprise's API, else github.com. */
export function gitHubServer(get: (name: string) => string | undefined): string {
  const named = get("GITHUB_SERVER_URL") || get("GITHUB_API_URL");
  if (!named || !URL.canParse(named)) return "https://github.com";
  const { host, origin } = new URL(named);
  // Where the API has a host of its own: github.com, and an enterprise at NAME.ghe.com.
  const web = /^api\.(github\.com|[\w-]+\.ghe\.com)$/.exec(host)?.[1];
  return web === undefined ? origin : `https://${web}`;
}

/** GITHUB_TOKEN, for git where it has no credentials of its own; for GitHub's server only. */
export function gitHubToken(env: EnvReader): PushToken | null {
  const value = env.secret("GITHUB_TOKEN");
  return value ? { value, host: gitHubServer(env.get) } : null;
}

/** For a repository that was named by its URL: GIT_TOKEN, which is for that server, or GITHUB_TOKEN. */
export function namedToken(env: EnvReader, url: string): PushToken | null {
  // A line end comes along easily where a secret was made from a file.
  const value = env.secret("GIT_TOKEN")?.trim();
  const github = gitHubToken(env);
  if (!value || !URL.canParse(url)) return github && { ...github, value: github.value.trim() };
  const username = env.get("GIT_USERNAME")?.trim();
  return { value, host: new URL(url).origin, ...(username ? { username } : {}) };
}

/** How a call gets at the token: by a helper of its own that reads the environment of that one call. */
export interface TokenDoor {
  readonly settings: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const variable = "RS_GIT_PASSWORD";
const userVariable = "RS_GIT_USERNAME";
// A builtin of every shell: the token stands in no list of processes.
const helper = `!f() { if test "$1" = get; then printf 'username=%s\\npassword=%s\\n' "$${userVariable}" "$${variable}"; fi; }; f`;

/**
 * The token for those URLs that lead to its own server, over a connection that nobody listens in on.
 * Null when there is none. It is asked for by that server's URL only: a redirect elsewhere takes nothing along.
 */
export function tokenDoor(urls: readonly string[], token: PushToken | null): TokenDoor | null {
  if (token === null || token.value === "") return null;
  const { value, username = "x-access-token" } = token;
  if (/[\r\n\0]/.test(value + username)) return null;
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
    env: { [variable]: value, [userVariable]: username },
  };
}

/** The same for every git that is started with this environment. */
export function doorEnvironment(door: TokenDoor, env: NodeJS.ProcessEnv): Record<string, string> {
  const before = Number.parseInt(env["GIT_CONFIG_COUNT"] ?? "", 10) || 0;
  const pairs = door.settings.flatMap((setting, i): [string, string][] => {
    const at = setting.indexOf("=");
    return [
      [`GIT_CONFIG_KEY_${before + i}`, setting.slice(0, at)],
      [`GIT_CONFIG_VALUE_${before + i}`, setting.slice(at + 1)],
    ];
  });
  const count = String(before + door.settings.length);
  return { ...door.env, ...Object.fromEntries(pairs), GIT_CONFIG_COUNT: count };
}

function isTrusted(url: URL, host: string): boolean {
  if (!URL.canParse(host) || new URL(host).origin !== url.origin) return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url));
}
