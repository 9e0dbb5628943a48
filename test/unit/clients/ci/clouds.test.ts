import { expect, it } from "vitest";
import { readCi } from "../../../../src/clients/ci.ts";
import { commit, none, type Row } from "./rows.ts";

const azure = {
  TF_BUILD: "True",
  BUILD_SOURCEVERSION: commit,
  BUILD_REQUESTEDFOR: "Ada",
  BUILD_BUILDID: "7",
  SYSTEM_COLLECTIONURI: "https://dev.azure.com/org/",
  SYSTEM_TEAMPROJECT: "My App",
};
const azureFacts = {
  name: "Azure Pipelines",
  commit,
  actor: "Ada",
  runUrl: "https://dev.azure.com/org/My%20App/_build/results?buildId=7",
};

const clouds: Row[] = [
  [
    "CircleCI: branch",
    {
      CIRCLECI: "true",
      CIRCLE_BRANCH: "main",
      CIRCLE_SHA1: commit,
      CIRCLE_USERNAME: "ada",
      CIRCLE_BUILD_URL: "https://circleci.com/gh/o/app/7",
    },
    { name: "CircleCI", branch: "main", commit, actor: "ada", runUrl: "https://circleci.com/gh/o/app/7" },
  ],
  [
    "CircleCI: a branch with an open pull request, whose base it does not tell",
    {
      CIRCLECI: "true",
      CIRCLE_BRANCH: "fix",
      CIRCLE_SHA1: commit,
      CIRCLE_PULL_REQUEST: "https://github.com/o/app/pull/12",
    },
    { name: "CircleCI", commit, pullRequest: { number: "12", base: null, head: "fix" } },
  ],
  [
    "CircleCI: a fork's pull request, whose branch is not its own",
    { CIRCLECI: "true", CIRCLE_BRANCH: "pull/12", CIRCLE_SHA1: commit, CIRCLE_PR_NUMBER: "12" },
    { name: "CircleCI", commit, pullRequest: { number: "12", base: null, head: null } },
  ],
  ["CircleCI: tag", { CIRCLECI: "true", CIRCLE_TAG: "v1" }, { name: "CircleCI", tag: "v1" }],
  [
    "Azure: branch",
    { ...azure, BUILD_REASON: "IndividualCI", BUILD_SOURCEBRANCH: "refs/heads/release/1.x" },
    { ...azureFacts, event: "IndividualCI", branch: "release/1.x" },
  ],
  ["Azure: tag", { ...azure, BUILD_SOURCEBRANCH: "refs/tags/v1" }, { ...azureFacts, tag: "v1" }],
  [
    "Azure: pull request of its own repositories",
    {
      ...azure,
      BUILD_REASON: "PullRequest",
      BUILD_SOURCEBRANCH: "refs/pull/12/merge",
      SYSTEM_PULLREQUEST_PULLREQUESTID: "12",
      SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main",
      SYSTEM_PULLREQUEST_SOURCEBRANCH: "refs/heads/fix",
    },
    { ...azureFacts, event: "PullRequest", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Azure: pull request of a GitHub repository",
    {
      ...azure,
      BUILD_SOURCEBRANCH: "refs/pull/12/merge",
      SYSTEM_PULLREQUEST_PULLREQUESTID: "987654321",
      SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: "12",
      SYSTEM_PULLREQUEST_TARGETBRANCH: "main",
      SYSTEM_PULLREQUEST_SOURCEBRANCH: "fix",
    },
    { ...azureFacts, pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Azure: a pull request's ref queued by hand",
    { ...azure, BUILD_REASON: "Manual", BUILD_SOURCEBRANCH: "refs/pull/12/merge" },
    { ...azureFacts, event: "Manual", pullRequest: { number: "12", base: null, head: null } },
  ],
  [
    "Travis: push",
    {
      TRAVIS: "true",
      TRAVIS_EVENT_TYPE: "push",
      TRAVIS_BRANCH: "main",
      TRAVIS_TAG: "",
      TRAVIS_COMMIT: commit,
      TRAVIS_PULL_REQUEST: "false",
      TRAVIS_PULL_REQUEST_BRANCH: "",
      TRAVIS_BUILD_WEB_URL: "https://app.travis-ci.com/o/app/builds/7",
    },
    {
      name: "Travis CI",
      event: "push",
      branch: "main",
      commit,
      runUrl: "https://app.travis-ci.com/o/app/builds/7",
    },
  ],
  [
    "Travis: pull request",
    { TRAVIS: "true", TRAVIS_BRANCH: "main", TRAVIS_PULL_REQUEST: "12", TRAVIS_PULL_REQUEST_BRANCH: "fix" },
    { name: "Travis CI", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Travis: tag, whose branch is the tag",
    { TRAVIS: "true", TRAVIS_BRANCH: "v1", TRAVIS_TAG: "v1", TRAVIS_PULL_REQUEST: "false" },
    { name: "Travis CI", tag: "v1" },
  ],
  [
    "AppVeyor: branch",
    {
      APPVEYOR: "True",
      APPVEYOR_REPO_BRANCH: "main",
      APPVEYOR_REPO_TAG: "false",
      APPVEYOR_REPO_COMMIT: commit,
      APPVEYOR_URL: "https://ci.appveyor.com",
      APPVEYOR_ACCOUNT_NAME: "o",
      APPVEYOR_PROJECT_SLUG: "app",
      APPVEYOR_BUILD_ID: "7",
    },
    {
      name: "AppVeyor",
      branch: "main",
      commit,
      runUrl: "https://ci.appveyor.com/project/o/app/builds/7",
    },
  ],
  [
    "AppVeyor: tag",
    {
      APPVEYOR: "true",
      APPVEYOR_REPO_BRANCH: "main",
      APPVEYOR_REPO_TAG: "true",
      APPVEYOR_REPO_TAG_NAME: "v1",
    },
    { name: "AppVeyor", tag: "v1" },
  ],
  [
    "AppVeyor: pull request",
    {
      APPVEYOR: "true",
      APPVEYOR_REPO_BRANCH: "main",
      APPVEYOR_PULL_REQUEST_NUMBER: "12",
      APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH: "fix",
    },
    { name: "AppVeyor", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Semaphore: branch",
    {
      SEMAPHORE: "true",
      SEMAPHORE_GIT_REF_TYPE: "branch",
      SEMAPHORE_GIT_BRANCH: "main",
      SEMAPHORE_GIT_WORKING_BRANCH: "main",
      SEMAPHORE_GIT_SHA: commit,
      SEMAPHORE_ORGANIZATION_URL: "https://o.semaphoreci.com",
      SEMAPHORE_WORKFLOW_ID: "w7",
    },
    {
      name: "Semaphore",
      event: "branch",
      branch: "main",
      commit,
      runUrl: "https://o.semaphoreci.com/workflows/w7",
    },
  ],
  [
    "Semaphore: pull request, whose branch is the target",
    {
      SEMAPHORE: "true",
      SEMAPHORE_GIT_REF_TYPE: "pull-request",
      SEMAPHORE_GIT_BRANCH: "main",
      SEMAPHORE_GIT_WORKING_BRANCH: "fix",
      SEMAPHORE_GIT_PR_NUMBER: "12",
    },
    { name: "Semaphore", event: "pull-request", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Semaphore: tag",
    { SEMAPHORE: "true", SEMAPHORE_GIT_REF_TYPE: "tag", SEMAPHORE_GIT_TAG_NAME: "v1" },
    { name: "Semaphore", event: "tag", tag: "v1" },
  ],
  [
    "Cirrus: pull request",
    {
      CIRRUS_CI: "true",
      CIRRUS_BRANCH: "pull/12",
      CIRRUS_BASE_BRANCH: "main",
      CIRRUS_PR: "12",
      CIRRUS_CHANGE_IN_REPO: commit,
      CIRRUS_BUILD_ID: "7",
    },
    {
      name: "Cirrus CI",
      commit,
      pullRequest: { number: "12", base: "main", head: null },
      runUrl: "https://cirrus-ci.com/build/7",
    },
  ],
  [
    "CodeBuild: webhook for a branch",
    {
      CODEBUILD_BUILD_ID: "app:7",
      CODEBUILD_WEBHOOK_EVENT: "PUSH",
      CODEBUILD_WEBHOOK_TRIGGER: "branch/release/1.x",
      CODEBUILD_WEBHOOK_HEAD_REF: "refs/heads/release/1.x",
      CODEBUILD_RESOLVED_SOURCE_VERSION: commit,
      CODEBUILD_INITIATOR: "GitHub-Hookshot/1f",
      CODEBUILD_BUILD_URL: "https://console.aws.amazon.com/codesuite/7",
    },
    {
      name: "AWS CodeBuild",
      event: "PUSH",
      branch: "release/1.x",
      commit,
      actor: "GitHub-Hookshot/1f",
      runUrl: "https://console.aws.amazon.com/codesuite/7",
    },
  ],
  [
    "CodeBuild: webhook for a tag",
    { CODEBUILD_BUILD_ID: "app:7", CODEBUILD_WEBHOOK_TRIGGER: "tag/v1" },
    { name: "AWS CodeBuild", tag: "v1" },
  ],
  [
    "CodeBuild: webhook for a pull request",
    {
      CODEBUILD_BUILD_ID: "app:7",
      CODEBUILD_WEBHOOK_TRIGGER: "pr/12",
      CODEBUILD_WEBHOOK_BASE_REF: "refs/heads/main",
      CODEBUILD_WEBHOOK_HEAD_REF: "refs/heads/fix",
    },
    { name: "AWS CodeBuild", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "CodeBuild: started by hand with a full ref at a commit",
    { CODEBUILD_BUILD_ID: "app:7", CODEBUILD_SOURCE_VERSION: `refs/heads/main^{${commit}}` },
    { name: "AWS CodeBuild", branch: "main" },
  ],
  [
    "CodeBuild: a bare source version may be a tag and so is no branch",
    { CODEBUILD_BUILD_ID: "app:7", CODEBUILD_SOURCE_VERSION: "main" },
    { name: "AWS CodeBuild" },
  ],
  [
    "CodeBuild: in a pipeline the source is an archive",
    {
      CODEBUILD_BUILD_ID: "app:7",
      CODEBUILD_SOURCE_VERSION: "arn:aws:s3:::bucket/app/SourceArti/7",
      CODEBUILD_RESOLVED_SOURCE_VERSION: "arn:aws:s3:::bucket/app/SourceArti/7",
    },
    { name: "AWS CodeBuild" },
  ],
  [
    "Cloud Build: branch, substitutions mapped to the environment",
    {
      BUILDER_OUTPUT: "/builder/outputs",
      BRANCH_NAME: "main",
      TAG_NAME: "",
      COMMIT_SHA: commit,
      BUILD_ID: "b7",
      PROJECT_ID: "app",
      LOCATION: "europe-west1",
    },
    {
      name: "Google Cloud Build",
      branch: "main",
      commit,
      runUrl: "https://console.cloud.google.com/cloud-build/builds;region=europe-west1/b7?project=app",
    },
  ],
  [
    "Cloud Build: pull request, not mapped but for the request",
    { BUILDER_OUTPUT: "/builder/outputs", _PR_NUMBER: "12", _BASE_BRANCH: "main", _HEAD_BRANCH: "fix" },
    { name: "Google Cloud Build", pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
];

it.each(clouds)("%s", (_situation, env, facts) => {
  expect(readCi(env)).toEqual({ ...none, isCi: true, ...facts });
});
