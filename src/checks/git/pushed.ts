import { printable } from "../../core/text.ts";
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
  /** Null when this clone lacks the remote's commit, and so cannot tell. */
  contained: boolean | null;
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
    let contained: boolean | null = tip === repository.commit;
    if (tip && !contained) {
      contained = (await git.resolve(tip, signal))
        ? await git.isAncestor(repository.commit, tip, signal)
        : null;
    }
    return { head: repository.commit, remote, branch, tip, contained };
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
        remedy: `git push ${seen.remote} ${seen.branch}`,
      };
    if (seen.contained === null) {
      return {
        status: "unknown",
        message: `${branch} is at ${short(seen.tip)}, which is not in this clone`,
        remedy: `git fetch ${seen.remote}`,
      };
    }
    return {
      status: "fail",
      message: `Not pushed: ${short(seen.head)} is not on ${branch}`,
      remedy: `git push ${seen.remote} ${seen.branch}`,
    };
  },
});
