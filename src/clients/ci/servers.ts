import type { CiService, PullRequestFacts, Variable } from "./facts.ts";
import { branchName, fromMergeQueue, fromRef, request } from "./facts.ts";

/** CI that people run themselves. */
export const servers: readonly CiService[] = [
  {
    name: "Jenkins",
    // JENKINS_URL is there only once an administrator has named the server's address.
    is: (v) => v("JENKINS_URL") !== null || (v("JENKINS_HOME") !== null && v("BUILD_TAG") !== null),
    repository: (v) => [
      repositoryOfRequest(v("CHANGE_URL") ?? v("ghprbPullLink") ?? v("BITBUCKET_PULL_REQUEST_LINK")),
      v("gitlabTargetRepoHttpUrl"),
      v("gitlabTargetRepoSshUrl"),
    ],
    read: (v) => ({
      branch: v("BRANCH_NAME") ?? jenkinsBranch(v("GIT_BRANCH")),
      tag: v("TAG_NAME") ?? fromRef(v("GIT_BRANCH")).tag,
      commit: v("GIT_COMMIT"),
      pullRequest: jenkinsRequest(v),
      actor: v("BUILD_USER_ID") ?? v("CHANGE_AUTHOR"),
      runUrl: v("BUILD_URL"),
    }),
  },
  {
    name: "TeamCity",
    is: (v) => v("TEAMCITY_VERSION") !== null,
    // Branch and pull request are configuration parameters, which a build's environment does not get.
    read: (v) => ({ commit: v("BUILD_VCS_NUMBER"), runUrl: v("BUILD_URL") }),
  },
  {
    name: "Woodpecker CI",
    is: (v) => v("CI") === "woodpecker" || v("CI_SYSTEM_NAME") === "woodpecker",
    read: (v) => ({
      event: v("CI_PIPELINE_EVENT"),
      // The target branch on pull-request builds.
      branch: v("CI_COMMIT_BRANCH"),
      tag: v("CI_COMMIT_TAG"),
      commit: v("CI_COMMIT_SHA"),
      pullRequest: request(
        v("CI_COMMIT_PULL_REQUEST"),
        v("CI_COMMIT_TARGET_BRANCH") ?? v("CI_COMMIT_BRANCH"),
        v("CI_COMMIT_SOURCE_BRANCH"),
      ),
      actor: v("CI_PIPELINE_AUTHOR") ?? v("CI_COMMIT_AUTHOR"),
      runUrl: v("CI_PIPELINE_URL"),
    }),
  },
  {
    name: "Drone",
    is: (v) => v("DRONE") !== null,
    read: (v) => ({
      event: v("DRONE_BUILD_EVENT"),
      // The target branch on pull-request builds.
      branch: v("DRONE_BRANCH"),
      tag: v("DRONE_TAG"),
      commit: v("DRONE_COMMIT_SHA"),
      pullRequest: request(
        v("DRONE_PULL_REQUEST"),
        v("DRONE_TARGET_BRANCH") ?? v("DRONE_BRANCH"),
        v("DRONE_SOURCE_BRANCH"),
      ),
      actor: v("DRONE_COMMIT_AUTHOR"),
      runUrl: v("DRONE_BUILD_LINK"),
    }),
  },
  {
    name: "Buildkite",
    is: (v) => v("BUILDKITE") !== null,
    read: (v) => ({
      event: v("BUILDKITE_SOURCE"),
      branch: v("BUILDKITE_BRANCH"),
      tag: v("BUILDKITE_TAG"),
      commit: v("BUILDKITE_COMMIT"),
      pullRequest: buildkiteRequest(v),
      actor: v("BUILDKITE_BUILD_CREATOR"),
      runUrl: v("BUILDKITE_BUILD_URL"),
    }),
  },
];

/**
 * The repository that a pull request's web address belongs to. Bitbucket's own server has clones at another path than pages:
 * nothing is said of it.
 */
function repositoryOfRequest(url: string | null): string | null {
  const [, repository = null] =
    /^(https?:\/\/.+?)\/(?:-\/)?(?:pull|pulls|pull-requests|merge_requests)\/\d+(?:[/?#]|$)/.exec(
      url ?? "",
    ) ?? [];
  return repository !== null && /\/(?:projects|users)\/[^/]+\/repos\/[^/]+$/.test(repository)
    ? null
    : repository;
}

/** Of a multibranch pipeline, or of the plugin that has started the build. */
function jenkinsRequest(v: Variable): PullRequestFacts | null {
  // After it was merged, it is the branch that is built.
  const isMerged = /^(?:change-merged|ref-updated)$/.test(v("GERRIT_EVENT_TYPE") ?? "");
  // What a refspec for refs/pull/* makes of it.
  const named =
    /^(?:(?:refs\/remotes\/)?origin|refs)\/(?:pr|pull|pull-requests|merge-requests|changes\/\d+)\/(\d+)\b/;
  return (
    request(v("CHANGE_ID"), v("CHANGE_TARGET"), v("CHANGE_BRANCH")) ??
    request(v("ghprbPullId"), v("ghprbTargetBranch"), v("ghprbSourceBranch")) ??
    request(v("gitlabMergeRequestIid"), v("gitlabTargetBranch"), v("gitlabSourceBranch")) ??
    request(v("BITBUCKET_PULL_REQUEST_ID"), v("BITBUCKET_TARGET_BRANCH"), v("BITBUCKET_SOURCE_BRANCH")) ??
    (isMerged ? null : request(v("GERRIT_CHANGE_NUMBER"), v("GERRIT_BRANCH"), null)) ??
    request(named.exec(v("GIT_BRANCH") ?? "")?.[1] ?? null, null, null)
  );
}

/** The Git plugin puts the remote's name before the branch; `detached` is its word for none. */
function jenkinsBranch(branch: string | null): string | null {
  if (branch === null || branch === "detached" || /^(refs|origin)\/tags\//.test(branch)) return null;
  return branchName(branch.replace(/^(refs\/remotes\/)?origin\//, ""));
}

function buildkiteRequest(v: Variable): PullRequestFacts | null {
  const base = v("BUILDKITE_MERGE_QUEUE_BASE_BRANCH");
  if (base) return { number: fromMergeQueue(v("BUILDKITE_BRANCH"))?.number ?? null, base, head: null };
  // "false" when it is none.
  const number = v("BUILDKITE_PULL_REQUEST");
  return number === "false"
    ? null
    : request(number, v("BUILDKITE_PULL_REQUEST_BASE_BRANCH"), v("BUILDKITE_BRANCH"));
}
