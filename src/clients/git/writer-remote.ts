import type { Secrets } from "../../core/mask.ts";
import { duration, printable, showUrl } from "../../core/text.ts";
import { limited } from "../../core/within.ts";
import { addUrlPassword } from "../env.ts";
import type { GitAnswer } from "./command.ts";
import { type PushToken, type TokenDoor, tokenDoor } from "./credentials.ts";
import { type Refusal, RemoteRefused, refusalOf, wantsCredentials } from "./writer-refusal.ts";
import type { UserGit, UserGitOptions } from "./writer-run.ts";

/** A remote, and a token that may be used for it where git's own credentials do not do. */
export interface RemoteAccess {
  readonly remote: string;
  readonly token: PushToken | null;
}

/** A place that a remote stands for: pushes may go to several, and reading elsewhere. */
export interface RemotePlace {
  /** Fit to be shown: `origin`, or `origin (URL)` where there are several. */
  readonly label: string;
  /** What git is told to talk to. */
  readonly name: string;
  readonly url: string;
  readonly isRead: boolean;
  readonly isPushed: boolean;
  /** Defines `name`, where it is not one of the user's remotes. Holds the URL, so that no list of processes does. */
  readonly env: NodeJS.ProcessEnv;
}

/** Nobody's remote. */
const ownName = "release-sentinel-place";

/** Where a remote leads, after all of the user's rewriting. Null when there is no such remote. */
export async function remotePlaces(
  git: UserGit,
  remote: string,
  { env, secrets, signal }: { env: NodeJS.ProcessEnv; secrets: Secrets; signal: AbortSignal },
): Promise<readonly RemotePlace[] | null> {
  const [read, push] = await Promise.all([
    git(["remote", "get-url", remote], { signal }),
    git(["remote", "get-url", "--push", "--all", remote], { signal }),
  ]);
  if (read.code !== 0 || push.code !== 0) return null;
  const [readUrl = ""] = lines(read);
  const urls = lines(push);
  for (const url of [readUrl, ...urls]) addUrlPassword(url, secrets);
  const shown = printable(remote, 100);
  const all = [...new Set([...urls, readUrl])];
  return all.map((url) => {
    const use = { url, isRead: url === readUrl, isPushed: urls.includes(url) };
    return all.length === 1
      ? { ...use, label: shown, name: remote, env: {} }
      : { ...use, label: `${shown} (${showUrl(url)})`, name: ownName, env: ownRemote(env, url) };
  });
}

function lines({ stdout }: GitAnswer): string[] {
  return stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
}

function ownRemote(env: NodeJS.ProcessEnv, url: string): NodeJS.ProcessEnv {
  const n = Number.parseInt(env["GIT_CONFIG_COUNT"] ?? "", 10) || 0;
  return {
    GIT_CONFIG_COUNT: `${n + 2}`,
    [`GIT_CONFIG_KEY_${n}`]: `remote.${ownName}.url`,
    [`GIT_CONFIG_VALUE_${n}`]: url,
    // A push URL of its own is not rewritten for pushing once more.
    [`GIT_CONFIG_KEY_${n + 1}`]: `remote.${ownName}.pushurl`,
    [`GIT_CONFIG_VALUE_${n + 1}`]: url,
  };
}

export interface Call {
  readonly access: RemoteAccess;
  readonly places: readonly RemotePlace[];
  readonly tag: string;
  /** The user's pre-push hook is asked first. */
  readonly hooked?: boolean;
  /** For what is remembered of the way that worked: reading may be free where pushing is not. */
  readonly purpose: "read" | "push";
  /** For a failure without a better word: `git push to origin`. */
  readonly doing: string;
  readonly limitMs: number;
  readonly args: readonly string[];
  readonly options: Omit<UserGitOptions, "signal">;
  readonly signal: AbortSignal;
}

/** What became of a call: git's answer, and what is wrong with it, if anything. */
export interface Reached {
  readonly answer: GitAnswer;
  readonly refusal: Refusal | null;
}

/**
 * Calls on remotes: with git's own credentials, and where those do not do with the token.
 * The way that worked is remembered.
 * @throws RemoteRefused when there is no answer within the limit
 */
export function createRemoteCalls(git: UserGit, secrets: Secrets): (call: Call) => Promise<Reached> {
  const byToken = new Set<string>();

  const once = async (call: Call, door: TokenDoor | null): Promise<Reached> => {
    secrets.add(call.access.token?.value);
    const { access, places, tag, hooked = false, doing, args, options } = call;
    const ask = (signal: AbortSignal) =>
      git(args, {
        ...options,
        signal,
        settings: [...(options.settings ?? []), ...(door?.settings ?? [])],
        env: { ...options.env, ...door?.env },
      });
    const answer = await limited(call.limitMs, call.signal, ask, () => late(call));
    const urls = places.map(({ url }) => url);
    const asked = { remote: printable(access.remote, 100), tag, hooked, urls };
    return { answer, refusal: answer.code === 0 ? null : refusalOf(answer, asked, doing, secrets) };
  };

  return async (call) => {
    const { access, purpose, places } = call;
    const urls = places.map(({ url }) => url);
    const door = tokenDoor(urls, access.token);
    if (door === null) return once(call, null);
    const key = `${purpose} ${urls.join(" ")}`;
    if (byToken.has(key)) return once(call, door);
    const own = await once(call, null);
    if (own.refusal === null || !wantsCredentials(own.refusal)) return own;
    const reached = await once(call, door);
    if (reached.refusal && wantsCredentials(reached.refusal)) {
      const { message } = reached.refusal;
      const both = {
        ...reached.refusal,
        message: `${message} (with the token; git's own credentials do not do either)`,
      };
      return { ...reached, refusal: both };
    }
    byToken.add(key);
    return reached;
  };
}

function late({ access, limitMs }: Call): RemoteRefused {
  const remote = printable(access.remote, 100);
  return new RemoteRefused({
    kind: "timeout",
    message: `${remote} did not answer within ${duration(limitMs)}`,
    remedy: `see what it waits for: git ls-remote ${remote}`,
  });
}
