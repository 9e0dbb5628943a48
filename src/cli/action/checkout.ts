import { createGit } from "../../clients/git/git.ts";
import type { ReadyRepository } from "../../clients/git/reader.ts";
import { SentinelError } from "../../core/errors.ts";

/** The work tree of the job, where there is one that git can read. */
export async function findCheckout(cwd: string, env: NodeJS.ProcessEnv): Promise<ReadyRepository | null> {
  // What is wrong with it is told by the command that needs it.
  const repository = await createGit(cwd, env)
    .repository()
    .catch(() => null);
  return repository?.state === "ready" ? repository : null;
}

/**
 * Such a workflow runs with the base's secrets and may write: a pull request's code must not be there.
 * @throws SentinelError `policy-refused` when what is checked out is not the base
 */
export async function refusePullRequestCode(
  checkout: ReadyRepository,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { commit } = checkout;
  const base = env["GITHUB_BASE_REF"];
  if (commit === env["GITHUB_SHA"]) return;
  const git = createGit(checkout.root, env);
  if (base && (await git.resolve(`refs/remotes/origin/${base}`)) === commit) return;
  throw new SentinelError(
    "flag-invalid",
    `pull_request_target runs with the base's secrets, and ${commit.slice(0, 7)}, which is checked out, is not the base's commit`,
    "run the gate on: pull_request; there it gets no secrets from forks, and needs none to be trusted",
  );
}
