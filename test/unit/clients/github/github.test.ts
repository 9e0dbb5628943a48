import { describe, expect, it } from "vitest";
import type { GitHubError } from "../../../../src/clients/github/errors.ts";
import { Aborted } from "../../../../src/core/check.ts";
import { monotonicMs } from "../../../../src/core/clock.ts";
import { githubServer, testToken } from "../../../support/github.ts";
import { server } from "../../../support/server.ts";
import { clientOf, commit, fileAsset, never, tag } from "../../release/publishing.ts";
import { failure } from "../http-servers.ts";

const refused = (call: Promise<unknown>) => failure(call) as Promise<GitHubError>;

describe("the GitHub client", () => {
  it("says who it is, what it takes and which version it means", async () => {
    const other = await server((_request, response) => response.writeHead(404).end("{}"));
    await clientOf(other).releaseByTag(tag, never());
    expect(other.received[0]?.headers).toMatchObject({
      accept: "application/vnd.github+json",
      "x-github-api-version": "2026-03-10",
      "user-agent": "release-sentinel",
      authorization: `Bearer ${testToken()}`,
    });
  });

  it("takes a token with a line break at its end", async () => {
    const hub = await githubServer();
    expect(await clientOf(hub, { token: `${testToken()}\n` }).repository(never())).toMatchObject({
      fullName: "octo/demo",
    });
  });

  it("goes on without a version that an older Enterprise does not know", async () => {
    const hub = await githubServer({ versions: ["2022-11-28"], prefix: "/api/v3" });
    const github = clientOf(hub);
    await github.repository(never());
    expect(await github.releaseByTag(tag, never())).toBeNull();
    expect(hub.requests).toHaveLength(3);
  });

  it("follows tags to their commit, through tags of tags", async () => {
    const { repository } = await import("../../../support/repository.ts");
    const { git, origin } = repository({ origin: true });
    git("tag", "light");
    git("tag", "-a", "-m", "inner", "inner");
    git("tag", "-a", "-m", "outer", "v1.0.0", "inner");
    git("tag", "tree", "HEAD^{tree}");
    git("push", "-q", "origin", "--tags");
    const hub = await githubServer({ gitDir: origin });
    const github = clientOf(hub);
    const head = git("rev-parse", "HEAD").trim();
    expect(await github.tagCommit("light", never())).toBe(head);
    expect(await github.tagCommit("v1.0.0", never())).toBe(head);
    expect(await github.tagCommit("tree", never())).toBeNull();
    expect(await github.tagCommit("none", never())).toBeNull();
    expect(await github.commitDate(head, never())).toBe(git("show", "-s", "--format=%cI").trim());
    expect(hub.violations).toEqual([]);
  });

  it("sends no token to another host that it is redirected to, and does not believe it", async () => {
    const stranger = await server((_request, response) => response.end("[]"));
    const api = await server((_request, response) =>
      response.writeHead(301, { location: `${stranger.url.replace("127.0.0.1", "localhost")}/x` }).end(),
    );
    const error = await refused(clientOf(api).repository(never()));
    expect(error).toMatchObject({ kind: "answer", message: expect.stringContaining("another host") });
    expect(stranger.received[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["an HTML page", "<html>Sign in</html>", "no JSON"],
    ["another shape", '{"id":"1"}', "the API's answer is not a release as GitHub describes it"],
    ["a list", "[]", "the API's answer is not a release as GitHub describes it"],
  ])("does not take %s for a release", async (_name, body, message) => {
    const portal = await server((_request, response) => response.end(body));
    const error = await refused(clientOf(portal).releaseByTag(tag, never()));
    expect(error).toMatchObject({ kind: "answer", message: expect.stringContaining(message) });
  });

  it("puts what GitHub says on one line, short, without the token", async () => {
    const hub = await githubServer({
      faults: () => ({ status: 422, body: { message: `\u001b[31m${testToken()}\n${"x".repeat(5000)}` } }),
    });
    const { message } = await refused(clientOf(hub).repository(never()));
    expect(message).toContain("\\x1b[31m***\\nxxx");
    expect(message.length).toBeLessThan(500);
  });

  it.each([
    [
      { "x-accepted-github-permissions": "contents=write" },
      testToken("github_pat"),
      "repository permission contents: write",
    ],
    [{}, testToken("ghs"), "give the workflow's job `permissions: contents: read`"],
    [{}, testToken(), "give the classic token the scope `repo`"],
    [{}, "another", "or the scope `repo` (classic token)"],
    [{ "x-github-sso": "required; url=https://github.example/sso?a=b" }, testToken(), "single sign-on"],
  ])("says which right is missing by %o", async (headers, token, remedy) => {
    const hub = await githubServer({ token, faults: () => ({ status: 403, headers }) });
    const error = await refused(clientOf(hub, { token }).repository(never()));
    expect(error).toMatchObject({ kind: "permission", remedy: expect.stringContaining(remedy) });
  });

  it("stops at once when the run is stopped", async () => {
    const hub = await githubServer({ faults: () => "hang" });
    const controller = new AbortController();
    const reason = new Aborted("interrupt", "interrupted");
    const call = clientOf(hub, { limits: { requestMs: 60_000 } }).repository(controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    expect(await failure(call)).toBe(reason);
  });

  it("tries reads again on dropped connections and 5xx, three times in all", async () => {
    const hub = await githubServer({ faults: ({ n }) => (n === 1 ? "drop-before" : { status: 502 }) });
    expect(await refused(clientOf(hub).repository(never()))).toMatchObject({ kind: "server", status: 502 });
    expect(hub.requests).toHaveLength(3);
  });

  it("tries no write again by itself", async () => {
    const hub = await githubServer({ faults: () => ({ status: 502 }) });
    const draft = { tag, commit, name: tag, body: "", prerelease: false };
    const error = await refused(clientOf(hub).createDraft(draft, never()));
    expect(error).toMatchObject({ kind: "server", uncertain: true });
    expect(hub.requests).toHaveLength(1);
  });

  it("takes what is gone for deleted", async () => {
    const hub = await githubServer();
    await clientOf(hub).deleteRelease(1, never());
    await clientOf(hub).deleteAsset(1, never());
    expect(hub.violations).toEqual([]);
  });
});

describe("a limit of requests", () => {
  it("is waited for as long as GitHub asks, and that is told", async () => {
    const told: string[] = [];
    const hub = await githubServer({
      faults: ({ n }) => (n === 1 ? { status: 429, headers: { "retry-after": "0" } } : undefined),
    });
    await clientOf(hub, { onWait: (message) => told.push(message) }).repository(never());
    expect(told).toEqual([
      `GitHub (127.0.0.1:${hub.port}) asks to wait 0 ms: its limit of requests is reached`,
    ]);
  });

  it("of a write is waited for too: what was refused was not done", async () => {
    const hub = await githubServer({
      faults: ({ n }) => (n === 1 ? { status: 403, headers: { "retry-after": "0" } } : undefined),
    });
    const draft = { tag, commit, name: tag, body: "", prerelease: false };
    await clientOf(hub).createDraft(draft, never());
    expect(hub.state.releases).toHaveLength(1);
  });

  it.each([
    ["Retry-After", { "retry-after": "7200" }],
    [
      "the reset of the hour",
      {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(1_800_007_200),
        date: new Date(1_800_000_000_000).toUTCString(),
      },
    ],
  ])("that lasts longer than the run by %s is said with its end", async (_name, headers) => {
    const hub = await githubServer({ faults: () => ({ status: 403, headers }) });
    const github = clientOf(hub, { deadlineAt: monotonicMs() + 5000 });
    const error = await refused(github.repository(never()));
    expect(error.message).toMatch(
      /asks to wait until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC \(120 min\), longer than this run may take$/,
    );
    expect(error.remedy).toMatch(/^run the same command again after 20/);
    expect(hub.requests).toHaveLength(1);
  });

  it("that does not end is given up", async () => {
    const hub = await githubServer({ faults: () => ({ status: 429, headers: { "retry-after": "0" } }) });
    expect(await refused(clientOf(hub).repository(never()))).toMatchObject({ status: 429 });
    expect(hub.requests).toHaveLength(6);
  });
});

describe("an upload", () => {
  const draft = (url: string) => ({
    id: 1,
    tag,
    name: tag,
    body: "",
    draft: true,
    prerelease: false,
    immutable: false,
    author: null,
    url,
    uploadUrl: `${url}/upload{?name,label}`,
    createdAt: "",
  });
  const body = () => {
    const { path, bytes } = fileAsset("big.bin", Buffer.alloc(32 * 1024 * 1024));
    return { file: path, bytes };
  };

  it("of which nothing moves is given up", async () => {
    const { serveBytes } = await import("../http-servers.ts");
    const deaf = await serveBytes((socket) => setImmediate(() => socket.pause()));
    const github = clientOf(deaf, { limits: { uploadIdleMs: 1_500 } });
    const asset = { name: "big.bin", contentType: "application/octet-stream", body: body() };
    const error = await refused(github.upload(draft(deaf.url), asset, never()));
    expect(error).toMatchObject({ kind: "network", uncertain: true });
    expect(error.message).toMatch(/asked to upload big\.bin: no progress for 1\.5 s$/);
    await deaf.close();
  });

  it("that is slow, but moves, is let end", async () => {
    const { createServer } = await import("node:http");
    const slow = createServer((request, response) => {
      request.on("data", () => {
        request.pause();
        setTimeout(() => request.resume(), 4);
      });
      request.on("end", () =>
        response.writeHead(201).end(JSON.stringify({ id: 1, name: "big.bin", state: "uploaded", size: 1 })),
      );
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const { port } = slow.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const github = clientOf({ url }, { limits: { uploadIdleMs: 20_000 } });
    const asset = { name: "big.bin", contentType: "application/octet-stream", body: body() };
    expect(await github.upload(draft(url), asset, never())).toMatchObject({ state: "uploaded" });
    slow.close();
  });
});
