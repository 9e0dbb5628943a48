import { createGitCommand } from "../../clients/git/command.ts";
import { createGit } from "../../clients/git/git.ts";
import type { ReadyRepository } from "../../clients/git/reader.ts";
import { isOfAnother } from "../../clients/job-repository.ts";
import { SentinelError } from "../../core/errors.ts";

/** Before the command itself, which has limits of its own. */
const limitMs = 30_000;

/** The work tree of the job, where there is one that git can read. */
export async function findCheckout(cwd: string, env: NodeJS.ProcessEnv): Promise<ReadyRepository | null> {
  // What is wrong with it is told by the command that needs it.
  const repository = await createGit(cwd, env, AbortSignal.timeout(limitMs))
    .repository()
    .catch(() => null);
  return repository?.state === "ready" ? repository : null;
}

/**
 * Such a workflow runs with the base's secrets and may write: the code of somebody without rights must not be there. What is
 * checked out has to be what GitHub says it is, or has to lead to a branch or a tag of the repository itself.
 * @throws SentinelError `flag-invalid` when it does not
 */
export async function refuseOthersCode(
  { commit, root, originUrl }: ReadyRepository,
  event: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (commit === env["GITHUB_SHA"]) return;
  const base = env["GITHUB_BASE_REF"];
  const git = createGit(root, env);
  const isOwn = base
    ? (await git.resolve(`refs/remotes/origin/${base}`)) === commit
    : await isPublished(root, commit, env);
  if (isOwn && !isOfAnother(originUrl, (name) => env[name])) return;
  const [what, remedy] = base
    ? [
        "not the base's commit",
        "run the gate on: pull_request; there it gets no secrets from forks, and needs none to be trusted",
      ]
    : [
        "not the commit that GitHub has started it for, and on no branch or tag of this repository",
        "judge pull requests on: pull_request; for a branch's own commit give actions/checkout: fetch-depth: 0",
      ];
  throw new SentinelError(
    "flag-invalid",
    `${event} runs with the ${base ? "base" : "repository"}'s secrets, and ${commit.slice(0, 7)}, which is checked out, is ${what}`,
    remedy,
  );
}

/** Whether a branch of origin's, as of the last fetch, or a tag contains a commit. */
async function isPublished(root: string, commit: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const refs = ["refs/remotes/origin", "refs/tags"];
  const found = await createGitCommand(
    root,
    env,
  )(["for-each-ref", "--count=1", "--contains", commit, ...refs]);
  return found.stdout.length > 0;
}
