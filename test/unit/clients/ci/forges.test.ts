import { expect, it } from "vitest";
import { readCi } from "../../../../src/clients/ci.ts";
import { commit, none, type Row } from "./rows.ts";

const github = {
  CI: "true",
  GITHUB_ACTIONS: "true",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "octo/app",
  GITHUB_RUN_ID: "9000",
  GITHUB_RUN_NUMBER: "7",
  GITHUB_SHA: commit,
  GITHUB_ACTOR: "octocat",
  GITHUB_BASE_REF: "",
  GITHUB_HEAD_REF: "",
};
const githubFacts = {
  name: "GitHub Actions",
  commit,
  actor: "octocat",
  runUrl: "https://github.com/octo/app/actions/runs/9000",
};
const queue = `refs/heads/gh-readonly-queue/release/1.x/pr-12-${commit}`;

const gitlab = {
  CI: "true",
  GITLAB_CI: "true",
  CI_COMMIT_SHA: commit,
  CI_COMMIT_REF_NAME: "whatever",
  GITLAB_USER_LOGIN: "ada",
  CI_PIPELINE_URL: "https://gitlab.example/g/app/-/pipelines/7",
};
const gitlabFacts = {
  name: "GitLab CI/CD",
  commit,
  actor: "ada",
  runUrl: "https://gitlab.example/g/app/-/pipelines/7",
};

const forges: Row[] = [
  [
    "GitHub: push to a branch with a slash",
    { ...github, GITHUB_EVENT_NAME: "push", GITHUB_REF: "refs/heads/release/1.x" },
    { ...githubFacts, event: "push", branch: "release/1.x" },
  ],
  [
    "GitHub: started by hand on main",
    { ...github, GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_REF: "refs/heads/main" },
    { ...githubFacts, event: "workflow_dispatch", branch: "main" },
  ],
  [
    "GitHub: a published release",
    { ...github, GITHUB_EVENT_NAME: "release", GITHUB_REF: "refs/tags/v1.4.2" },
    { ...githubFacts, event: "release", tag: "v1.4.2" },
  ],
  [
    "GitHub: pull request",
    {
      ...github,
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_REF: "refs/pull/12/merge",
      GITHUB_BASE_REF: "main",
      GITHUB_HEAD_REF: "feature/x",
    },
    { ...githubFacts, event: "pull_request", pullRequest: { number: "12", base: "main", head: "feature/x" } },
  ],
  [
    "GitHub: pull_request_target, whose ref is the base branch",
    {
      ...github,
      GITHUB_EVENT_NAME: "pull_request_target",
      GITHUB_REF: "refs/heads/main",
      GITHUB_BASE_REF: "main",
      GITHUB_HEAD_REF: "feature/x",
    },
    {
      ...githubFacts,
      event: "pull_request_target",
      pullRequest: { number: null, base: "main", head: "feature/x" },
    },
  ],
  [
    "GitHub: a review, which names no base",
    { ...github, GITHUB_EVENT_NAME: "pull_request_review", GITHUB_REF: "refs/pull/12/merge" },
    { ...githubFacts, event: "pull_request_review", pullRequest: { number: "12", base: null, head: null } },
  ],
  [
    "GitHub: merge queue",
    { ...github, GITHUB_EVENT_NAME: "merge_group", GITHUB_REF: queue },
    { ...githubFacts, event: "merge_group", pullRequest: { number: "12", base: "release/1.x", head: null } },
  ],
  [
    "GitHub: a push to a branch that only looks like a merge queue's",
    { ...github, GITHUB_EVENT_NAME: "push", GITHUB_REF: queue },
    { ...githubFacts, event: "push", branch: queue.slice("refs/heads/".length) },
  ],
  [
    "GitHub: a deployment of a bare commit, which has no ref",
    { ...github, GITHUB_EVENT_NAME: "deployment" },
    { ...githubFacts, event: "deployment" },
  ],
  [
    "Gitea: its own name, and runs by number",
    {
      ...github,
      GITEA_ACTIONS: "true",
      GITHUB_SERVER_URL: "https://gitea.example",
      GITHUB_EVENT_NAME: "push",
      GITHUB_REF: "refs/heads/main",
    },
    {
      ...githubFacts,
      name: "Gitea Actions",
      event: "push",
      branch: "main",
      runUrl: "https://gitea.example/octo/app/actions/runs/7",
    },
  ],
  [
    "Forgejo: sets Gitea's mark too; pull requests have a head ref",
    {
      ...github,
      GITEA_ACTIONS: "true",
      FORGEJO_ACTIONS: "true",
      GITHUB_EVENT_NAME: "pull_request",
      GITHUB_REF: "refs/pull/3/head",
      GITHUB_BASE_REF: "main",
      GITHUB_HEAD_REF: "fix",
    },
    {
      ...githubFacts,
      name: "Forgejo Actions",
      event: "pull_request",
      pullRequest: { number: "3", base: "main", head: "fix" },
      runUrl: "https://github.com/octo/app/actions/runs/7",
    },
  ],
  [
    "GitLab: branch pipeline",
    { ...gitlab, CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main" },
    { ...gitlabFacts, event: "push", branch: "main" },
  ],
  [
    "GitLab: tag pipeline",
    { ...gitlab, CI_PIPELINE_SOURCE: "push", CI_COMMIT_TAG: "v1.4.2" },
    { ...gitlabFacts, event: "push", tag: "v1.4.2" },
  ],
  [
    "GitLab: merge request",
    {
      ...gitlab,
      CI_PIPELINE_SOURCE: "merge_request_event",
      CI_MERGE_REQUEST_IID: "12",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "fix",
    },
    {
      ...gitlabFacts,
      event: "merge_request_event",
      pullRequest: { number: "12", base: "main", head: "fix" },
    },
  ],
  [
    "GitLab: a branch with an open merge request is still a branch pipeline",
    { ...gitlab, CI_COMMIT_BRANCH: "fix", CI_OPEN_MERGE_REQUESTS: "g/app!12" },
    { ...gitlabFacts, branch: "fix" },
  ],
  [
    "GitLab: external pull request",
    {
      ...gitlab,
      CI_PIPELINE_SOURCE: "external_pull_request_event",
      CI_EXTERNAL_PULL_REQUEST_IID: "12",
      CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME: "main",
      CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME: "fix",
    },
    {
      ...gitlabFacts,
      event: "external_pull_request_event",
      pullRequest: { number: "12", base: "main", head: "fix" },
    },
  ],
  [
    "Bitbucket: pull request",
    {
      CI: "true",
      BITBUCKET_BUILD_NUMBER: "7",
      BITBUCKET_COMMIT: commit,
      BITBUCKET_BRANCH: "fix",
      BITBUCKET_PR_ID: "12",
      BITBUCKET_PR_DESTINATION_BRANCH: "main",
      BITBUCKET_STEP_TRIGGERER_UUID: "{1f}",
      BITBUCKET_GIT_HTTP_ORIGIN: "https://bitbucket.org/w/app",
    },
    {
      name: "Bitbucket Pipelines",
      commit,
      pullRequest: { number: "12", base: "main", head: "fix" },
      actor: "{1f}",
      runUrl: "https://bitbucket.org/w/app/pipelines/results/7",
    },
  ],
  [
    "Bitbucket: tag",
    { BITBUCKET_BUILD_NUMBER: "7", BITBUCKET_COMMIT: commit, BITBUCKET_TAG: "v1.4.2" },
    { name: "Bitbucket Pipelines", commit, tag: "v1.4.2" },
  ],
];

it.each(forges)("%s", (_situation, env, facts) => {
  expect(readCi(env)).toEqual({ ...none, isCi: true, ...facts });
});
