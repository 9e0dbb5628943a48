import { expect, it } from "vitest";
import { readCi } from "../../../../src/clients/ci.ts";
import { commit, none, type Row } from "./rows.ts";

const jenkins = {
  JENKINS_URL: "https://ci.example/",
  BUILD_URL: "https://ci.example/job/app/7/",
  GIT_COMMIT: commit,
};
const jenkinsFacts = { name: "Jenkins", commit, runUrl: "https://ci.example/job/app/7/" };

const servers: Row[] = [
  [
    "Jenkins: multibranch branch",
    { ...jenkins, BRANCH_NAME: "release/1.x", GIT_BRANCH: "release/1.x" },
    { ...jenkinsFacts, branch: "release/1.x" },
  ],
  [
    "Jenkins: multibranch tag",
    { ...jenkins, BRANCH_NAME: "v1.4.2", TAG_NAME: "v1.4.2", GIT_BRANCH: "v1.4.2" },
    { ...jenkinsFacts, tag: "v1.4.2" },
  ],
  [
    "Jenkins: multibranch change",
    {
      ...jenkins,
      BRANCH_NAME: "PR-12",
      CHANGE_ID: "12",
      CHANGE_TARGET: "main",
      CHANGE_BRANCH: "fix",
      CHANGE_AUTHOR: "ada",
    },
    { ...jenkinsFacts, pullRequest: { number: "12", base: "main", head: "fix" }, actor: "ada" },
  ],
  [
    "Jenkins: freestyle, without the server's address, remote's name before the branch",
    {
      JENKINS_HOME: "/var/jenkins",
      BUILD_TAG: "jenkins-app-7",
      GIT_COMMIT: commit,
      GIT_BRANCH: "origin/feature/x",
    },
    { name: "Jenkins", commit, branch: "feature/x" },
  ],
  ["Jenkins: detached", { ...jenkins, GIT_BRANCH: "detached" }, jenkinsFacts],
  ["Jenkins: a tag by its ref", { ...jenkins, GIT_BRANCH: "refs/tags/v1" }, { ...jenkinsFacts, tag: "v1" }],
  [
    "Jenkins: pull request builder plugin",
    {
      ...jenkins,
      GIT_BRANCH: "detached",
      ghprbPullId: "12",
      ghprbTargetBranch: "main",
      ghprbSourceBranch: "fix",
    },
    { ...jenkinsFacts, pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Jenkins: GitLab plugin",
    { ...jenkins, gitlabMergeRequestIid: "12", gitlabTargetBranch: "main", gitlabSourceBranch: "fix" },
    { ...jenkinsFacts, pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Jenkins: Bitbucket plugin for pushes and pull requests",
    {
      ...jenkins,
      GIT_BRANCH: "origin/fix",
      BITBUCKET_PULL_REQUEST_ID: "12",
      BITBUCKET_TARGET_BRANCH: "main",
      BITBUCKET_SOURCE_BRANCH: "fix",
    },
    { ...jenkinsFacts, pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Jenkins: Gerrit's change",
    {
      ...jenkins,
      GIT_BRANCH: "refs/changes/12/12/3",
      GERRIT_CHANGE_NUMBER: "12",
      GERRIT_BRANCH: "main",
      GERRIT_EVENT_TYPE: "patchset-created",
    },
    { ...jenkinsFacts, pullRequest: { number: "12", base: "main", head: null } },
  ],
  [
    "Jenkins: Gerrit's change, merged",
    {
      ...jenkins,
      GIT_BRANCH: "origin/main",
      GERRIT_CHANGE_NUMBER: "12",
      GERRIT_BRANCH: "main",
      GERRIT_EVENT_TYPE: "change-merged",
    },
    { ...jenkinsFacts, branch: "main" },
  ],
  ...["origin/pr/12/merge", "origin/merge-requests/12", "refs/pull/12/head", "refs/changes/12/12/3"].map(
    (ref): Row => [
      `Jenkins: a job that fetches all requests, ${ref}`,
      { ...jenkins, GIT_BRANCH: ref },
      { ...jenkinsFacts, pullRequest: { number: "12", base: null, head: null } },
    ],
  ),
  [
    "TeamCity, which tells the commit alone",
    { TEAMCITY_VERSION: "2025.11", BUILD_VCS_NUMBER: commit, BUILD_URL: "https://tc.example/build/7" },
    { name: "TeamCity", commit, runUrl: "https://tc.example/build/7" },
  ],
  [
    "Woodpecker: pull request, whose branch is the target",
    {
      CI: "woodpecker",
      CI_PIPELINE_EVENT: "pull_request",
      CI_COMMIT_SHA: commit,
      CI_COMMIT_BRANCH: "main",
      CI_COMMIT_TARGET_BRANCH: "main",
      CI_COMMIT_SOURCE_BRANCH: "fix",
      CI_COMMIT_PULL_REQUEST: "12",
      CI_COMMIT_AUTHOR: "ada",
      CI_PIPELINE_URL: "https://wp.example/repos/1/pipeline/7",
    },
    {
      name: "Woodpecker CI",
      event: "pull_request",
      commit,
      pullRequest: { number: "12", base: "main", head: "fix" },
      actor: "ada",
      runUrl: "https://wp.example/repos/1/pipeline/7",
    },
  ],
  [
    "Woodpecker: push",
    { CI: "woodpecker", CI_PIPELINE_EVENT: "push", CI_COMMIT_SHA: commit, CI_COMMIT_BRANCH: "main" },
    { name: "Woodpecker CI", event: "push", commit, branch: "main" },
  ],
  [
    "Drone: tag, which may carry a branch as well",
    {
      DRONE: "true",
      DRONE_BUILD_EVENT: "tag",
      DRONE_COMMIT_SHA: commit,
      DRONE_BRANCH: "main",
      DRONE_TAG: "v1",
    },
    { name: "Drone", event: "tag", commit, tag: "v1" },
  ],
  [
    "Drone: pull request",
    {
      DRONE: "true",
      DRONE_BUILD_EVENT: "pull_request",
      DRONE_COMMIT_SHA: commit,
      DRONE_BRANCH: "main",
      DRONE_TARGET_BRANCH: "main",
      DRONE_SOURCE_BRANCH: "fix",
      DRONE_PULL_REQUEST: "12",
      DRONE_COMMIT_AUTHOR: "ada",
      DRONE_BUILD_LINK: "https://drone.example/o/app/7",
    },
    {
      name: "Drone",
      event: "pull_request",
      commit,
      pullRequest: { number: "12", base: "main", head: "fix" },
      actor: "ada",
      runUrl: "https://drone.example/o/app/7",
    },
  ],
  [
    "Buildkite: branch, and a commit that is not resolved yet",
    {
      BUILDKITE: "true",
      BUILDKITE_SOURCE: "ui",
      BUILDKITE_BRANCH: "main",
      BUILDKITE_TAG: "",
      BUILDKITE_COMMIT: "HEAD",
      BUILDKITE_PULL_REQUEST: "false",
      BUILDKITE_PULL_REQUEST_BASE_BRANCH: "",
      BUILDKITE_BUILD_CREATOR: "Ada",
      BUILDKITE_BUILD_URL: "https://buildkite.com/o/app/builds/7",
    },
    {
      name: "Buildkite",
      event: "ui",
      branch: "main",
      actor: "Ada",
      runUrl: "https://buildkite.com/o/app/builds/7",
    },
  ],
  [
    "Buildkite: pull request",
    {
      BUILDKITE: "true",
      BUILDKITE_BRANCH: "fix",
      BUILDKITE_COMMIT: commit,
      BUILDKITE_PULL_REQUEST: "12",
      BUILDKITE_PULL_REQUEST_BASE_BRANCH: "main",
    },
    { name: "Buildkite", commit, pullRequest: { number: "12", base: "main", head: "fix" } },
  ],
  [
    "Buildkite: merge queue",
    {
      BUILDKITE: "true",
      BUILDKITE_BRANCH: `gh-readonly-queue/main/pr-12-${commit}`,
      BUILDKITE_COMMIT: commit,
      BUILDKITE_PULL_REQUEST: "false",
      BUILDKITE_MERGE_QUEUE_BASE_BRANCH: "main",
    },
    { name: "Buildkite", commit, pullRequest: { number: "12", base: "main", head: null } },
  ],
  [
    "Buildkite: tag",
    { BUILDKITE: "true", BUILDKITE_BRANCH: "v1", BUILDKITE_TAG: "v1", BUILDKITE_PULL_REQUEST: "false" },
    { name: "Buildkite", tag: "v1" },
  ],
];

it.each(servers)("%s", (_situation, env, facts) => {
  expect(readCi(env)).toEqual({ ...none, isCi: true, ...facts });
});
