import { describe, expect, it } from "vitest";
import { isJobRepository, isOfAnother } from "../../../src/clients/job-repository.ts";

const jenkins = { JENKINS_URL: "https://ci.example/" };
const gitlab = {
  GITLAB_CI: "true",
  CI_SERVER_HOST: "git.example",
  CI_PROJECT_URL: "https://git.example/ada/shop",
  CI_PROJECT_PATH: "ada/shop",
  CI_MERGE_REQUEST_PROJECT_URL: "https://git.example/group/shop",
  CI_MERGE_REQUEST_PROJECT_PATH: "group/shop",
};
const belowPath = { ...gitlab, CI_MERGE_REQUEST_PROJECT_URL: "https://git.example/gitlab/group/shop" };
const change = (url: string) => ({ ...jenkins, CHANGE_ID: "12", CHANGE_URL: url });

describe("a clone's origin", () => {
  it.each<[string, Record<string, string>, own: string, fork: string]>([
    [
      "GitHub",
      { GITHUB_ACTIONS: "true", GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "octo/app" },
      "git@github.com:octo/app.git",
      "https://github.com/ada/app",
    ],
    ["GitLab", gitlab, "https://git.example/group/shop.git", "https://git.example/ada/shop.git"],
    [
      "GitLab below a path",
      belowPath,
      "https://git.example/gitlab/group/shop.git",
      "git@git.example:ada/shop.git",
    ],
    [
      "GitLab below a path, over ssh",
      belowPath,
      "git@git.example:group/shop.git",
      "git@git.example:ada/group/shop.git",
    ],
    [
      "Jenkins: Bitbucket Cloud",
      change("https://bitbucket.org/octo/app/pull-requests/12"),
      "git@bitbucket.org:octo/app.git",
      "https://bitbucket.org/ada/app.git",
    ],
    [
      "Jenkins: GitHub",
      change("https://github.com/octo/app/pull/12"),
      "https://github.com/octo/app.git",
      "https://github.com/ada/app.git",
    ],
    [
      "Jenkins: GitLab",
      change("https://git.example/group/sub/shop/-/merge_requests/12"),
      "https://git.example/group/sub/shop.git",
      "https://git.example/sub/shop.git",
    ],
    [
      "Jenkins: Gitea",
      change("https://git.example/octo/app/pulls/12"),
      "https://git.example/octo/app.git",
      "https://git.example/ada/app.git",
    ],
    [
      "Jenkins: the pull request builder",
      { ...jenkins, ghprbPullId: "12", ghprbPullLink: "https://github.com/octo/app/pull/12" },
      "https://github.com/octo/app.git",
      "https://github.com/ada/app.git",
    ],
    [
      "Jenkins: the GitLab plugin",
      {
        ...jenkins,
        gitlabTargetRepoHttpUrl: "https://git.example/gitlab/group/shop.git",
        gitlabTargetRepoSshUrl: "git@git.example:group/shop.git",
      },
      "git@git.example:group/shop.git",
      "git@git.example:ada/shop.git",
    ],
  ])("is known to be a fork's, or the job's own: %s", (_, env: Record<string, string>, own, fork) => {
    const get = (name: string) => env[name];
    expect([isOfAnother(own, get), isOfAnother(fork, get)]).toEqual([false, true]);
    expect([isJobRepository(own, get), isJobRepository(fork, get)]).toEqual([true, false]);
  });

  it.each([
    [
      "Bitbucket's own server, whose pages are elsewhere",
      "https://git.example/projects/OCTO/repos/app/pull-requests/12",
    ],
    ["a person's repository there", "https://git.example/users/ada/repos/app/pull-requests/12/overview"],
    ["an address of another kind", "https://git.example/c/app/+/12"],
  ])("is not known to be anybody's: %s", (_, url) => {
    const env: Record<string, string> = change(url);
    expect(isOfAnother("https://git.example/scm/octo/app.git", (name) => env[name])).toBe(false);
    expect(isJobRepository(url, (name) => env[name])).toBe(false);
  });
});
