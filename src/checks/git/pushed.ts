import type { GitReader, ReadyRepository } from "../../clients/git/reader.ts";
import { printable, shellWord } from "../../core/text.ts";
import { gitCheck, short } from "./git-check.ts";

interface Options {
  remote: string;
}

type Seen = {
  head: string;
  remote: string | null;
  branch: string | null;
  /** Where the remote's branch is; null when it has none of that name. */
  tip: string | null;
  /** Null when this clone lacks the remote's commit, or the history between the two, and so cannot tell. */
  contained: boolean | null;
  shallow: boolean;
};

/** Is HEAD on the remote's branch, so that what is released can be found again? */
export const gitPushed = gitCheck<Options, Seen>({
  id: "git.pushed",
  question: "Is HEAD on the remote's branch?",
  reach: "network",
  defaults: { remote: "origin" },
  schema: (z) => z.strictObject({ remote: z.string().min(1).optional().describe("The remote to ask.") }),
  async observe(repository, { readers, options, signal }) {
    const { git, ci } = readers;
    const remote = repository.remotes.includes(options.remote) ? options.remote : null;
    const branch =
      repository.branch ??
      ci.branch ??
      ci.pullRequest?.base ??
      (await git.defaultBranch(options.remote, signal));
    const tip = remote && branch ? await git.remoteBranch(remote, branch, signal) : null;
    const contained = await isContained(repository, tip, git, signal);
    return { head: repository.commit, remote, branch, tip, contained, shallow: repository.shallow };
  },
  judge(seen, { options, target }) {
    if (target.purpose === "pull-request")
      return { status: "skipped", message: "A pull request's merge commit is not pushed" };
    if (!seen.remote) {
      return {
        status: "fail",
        message: `There is no remote named ${printable(options.remote)}`,
        remedy: `git remote add ${options.remote} URL`,
      };
    }
    if (!seen.branch) {
      return {
        status: "unknown",
        message: "HEAD is detached: which branch it should be on is not known",
        remedy: "git switch main",
      };
    }
    const branch = `${seen.remote}/${printable(seen.branch, 200)}`;
    if (seen.contained) return { status: "ok", message: `Pushed: ${short(seen.head)} is on ${branch}` };
    if (seen.tip === null)
      return {
        status: "fail",
        message: `Not pushed: there is no ${branch}`,
        remedy: pushing(seen.remote, seen.branch),
      };
    if (seen.contained === null) {
      return {
        status: "unknown",
        message: seen.shallow
          ? `${branch} is at ${short(seen.tip)}: whether ${short(seen.head)} is on it cannot be seen in a shallow clone`
          : `${branch} is at ${short(seen.tip)}, which is not in this clone`,
        remedy: `git fetch ${seen.shallow ? "--unshallow " : ""}${seen.remote}`,
      };
    }
    return {
      status: "fail",
      message: `Not pushed: ${short(seen.head)} is not on ${branch}`,
      remedy: pushing(seen.remote, seen.branch),
    };
  },
});

function pushing(remote: string, branch: string): string {
  return `git push ${shellWord(remote)} ${shellWord(branch)}`;
}

/** Null: it cannot be known from what this clone holds. */
async function isContained(
  { commit, shallow }: ReadyRepository,
  tip: string | null,
  git: GitReader,
  signal: AbortSignal,
): Promise<boolean | null> {
  if (tip === null) return false;
  if (tip === commit) return true;
  if (!(await git.resolve(tip, signal))) return null;
  if (await git.isAncestor(commit, tip, signal)) return true;
  // Where history is cut off, "no" is only known of a branch that is behind.
  return shallow && !(await git.isAncestor(tip, commit, signal)) ? null : false;
}
