import { describe, expect, it } from "vitest";
import { githubServer } from "../../support/github.ts";
import {
  clientOf,
  commit,
  marker,
  markerFor,
  notes,
  otherCommit,
  outcomes,
  requestFor,
  runSteps,
  seen,
  tag,
  whole,
} from "./publishing.ts";

const tags = { [tag]: commit };

describe("drafts", () => {
  it("of ours that are left over are deleted after publishing, the first one for these files is published", async () => {
    const ours = { tag, draft: true, author: "releaser", body: await markerFor(requestFor()) };
    const stranger = { tag, draft: true, author: "alice", body: "mine" };
    const older = { tag, draft: true, author: "releaser", body: marker.replace(commit, otherCommit) };
    const server = await githubServer({ tags, releases: [ours, stranger, ours, older, ours] });
    const [first, second, third, fourth, fifth] = server.state.releases.map(({ id }) => id);
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "did", "did"]);
    expect(server.state.deleted.map(({ id }) => id)).toEqual([third, fifth]);
    expect(server.state.releases.map(({ id, draft }) => [id, draft])).toEqual([
      [first, false],
      [second, true],
      [fourth, true],
    ]);
  });

  it("of ours that a killed run left beside a published release are deleted by the next", async () => {
    const server = await githubServer({ tags });
    await runSteps(clientOf(server), requestFor());
    server.state.seed({ tag, draft: true, author: "releaser", body: marker });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[2]).toMatchObject({
      state: "needed",
      message: "1 left-over draft of GitHub release v1.4.2 will be deleted",
    });
    expect(seen(server)).toEqual([whole]);
  });

  it("of somebody else are named, not taken over", async () => {
    const server = await githubServer({
      tags,
      releases: [{ tag, draft: true, author: "alice", body: "mine" }],
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[0]).toMatchObject({
      state: "conflict",
      message: expect.stringMatching(
        /^there is a draft of GitHub release v1\.4\.2 already, by alice: https:\/\/github\.example\//,
      ),
      remedy: "ask alice, and publish or delete that draft on GitHub",
    });
    expect(outcomes(run)).toEqual(["conflict", "not-reached", "not-reached"]);
    expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("of ours for another commit are named", async () => {
    const body = marker.replace(commit, otherCommit);
    const server = await githubServer({ tags, releases: [{ tag, draft: true, author: "releaser", body }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[0]).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("of another commit (b2b2b2b2b2b2)"),
    });
  });

  it("are found behind a hundred newer releases, and are not looked for behind older ones than the commit", async () => {
    const at = (day: number) => new Date(Date.UTC(2026, 10, 21) + day * 86_400_000).toISOString();
    const others = (n: number, day: number) =>
      Array.from({ length: n }, (_, i) => ({ tag: `v0.${day + 50}.${i}`, createdAt: at(day) }));
    const body = await markerFor(requestFor());
    const mine = { tag, draft: true, author: "releaser", body, createdAt: at(0) };
    const server = await githubServer({ tags, releases: [...others(150, 3), mine, ...others(400, -30)] });
    const before = server.state.releases.length;
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "did", "did"]);
    expect(server.state.releases).toHaveLength(before);
    const pages = server.requests.map(({ path }) => /releases\?per_page=100&page=(\d+)/.exec(path)?.[1]);
    expect(pages).toContain("2");
    expect(pages).not.toContain("4");
  });
});

describe("a published release", () => {
  it("of somebody else is done when it lacks nothing", async () => {
    const assets = [
      { name: "demo-1.4.2.tgz", content: "content of demo-1.4.2.tgz" },
      { name: "RELEASE_NOTES.md", content: "# Notes\n" },
    ];
    const server = await githubServer({ tags, releases: [{ tag, author: "alice", assets }] });
    expect(outcomes(await runSteps(clientOf(server), requestFor()))).toEqual([
      "was-done",
      "was-done",
      "was-done",
    ]);
  });

  it("of somebody else that lacks something is a conflict that names the author", async () => {
    const server = await githubServer({ tags, releases: [{ tag, author: "alice" }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[1]).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("was published by alice, without demo-1.4.2.tgz, RELEASE_NOTES.md"),
    });
  });

  it("of ours gets what it lacks", async () => {
    const body = await markerFor(requestFor());
    const server = await githubServer({ tags, releases: [{ tag, author: "releaser", body }] });
    expect(outcomes(await runSteps(clientOf(server), requestFor()))).toEqual(["was-done", "did", "was-done"]);
    expect(seen(server)).toEqual([whole]);
  });

  it.each([
    ["other files", `${marker.slice(0, -4)} ${"c3".repeat(32)} -->`],
    ["files that it does not say", marker],
  ])("of ours for %s gets none of these: check sums would not fit", async (_what, body) => {
    const server = await githubServer({ tags, releases: [{ tag, author: "releaser", body }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[1]).toMatchObject({
      state: "conflict",
      message:
        "GitHub release v1.4.2 is published for other files than these, without demo-1.4.2.tgz, RELEASE_NOTES.md",
      remedy: expect.stringMatching(/^release the next version/),
    });
    expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("of ours that is immutable is a conflict when it lacks something", async () => {
    const releases = [{ tag, author: "releaser", body: marker, immutable: true }];
    const server = await githubServer({ tags, releases });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[1]).toMatchObject({
      state: "conflict",
      message: "GitHub release v1.4.2 is published and immutable, without demo-1.4.2.tgz, RELEASE_NOTES.md",
    });
  });

  it("keeps the content that it has", async () => {
    const assets = [
      { name: "demo-1.4.2.tgz", content: "older" },
      { name: notes.name, content: notes.content },
    ];
    const server = await githubServer({
      tags,
      releases: [{ tag, author: "releaser", body: marker, assets }],
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "was-done", "was-done"]);
    expect(run.results[1]?.message).toBe("GitHub release v1.4.2 keeps the assets that it was published with");
    expect(server.requests.every(({ method }) => method === "GET")).toBe(true);
  });

  it("of somebody else is a conflict where the content is another", async () => {
    const assets = [{ name: "demo-1.4.2.tgz", content: "older" }];
    const server = await githubServer({ tags, releases: [{ tag, author: "somebody", body: "", assets }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[1]).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("was published by somebody, with other content of demo-1.4.2.tgz"),
    });
    expect(server.state.deletedAssets).toEqual([]);
  });

  it("of ours is whole with its seal, whatever is built since then", async () => {
    const assets = [{ name: notes.name, content: "worded otherwise" }];
    const server = await githubServer({
      tags,
      releases: [{ tag, author: "releaser", body: marker, assets }],
    });
    expect(outcomes(await runSteps(clientOf(server), requestFor()))).toEqual([
      "was-done",
      "was-done",
      "was-done",
    ]);
  });

  it("goes by git's own word where the API shows no refs", async () => {
    const server = await githubServer({ noRefs: true });
    expect(outcomes(await runSteps(clientOf(server), requestFor()))).toEqual(["did", "did", "did"]);
    const elsewhere = await githubServer({ noRefs: true });
    const run = await runSteps(clientOf(elsewhere), requestFor({ remoteTag: async () => null }));
    expect(outcomes(run)).toEqual(["did", "did", "failed"]);
    expect(elsewhere.state.tagsMade).toEqual([]);
  });

  it("of another commit is a conflict", async () => {
    const body = marker.replace(commit, otherCommit);
    const server = await githubServer({ tags: { [tag]: otherCommit }, releases: [{ tag, body }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan[0]).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("another commit"),
    });
    expect(run.plan[2]).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("leads to b2b2b2b2b2b2, not to a1a1a1a1a1a1"),
    });
  });
});
