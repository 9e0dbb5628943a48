import type { GitAnswer, GitCommand } from "./command.ts";
import { type PushToken, tokenDoor } from "./credentials.ts";

/** Asked only when it is needed. */
export type TokenSource = () => PushToken | null;

export const noToken: TokenSource = () => null;

export type LsRemote = (remote: string, args: readonly string[], signal?: AbortSignal) => Promise<GitAnswer>;

/** What a server says of an account that it does not know, or lets see nothing. */
export const wantsCredentials =
  /could not read (username|password)|authentication failed|returned error: (401|403|404)|repository .*not found|access denied/i;

/**
 * `git ls-remote` with git's own credentials, and where those do not do with the token, for GitHub's own server alone.
 * The way that worked is remembered.
 */
export function createLsRemote(git: GitCommand, token: TokenSource): LsRemote {
  const byToken = new Set<string>();
  const once = (remote: string, args: readonly string[], signal: AbortSignal | undefined, door?: object) =>
    git(
      [
        "ls-remote",
        "--upload-pack=git-upload-pack",
        ...args.filter(isOption),
        "--",
        remote,
        ...args.filter(isRef),
      ],
      {
        signal,
        network: true,
        ...door,
      },
    );

  return async (remote, args, signal) => {
    const own = byToken.has(remote) ? undefined : await once(remote, args, signal);
    if (own && (own.code === 0 || !wantsCredentials.test(own.stderr))) return own;
    const urls = (await git(["remote", "get-url", remote], { signal })).stdout.toString("utf8").trim();
    const door = tokenDoor([urls], token());
    if (door === null) return own ?? once(remote, args, signal);
    const answer = await once(remote, args, signal, door);
    if (answer.code === 0) byToken.add(remote);
    return answer.code === 0 ? answer : (own ?? answer);
  };
}

const isOption = (word: string) => word.startsWith("--");
const isRef = (word: string) => !isOption(word);
