import type { CiService, PullRequestFacts, Variable } from "./facts.ts";
import { fromRef, path, request } from "./facts.ts";

/** CI as a service. */
export const clouds: readonly CiService[] = [
  {
    name: "CircleCI",
    is: (v) => v("CIRCLECI") !== null,
    read: (v) => {
      // The number is given for forks alone; the address for every branch with an open pull request.
      const told = v("CIRCLE_PR_NUMBER") ?? /\/(\d+)$/.exec(v("CIRCLE_PULL_REQUEST") ?? "")?.[1];
      // A fork's branch is called so here.
      const fork = /^pull\/(\d+)$/.exec(v("CIRCLE_BRANCH") ?? "")?.[1];
      return {
        branch: v("CIRCLE_BRANCH"),
        tag: v("CIRCLE_TAG"),
        commit: v("CIRCLE_SHA1"),
        pullRequest: request(told ?? fork ?? null, null, fork === undefined ? v("CIRCLE_BRANCH") : null),
        actor: v("CIRCLE_USERNAME"),
        runUrl: v("CIRCLE_BUILD_URL"),
      };
    },
  },
  {
    name: "Azure Pipelines",
    is: (v) => v("TF_BUILD") !== null,
    read: (v) => ({
      ...fromRef(v("BUILD_SOURCEBRANCH")),
      event: v("BUILD_REASON"),
      commit: v("BUILD_SOURCEVERSION"),
      pullRequest: azureRequest(v),
      actor: v("BUILD_REQUESTEDFOR"),
      runUrl: path(
        v("SYSTEM_COLLECTIONURI") ?? v("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"),
        encode(v("SYSTEM_TEAMPROJECT")),
        v("BUILD_BUILDID") && `_build/results?buildId=${v("BUILD_BUILDID")}`,
      ),
    }),
  },
  {
    name: "Travis CI",
    is: (v) => v("TRAVIS") !== null,
    read: (v) => ({
      event: v("TRAVIS_EVENT_TYPE"),
      // The target branch on pull-request builds, the tag's name on tag builds.
      branch: v("TRAVIS_BRANCH"),
      tag: v("TRAVIS_TAG"),
      commit: v("TRAVIS_COMMIT"),
      pullRequest:
        v("TRAVIS_PULL_REQUEST") === "false"
          ? null
          : request(v("TRAVIS_PULL_REQUEST"), v("TRAVIS_BRANCH"), v("TRAVIS_PULL_REQUEST_BRANCH")),
      runUrl: v("TRAVIS_BUILD_WEB_URL"),
    }),
  },
  {
    name: "AppVeyor",
    is: (v) => v("APPVEYOR") !== null,
    read: (v) => ({
      // The target branch on pull-request builds.
      branch: v("APPVEYOR_REPO_BRANCH"),
      tag: v("APPVEYOR_REPO_TAG")?.toLowerCase() === "true" ? v("APPVEYOR_REPO_TAG_NAME") : null,
      commit: v("APPVEYOR_REPO_COMMIT"),
      pullRequest: request(
        v("APPVEYOR_PULL_REQUEST_NUMBER"),
        v("APPVEYOR_REPO_BRANCH"),
        v("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH"),
      ),
      runUrl: path(
        v("APPVEYOR_URL"),
        "project",
        v("APPVEYOR_ACCOUNT_NAME"),
        v("APPVEYOR_PROJECT_SLUG"),
        "builds",
        v("APPVEYOR_BUILD_ID"),
      ),
    }),
  },
  {
    name: "Codefresh",
    is: (v) => v("CF_BUILD_ID") !== null,
    read: (v) => ({
      branch: v("CF_BRANCH"),
      commit: v("CF_REVISION"),
      pullRequest: request(v("CF_PULL_REQUEST_NUMBER"), v("CF_PULL_REQUEST_TARGET"), v("CF_BRANCH")),
      runUrl: v("CF_BUILD_URL"),
    }),
  },
  {
    name: "Semaphore",
    is: (v) => v("SEMAPHORE") !== null,
    read: (v) => ({
      event: v("SEMAPHORE_GIT_REF_TYPE"),
      // The target branch on pull-request builds.
      branch: v("SEMAPHORE_GIT_BRANCH"),
      tag: v("SEMAPHORE_GIT_TAG_NAME"),
      commit: v("SEMAPHORE_GIT_SHA"),
      pullRequest: request(
        v("SEMAPHORE_GIT_PR_NUMBER"),
        v("SEMAPHORE_GIT_BRANCH"),
        v("SEMAPHORE_GIT_PR_BRANCH") ?? v("SEMAPHORE_GIT_WORKING_BRANCH"),
      ),
      runUrl: path(v("SEMAPHORE_ORGANIZATION_URL"), "workflows", v("SEMAPHORE_WORKFLOW_ID")),
    }),
  },
  {
    name: "Cirrus CI",
    is: (v) => v("CIRRUS_CI") !== null,
    read: (v) => ({
      // `pull/12` on pull-request builds.
      branch: v("CIRRUS_BRANCH"),
      tag: v("CIRRUS_TAG"),
      commit: v("CIRRUS_CHANGE_IN_REPO"),
      pullRequest: request(v("CIRRUS_PR"), v("CIRRUS_BASE_BRANCH"), null),
      runUrl: path("https://cirrus-ci.com/build", v("CIRRUS_BUILD_ID")),
    }),
  },
  {
    name: "AWS CodeBuild",
    is: (v) => v("CODEBUILD_BUILD_ID") !== null,
    read: (v) => {
      const { number, ...built } = codeBuildTrigger(v);
      return {
        ...built,
        event: v("CODEBUILD_WEBHOOK_EVENT"),
        commit: v("CODEBUILD_RESOLVED_SOURCE_VERSION"),
        pullRequest: request(number, v("CODEBUILD_WEBHOOK_BASE_REF"), v("CODEBUILD_WEBHOOK_HEAD_REF")),
        actor: v("CODEBUILD_INITIATOR"),
        runUrl: v("CODEBUILD_BUILD_URL"),
      };
    },
  },
  {
    name: "Google Cloud Build",
    is: (v) => v("BUILDER_OUTPUT") !== null,
    // There only when the build maps its substitutions to the environment.
    read: (v) => ({
      branch: v("BRANCH_NAME"),
      tag: v("TAG_NAME"),
      commit: v("COMMIT_SHA"),
      pullRequest: request(v("_PR_NUMBER"), v("_BASE_BRANCH"), v("_HEAD_BRANCH")),
      runUrl: path(
        `https://console.cloud.google.com/cloud-build/builds${v("LOCATION") ? `;region=${v("LOCATION")}` : ""}`,
        v("BUILD_ID") && v("PROJECT_ID") && `${v("BUILD_ID")}?project=${v("PROJECT_ID")}`,
      ),
    }),
  },
];

/** GitHub's number where the repository is there; Azure's own id otherwise. */
function azureRequest(v: Variable): PullRequestFacts | null {
  const number = v("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER") ?? v("SYSTEM_PULLREQUEST_PULLREQUESTID");
  return (
    request(number, v("SYSTEM_PULLREQUEST_TARGETBRANCH"), v("SYSTEM_PULLREQUEST_SOURCEBRANCH")) ??
    fromRef(v("BUILD_SOURCEBRANCH")).pullRequest
  );
}

/**
 * `branch/main`, `tag/v1.0.0`, `pr/12` for a build that a webhook started. Builds started by hand have only a source
 * version: taken where it is a full ref, since a bare name may be a branch, a tag or a commit.
 */
function codeBuildTrigger(v: Variable): { branch: string | null; tag: string | null; number: string | null } {
  const trigger = v("CODEBUILD_WEBHOOK_TRIGGER") ?? v("CODEBUILD_SOURCE_VERSION") ?? "";
  const [, kind, name = null] = /^(branch|tag|pr)\/(.+)$/.exec(trigger) ?? [];
  const head = v("CODEBUILD_WEBHOOK_BASE_REF") === null ? v("CODEBUILD_WEBHOOK_HEAD_REF") : null;
  const source = fromRef(trigger.replace(/\^\{[0-9a-f]+\}$/, ""));
  const ref =
    kind === undefined && source.branch === null && source.tag === null && !source.pullRequest
      ? fromRef(head ?? "")
      : source;
  return {
    branch: kind === "branch" ? name : ref.branch,
    tag: kind === "tag" ? name : ref.tag,
    number: kind === "pr" ? name : (ref.pullRequest?.number ?? null),
  };
}

function encode(segment: string | null): string | null {
  return segment && encodeURIComponent(segment);
}
