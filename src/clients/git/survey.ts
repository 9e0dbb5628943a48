import { createGitCommand } from "./command.ts";
import { oneLine } from "./git.ts";
import { GitFailure } from "./reader.ts";

/** What is in a repository, whether it has a commit yet or not. Nobody but this machine is asked. */
export interface GitSurvey {
  /** The top of the work tree. */
  readonly root: string;
  /** The branch that HEAD is on, born or not; null when detached. */
  readonly head: string | null;
  /** Of the remote, as this clone knows it. */
  readonly remoteDefault: string | null;
  /** Local ones, and those of the remote; each once, sorted. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  /** Where the remote leads: as git reaches it, and as it is written. Empty where there is none. */
  readonly remoteUrls: readonly string[];
  /** Tracked files, and new ones that are not ignored; from the top, with `/`, sorted. */
  readonly files: readonly string[];
}

/** @throws GitFailure where there is no work tree, GitMissing, the signal's reason */
export async function surveyRepository(
  cwd: string,
  env: NodeJS.ProcessEnv,
  { remote = "origin", signal }: { readonly remote?: string; readonly signal: AbortSignal },
): Promise<GitSurvey> {
  const here = createGitCommand(cwd, env, signal);
  const top = await here(["rev-parse", "--show-toplevel"]);
  const root = top.stdout.toString("utf8").trimEnd();
  if (top.code !== 0 || root === "") throw new GitFailure(oneLine(top.stderr) || "there is no work tree");
  const git = createGitCommand(root, env, signal);
  const text = async (args: readonly string[]) => (await git(args)).stdout.toString("utf8");
  const [head, remoteHead, refs, reached, written, files] = await Promise.all([
    text(["symbolic-ref", "--quiet", "HEAD"]),
    text(["symbolic-ref", "--quiet", `refs/remotes/${remote}/HEAD`]),
    text(["for-each-ref", "--format=%(refname)", "refs/heads", `refs/remotes/${remote}`, "refs/tags"]),
    text(["remote", "get-url", remote]),
    text(["config", "--get", `remote.${remote}.url`]),
    text(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]),
  ]);
  const names = (prefix: string) =>
    refs.split("\n").flatMap((ref) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []));
  const branches = [...names("refs/heads/"), ...names(`refs/remotes/${remote}/`)];
  return {
    root,
    head: afterPrefix(head, "refs/heads/"),
    remoteDefault: afterPrefix(remoteHead, `refs/remotes/${remote}/`),
    branches: [...new Set(branches.filter((name) => name !== "HEAD"))].sort(),
    tags: names("refs/tags/"),
    remoteUrls: [reached.trim(), written.trim()].filter((url) => url !== ""),
    files: [...new Set(files.split("\0").filter((path) => path !== ""))].sort(),
  };
}

function afterPrefix(text: string, prefix: string): string | null {
  const ref = text.trim();
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : null;
}
