import { describe, expect, it } from "vitest";
import { aboutNamed, isOthersWork, readCi } from "../../../src/clients/ci.ts";
import { commit, none } from "./ci/rows.ts";

const github = {
  GITHUB_ACTIONS: "true",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "octo/app",
  GITHUB_RUN_ID: "9000",
};

describe("outside a known service", () => {
  it("is not CI when nothing says so", () => {
    expect(readCi({ PATH: "/usr/bin", BRANCH_NAME: "main" })).toEqual(none);
  });

  it("is CI without a name when only CI is set", () => {
    expect(readCi({ CI: "true" })).toEqual({ ...none, isCi: true });
    expect(readCi({ CI: "1" }).isCi).toBe(true);
  });

  it.each(["", " ", "false", "0"])("is not CI when CI is %j", (value) => {
    expect(readCi({ CI: value }).isCi).toBe(false);
  });

  it("stays CI when a build sets CI=false for another tool's sake", () => {
    expect(readCi({ GITHUB_ACTIONS: "true", CI: "false", GITHUB_REF: "refs/heads/main" })).toMatchObject({
      name: "GitHub Actions",
      isCi: true,
      branch: "main",
    });
  });
});

describe("values that cannot be used", () => {
  it("takes no abbreviated commit", () => {
    expect(readCi({ ...github, GITHUB_SHA: commit.slice(0, 7) }).commit).toBeNull();
  });

  it("takes a SHA-256 repository's commit", () => {
    expect(readCi({ ...github, GITHUB_SHA: "a".repeat(64) }).commit).toBe("a".repeat(64));
  });

  it("gives no run address when a part of it is missing", () => {
    expect(readCi({ ...github, GITHUB_REPOSITORY: "" }).runUrl).toBeNull();
  });

  it("gives no run address of another scheme", () => {
    expect(
      readCi({ JENKINS_URL: "https://ci.example/", BUILD_URL: "javascript:alert(1)" }).runUrl,
    ).toBeNull();
  });
});

describe("a job that a request has started", () => {
  it.each([
    ["GitHub Actions", { GITHUB_EVENT_NAME: "pull_request_review", GITHUB_REF: "refs/heads/main" }],
    ["GitHub Actions", { GITHUB_EVENT_NAME: "merge_group", GITHUB_REF: "refs/heads/queue" }],
    ["GitLab CI/CD", { GITLAB_CI: "true", CI_PIPELINE_SOURCE: "external_pull_request_event" }],
    ["Azure Pipelines", { TF_BUILD: "True", BUILD_REASON: "PullRequest" }],
    ["AWS CodeBuild", { CODEBUILD_BUILD_ID: "1", CODEBUILD_WEBHOOK_EVENT: "PULL_REQUEST_UPDATED" }],
    ["CircleCI", { CIRCLECI: "true", CIRCLE_BRANCH: "pull/12" }],
  ])("is one although %s does not say which, or what its base is", (name, env: Record<string, string>) => {
    const ci = readCi(name === "GitHub Actions" ? { ...github, ...env } : env);
    expect(ci).toMatchObject({ name, branch: null, pullRequest: { base: null } });
    expect(isOthersWork(ci)).toBe(true);
  });

  it.each(["workflow_run", "check_suite", "status", "issue_comment", "repository_dispatch", "fork"])(
    "may hold others' work where anybody can cause %s, but for what a caller has named",
    (event) => {
      const ci = readCi({ ...github, GITHUB_EVENT_NAME: event, GITHUB_REF: "refs/heads/main" });
      const named = aboutNamed(ci, { commit, branch: "main", tag: null });
      expect([ci.pullRequest, isOthersWork(ci), isOthersWork(named)]).toEqual([null, true, false]);
    },
  );

  it.each(["push", "schedule", "web", "Manual", "IndividualCI", "tag"])(
    "is not one for the event %s",
    (event) => {
      const ci = readCi({ ...github, GITHUB_EVENT_NAME: event, GITHUB_REF: "refs/heads/main" });
      expect([ci.pullRequest, isOthersWork(ci)]).toEqual([null, false]);
    },
  );
});
