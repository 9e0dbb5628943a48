import { describe, expect, it } from "vitest";
import {
  commitUrl,
  compareUrl,
  forgeOf,
  issueUrl,
  pullRequestUrl,
} from "../../../../src/release/notes/forge.ts";

describe("a remote's URL", () => {
  it.each([
    ["https://github.com/owner/name.git", "github", "https://github.com/owner/name"],
    ["https://github.com/owner/name", "github", "https://github.com/owner/name"],
    ["git@github.com:owner/name.git", "github", "https://github.com/owner/name"],
    ["ssh://git@github.com:22/owner/name.git", "github", "https://github.com/owner/name"],
    ["git://github.com/owner/name.git/", "github", "https://github.com/owner/name"],
    [
      "https://github.example.com:8443/owner/name.git",
      "github",
      "https://github.example.com:8443/owner/name",
    ],
    ["git@gitlab.com:group/sub/group/name.git", "gitlab", "https://gitlab.com/group/sub/group/name"],
    ["ssh://git@gitlab.example.com:2222/group/name.git", "gitlab", "https://gitlab.example.com/group/name"],
    ["http://gitlab.example.com/group/name.git", "gitlab", "http://gitlab.example.com/group/name"],
    ["https://codeberg.org/owner/name.git", "gitea", "https://codeberg.org/owner/name"],
    ["https://gitea.example.com/owner/name.git", "gitea", "https://gitea.example.com/owner/name"],
    ["git@bitbucket.org:team/name.git", "bitbucket", "https://bitbucket.org/team/name"],
    [
      "https://bitbucket.example.com/scm/PRJ/name.git",
      "bitbucket-server",
      "https://bitbucket.example.com/projects/PRJ/repos/name",
    ],
    [
      "ssh://git@bitbucket.example.com:7999/~dev-a/name.git",
      "bitbucket-server",
      "https://bitbucket.example.com/users/dev-a/repos/name",
    ],
    ["https://github.com/owner/a%20b(c).git", "github", "https://github.com/owner/a%20b%28c%29"],
  ])("%s is a repository on %s", (url, kind, page) => {
    expect(forgeOf(url)).toMatchObject({ kind, url: page });
  });

  it.each([
    "/srv/git/name.git",
    "../name.git",
    "file:///srv/git/name.git",
    "C:\\repositories\\name",
    "https://git.example.com/owner/name.git",
    "ext::sh -c whoami",
    "https://github.com/name.git",
    "https://github.com/a\nb/c",
    "",
  ])("%j leads to no page that is known", (url) => {
    expect(forgeOf(url)).toBeNull();
  });

  it("never shows its credentials", () => {
    const word = ["a", "b", "c"].join("9").repeat(4);
    for (const url of [
      `https://user:${word}@github.com/owner/name.git`,
      `https://${word}@github.com/owner/name`,
    ])
      expect(JSON.stringify(forgeOf(url))).not.toContain(word);
  });

  it("is of the kind that the CI says, with the CI's scheme and port", () => {
    const gitlab = { GITLAB_CI: "true", CI_SERVER_URL: "https://code.example.com:8443" };
    expect(forgeOf("git@code.example.com:group/name.git", gitlab)).toMatchObject({
      kind: "gitlab",
      url: "https://code.example.com:8443/group/name",
    });
    const actions = { GITHUB_SERVER_URL: "https://code.example.com" };
    expect(forgeOf("git@code.example.com:owner/name.git", actions)?.kind).toBe("github");
    expect(forgeOf("git@code.example.com:owner/name.git", { ...actions, GITEA_ACTIONS: "true" })?.kind).toBe(
      "gitea",
    );
    expect(forgeOf("git@other.example.com:owner/name.git", actions)).toBeNull();
  });
});

describe("pages", () => {
  const of = (remote: string) => {
    const forge = forgeOf(remote);
    if (!forge) throw new Error(remote);
    const paths = [
      commitUrl(forge, "abc"),
      pullRequestUrl(forge, 12),
      issueUrl(forge, 3),
      compareUrl(forge, "pkg@1.0.0", "pkg/v1.1.0"),
    ];
    return paths.map((path) => path?.replace(forge.url, ""));
  };

  it.each([
    ["https://github.com/o/n", ["/commit/abc", "/pull/12", "/issues/3", "/compare/pkg%401.0.0...pkg/v1.1.0"]],
    [
      "https://gitlab.com/o/n",
      ["/-/commit/abc", "/-/merge_requests/12", "/-/issues/3", "/-/compare/pkg%401.0.0...pkg/v1.1.0"],
    ],
    [
      "https://codeberg.org/o/n",
      ["/commit/abc", "/pulls/12", "/issues/3", "/compare/pkg%401.0.0...pkg/v1.1.0"],
    ],
    [
      "https://bitbucket.org/o/n",
      ["/commits/abc", "/pull-requests/12", "/issues/3", "/branches/compare/pkg%2Fv1.1.0%0Dpkg%401.0.0#diff"],
    ],
    [
      "https://bitbucket.example.com/scm/O/n",
      [
        "/commits/abc",
        "/pull-requests/12",
        undefined,
        "/compare/commits?targetBranch=pkg%401.0.0&sourceBranch=pkg%2Fv1.1.0",
      ],
    ],
  ])("of %s", (remote, expected) => {
    expect(of(remote)).toEqual(expected);
  });

  it("of an issue in another repository of the same forge", () => {
    const forge = forgeOf("https://github.com/o/n");
    expect(forge && issueUrl(forge, 7, "other/project")).toBe("https://github.com/other/project/issues/7");
  });
});
