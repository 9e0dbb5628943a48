import type { CiService, PullRequestFacts, Variable } from "./facts.ts";
import { branchName, fromMergeQueue, fromRef, path, request } from "./facts.ts";

/** The CI that comes with a forge. Gitea and Forgejo speak GitHub's variables and so come before it. */
export const forges: readonly CiService[] = [
  {
    name: "Forgejo Actions",
    is: (v) => v("FORGEJO_ACTIONS") === "true",
    repository: actionsRepository,
    read: (v) => actions(v, v("GITHUB_RUN_NUMBER")),
  },
  {
    name: "Gitea Actions",
    is: (v) => v("GITEA_ACTIONS") === "true",
    repository: actionsRepository,
    read: (v) => actions(v, v("GITHUB_RUN_NUMBER")),
  },
  {
    name: "GitHub Actions",
    is: (v) => v("GITHUB_ACTIONS") === "true",
    repository: actionsRepository,
    read: (v) => actions(v, v("GITHUB_RUN_ID")),
  },
  {
    name: "GitLab CI/CD",
    is: (v) => v("GITLAB_CI") !== null,
    repository: (v) => [
      v("CI_MERGE_REQUEST_PROJECT_URL") ?? v("CI_PROJECT_URL"),
      // Where the web is below a path, ssh knows nothing of that path.
      sshAddress(
        v("CI_SERVER_SHELL_SSH_HOST") ?? v("CI_SERVER_HOST"),
        v("CI_MERGE_REQUEST_PROJECT_PATH") ?? v("CI_PROJECT_PATH"),
      ),
    ],
    read: (v) => ({
      event: v("CI_PIPELINE_SOURCE"),
      branch: v("CI_COMMIT_BRANCH"),
      tag: v("CI_COMMIT_TAG"),
      commit: v("CI_COMMIT_SHA"),
      pullRequest: gitlabRequest(v, "CI_MERGE_REQUEST") ?? gitlabRequest(v, "CI_EXTERNAL_PULL_REQUEST"),
      actor: v("GITLAB_USER_LOGIN"),
      runUrl: v("CI_PIPELINE_URL"),
    }),
  },
  {
    name: "Bitbucket Pipelines",
    is: (v) => v("BITBUCKET_BUILD_NUMBER") !== null,
    repository: (v) => v("BITBUCKET_GIT_HTTP_ORIGIN"),
    read: (v) => ({
      // The source branch on pull-request builds too.
      branch: v("BITBUCKET_BRANCH"),
      tag: v("BITBUCKET_TAG"),
      commit: v("BITBUCKET_COMMIT"),
      pullRequest: request(v("BITBUCKET_PR_ID"), v("BITBUCKET_PR_DESTINATION_BRANCH"), v("BITBUCKET_BRANCH")),
      actor: v("BITBUCKET_STEP_TRIGGERER_UUID"),
      runUrl: path(v("BITBUCKET_GIT_HTTP_ORIGIN"), "pipelines/results", v("BITBUCKET_BUILD_NUMBER")),
    }),
  },
];

function actionsRepository(v: Variable): string | null {
  return path(v("GITHUB_SERVER_URL"), v("GITHUB_REPOSITORY"));
}

function actions(v: Variable, run: string | null): ReturnType<CiService["read"]> {
  const ref = fromRef(v("GITHUB_REF"));
  const queue = v("GITHUB_EVENT_NAME") === "merge_group" ? fromMergeQueue(ref.branch) : null;
  const number = ref.pullRequest?.number ?? null;
  // On `pull_request_target`, and once a request is merged, the ref is the base branch and holds no number.
  const base = branchName(v("GITHUB_BASE_REF"));
  return {
    event: v("GITHUB_EVENT_NAME"),
    branch: ref.branch,
    tag: ref.tag,
    commit: v("GITHUB_SHA"),
    pullRequest: queue ?? (base ? { number, base, head: branchName(v("GITHUB_HEAD_REF")) } : ref.pullRequest),
    actor: v("GITHUB_ACTOR"),
    runUrl: path(actionsRepository(v), "actions/runs", run),
  };
}

function gitlabRequest(v: Variable, prefix: string): PullRequestFacts | null {
  return request(v(`${prefix}_IID`), v(`${prefix}_TARGET_BRANCH_NAME`), v(`${prefix}_SOURCE_BRANCH_NAME`));
}

function sshAddress(host: string | null, project: string | null): string | null {
  const at = path(host, project);
  return at === null ? null : `ssh://${at}`;
}
