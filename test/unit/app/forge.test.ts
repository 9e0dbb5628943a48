import { describe, expect, it } from "vitest";
import { createClients } from "../../../src/app/clients.ts";
import { forgeOf } from "../../../src/app/forge.ts";
import type { NamedRef } from "../../../src/clients/ci.ts";
import type { SentinelError } from "../../../src/core/errors.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { testToken } from "../../support/github.ts";

function forge(
  urls: string | readonly string[],
  env: Readonly<Record<string, string>> = {},
  named?: NamedRef,
) {
  const secrets = new Secrets();
  const given = { GITHUB_TOKEN: testToken(), ...env };
  const clients = createClients(process.cwd(), given, secrets, named);
  try {
    const remote = { urls: [urls].flat(), pushUrls: [], tags: true };
    return forgeOf({ clients, secrets, emit: () => {}, deadlineAt: Number.POSITIVE_INFINITY }, remote);
  } finally {
    clients.close();
  }
}

function refusal(...args: Parameters<typeof forge>): SentinelError {
  try {
    forge(...args);
  } catch (error) {
    return error as SentinelError;
  }
  throw new Error("it was not refused");
}

describe("the repository on GitHub", () => {
  it.each([
    "https://github.com/octo/demo.git",
    "https://github.com/octo/demo",
    "https://github.com/octo/demo/",
    `https://somebody:${"word"}@github.com/octo/demo.git`,
    "git@github.com:octo/demo.git",
    "github.com:octo/demo",
    "ssh://git@github.com/octo/demo.git",
    "ssh://git@github.com:22/octo/demo.git",
    "ssh://git@ssh.github.com:443/octo/demo.git",
    "git://github.com/octo/demo",
    "HTTPS://GitHub.com/octo/demo.git",
  ])("is read from %s", (url) => {
    expect(forge(url).repository).toBe("octo/demo");
  });

  it("is read from the server that the runner names, or the API's", () => {
    const url = "git@git.corp.example:octo/demo.git";
    expect(forge(url, { GITHUB_SERVER_URL: "https://git.corp.example" }).repository).toBe("octo/demo");
    expect(forge(url, { GITHUB_API_URL: "https://git.corp.example/api/v3" }).repository).toBe("octo/demo");
    expect(
      forge("git@github.com:octo/demo.git", { GITHUB_API_URL: "https://api.github.com" }).repository,
    ).toBe("octo/demo");
  });

  it("is what GITHUB_REPOSITORY says where the remote is none of GitHub's", () => {
    expect(forge("/srv/git/demo.git", { GITHUB_REPOSITORY: "octo/demo" }).repository).toBe("octo/demo");
    expect(forge([], { GITHUB_REPOSITORY: "octo/demo" }).repository).toBe("octo/demo");
  });

  it("is not the job's where another is named", () => {
    const job = { GITHUB_ACTIONS: "true", GITHUB_REPOSITORY: "octo/job" };
    const named = { commit: "a1".repeat(20), branch: "main", tag: null };
    expect(forge("https://github.com/octo/demo.git", job, named).repository).toBe("octo/demo");
    expect(refusal("/srv/git/demo.git", job, named).message).toContain("the remote is not on GitHub");
  });

  it("may be written in another case, but may not be another one", () => {
    const url = "https://github.com/octo/demo.git";
    expect(forge(url, { GITHUB_REPOSITORY: "Octo/Demo" }).repository).toBe("Octo/Demo");
    expect(refusal(url, { GITHUB_REPOSITORY: "octo/fork" })).toMatchObject({
      code: "release-impossible",
      message: "GITHUB_REPOSITORY is octo/fork, but the remote is octo/demo",
    });
  });

  it.each([
    ["https://gitlab.example/octo/demo.git", {}, "the remote is not on GitHub"],
    ["https://github.com.evil.example/octo/demo.git", {}, "the remote is not on GitHub"],
    ["https://evil.example/github.com/octo/demo.git", {}, "the remote is not on GitHub"],
    ["https://github.com/octo/demo/more.git", {}, "the remote is not on GitHub"],
    ["/srv/git/demo.git", { GITHUB_REPOSITORY: "demo" }, "GITHUB_REPOSITORY is not owner/name: demo"],
    ["/srv/git/demo.git", { GITHUB_REPOSITORY: "a/b/c" }, "GITHUB_REPOSITORY is not owner/name: a/b/c"],
    ["/srv/git/demo.git", { GITHUB_REPOSITORY: "a/../b" }, "GITHUB_REPOSITORY is not owner/name"],
  ] as const)("is not guessed from %s and %j", (url, env, says) => {
    const { message, remedy, exitCode } = refusal(url, env);
    expect(message).toContain(says);
    expect(remedy).toContain("--tag");
    expect(exitCode).toBe(1);
  });
});

it("without a token there is no release, and the way out is named", () => {
  const { message, remedy } = refusal("https://github.com/octo/demo", { GITHUB_TOKEN: "" });
  expect(message).toBe("a GitHub release needs GITHUB_TOKEN");
  expect(remedy).toContain("release --tag");
});
