import { describe, expect, it } from "vitest";
import { createGit } from "../../../../src/clients/git/git.ts";
import { createHistory } from "../../../../src/clients/git/history.ts";
import { basicAuth, gitHttpServer } from "../../../support/git-server.ts";
import { testToken } from "../../../support/github.ts";
import { gitEnv, repository } from "../../../support/repository.ts";

const token = testToken("ghs");

async function privateRemote() {
  const repo = repository({ origin: true });
  repo.git("tag", "-a", "v1.0.0", "-m", "Release v1.0.0");
  repo.git("push", "-q", "origin", "v1.0.0");
  const server = await gitHttpServer(repo.origin, basicAuth(`x-access-token:${token}`));
  repo.git("remote", "set-url", "origin", server.url);
  const source = (host: string) => () => ({ value: token, host });
  return { repo, server, source };
}

describe("a remote that lets nobody in without credentials", () => {
  it("is asked with GITHUB_TOKEN when it is GitHub's own server", async () => {
    const { repo, server, source } = await privateRemote();
    const git = createGit(repo.path, gitEnv, undefined, source(server.origin));
    expect(await git.remoteTag("origin", "v1.0.0")).toMatchObject({ annotated: true });
    expect(await createHistory(repo.path, gitEnv, source(server.origin)).remoteTags("origin")).toEqual([
      "v1.0.0",
    ]);
    const before = server.received.length;
    await git.remoteTag("origin", "v1.0.0");
    // The way that worked is remembered: no request without credentials but the one that git begins with.
    expect(server.received.slice(before).filter(({ credentials }) => credentials === null)).toHaveLength(1);
    expect(repo.git("config", "--list")).not.toContain(token);
  });

  it("does not get the token when it is another server", async () => {
    const { repo, server, source } = await privateRemote();
    const git = createGit(repo.path, gitEnv, undefined, source("https://github.com"));
    await expect(git.remoteTag("origin", "v1.0.0")).rejects.toThrow(/could not read Username/);
    expect(server.received.every(({ credentials }) => credentials === null)).toBe(true);
  });
});
