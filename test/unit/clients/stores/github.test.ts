import { describe, expect, it, onTestFinished } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createGitHub } from "../../../../src/clients/github/github.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { createGitHubStore } from "../../../../src/clients/stores/github.ts";
import type { Store } from "../../../../src/clients/stores/store.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { fileWith, storeContract } from "../../../contract/store.ts";
import { type GitHubServer, githubServer, testToken } from "../../../support/github.ts";

const never = new AbortController().signal;
const tag = "v1.2.3";

function storeOn(server: GitHubServer): Store {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  const limits = { backoffMs: [1, 1, 1] };
  const github = createGitHub({
    http,
    secrets,
    apiUrl: server.url,
    repository: "octo/demo",
    token: testToken(),
    limits,
  });
  return createGitHubStore(github, tag);
}

async function clean(options: Parameters<typeof githubServer>[0] = {}): Promise<GitHubServer> {
  const server = await githubServer({ releases: [{ tag, draft: false }], ...options });
  onTestFinished(() => expect(server.violations).toEqual([]));
  return server;
}

storeContract("a GitHub Release", async () => {
  const server = await clean();
  return { open: () => storeOn(server) };
});

storeContract("a GitHub Release that tells no digests", async () => {
  const server = await clean({ noDigests: true });
  return { open: () => storeOn(server) };
});

describe("a GitHub Release as a store", () => {
  it("takes nothing more once it is immutable, and says so beforehand", async () => {
    const server = await clean({ releases: [{ tag, draft: false, immutable: true }] });
    const failure = await storeOn(server)
      .put(fileWith("x"), never)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      final: true,
      message: "GitHub release v1.2.3 of octo/demo is immutable: it takes no more assets",
    });
    expect(await storeOn(server).prove(never)).toMatchObject([{ state: "conflict" }]);
  });

  it("that is not published is named, with what publishes it", async () => {
    const server = await clean({ releases: [] });
    const failure = await storeOn(server)
      .stat("a.json", never)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringContaining("is not there"),
      remedy: expect.stringContaining("release-sentinel release"),
    });
  });

  it("clears away what an upload that failed has left, and stores the file", async () => {
    const server = await clean({
      faults: ({ operation, nth }) =>
        operation === "repos/upload-release-asset" && nth === 1 ? { status: 502, starter: true } : undefined,
    });
    expect(await storeOn(server).put(fileWith("x"), never)).toBe("stored");
    expect(server.state.releases[0]?.assets.map(({ state }) => state)).toEqual(["uploaded"]);
  });
});
