import { describe, expect, it } from "vitest";
import { StepFailure } from "../../../src/core/step.ts";
import { publishSteps } from "../../../src/release/publish.ts";
import { githubServer, testToken } from "../../support/github.ts";
import {
  clientOf,
  commit,
  fileAsset,
  marker,
  markerFor,
  never,
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

describe("a release on GitHub", () => {
  it("is drafted, filled and published, in this order", async () => {
    const server = await githubServer({ tags });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.plan.map(({ state }) => state)).toEqual(["needed", "needed", "needed"]);
    expect(run.results).toMatchObject([
      { id: "github.draft", outcome: "did", message: "Draft of GitHub release v1.4.2 created" },
      { id: "github.assets", outcome: "did", message: "2 assets of GitHub release v1.4.2 uploaded" },
      { id: "github.publish", outcome: "did", message: "GitHub release v1.4.2 created" },
    ]);
    expect(run.url).toBe("https://github.example/octo/demo/releases/tag/v1.4.2");
    expect(seen(server)).toEqual([whole]);
    expect(server.state.releases[0]).toMatchObject({
      body: `## Changes in v1.4.2\n\n- one\n\n${await markerFor(requestFor())}`,
      prerelease: false,
    });
    expect(server.state.latest).toBe(server.state.releases[0]?.id);
    expect(server.violations).toEqual([]);
  });

  it("is only read when everything is done", async () => {
    const server = await githubServer({ tags });
    await runSteps(clientOf(server), requestFor());
    const before = server.requests.length;
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "was-done", "was-done"]);
    expect(server.requests.slice(before).every(({ method }) => method === "GET")).toBe(true);
    expect(run.results[2]?.message).toBe(
      "GitHub release v1.4.2 is published: https://github.example/octo/demo/releases/tag/v1.4.2",
    );
  });

  it("is seen although GitHub's lists show it later", async () => {
    const server = await githubServer({ tags, lag: 8 });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(seen(server)).toEqual([whole]);
  });

  it("goes through Enterprise's path, and works without digests", async () => {
    const server = await githubServer({ tags, prefix: "/api/v3", noDigests: true });
    const note = /; GitHub tells no digests here: the same size counts as the same content$/;
    const first = await runSteps(clientOf(server), requestFor());
    expect(first.results[1]?.message).toMatch(note);
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "was-done", "was-done"]);
    expect(run.results[1]?.message).toMatch(note);
    expect(server.violations).toEqual([]);
  });

  it("is made in a repository that was renamed", async () => {
    const server = await githubServer({ tags, formerly: "octo/old" });
    const run = await runSteps(clientOf(server, { repository: "octo/old" }), requestFor());
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(run.plan[0]?.proofs).toContainEqual(
      expect.objectContaining({ state: "notice", message: "octo/old is now called octo/demo" }),
    );
    expect(server.violations).toEqual([]);
  });

  it("goes on with our own draft, and leaves what a person has written into it", async () => {
    const assets = [{ name: notes.name, content: notes.content }];
    const body = `text\n\n${await markerFor(requestFor())}\n`;
    const server = await githubServer({
      tags,
      releases: [{ tag, draft: true, author: "releaser", body, assets }],
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "did", "did"]);
    expect(run.results[1]?.message).toBe("1 asset of GitHub release v1.4.2 uploaded");
    expect(seen(server)).toEqual([whole]);
    expect(server.state.releases[0]?.body).toBe(body);
  });

  it.each([
    ["the same name and other content", "demo-1.4.2.tgz"],
    ["a name that is no longer built", "demo-1.4.1-5f3a.tgz"],
  ])(
    "takes no draft that holds %s: it makes another, and deletes that one as a whole",
    async (_what, name) => {
      const assets = [{ name, content: "older" }];
      for (const body of [marker, await markerFor(requestFor())]) {
        const releases = [{ tag, draft: true, author: "releaser", body, assets }];
        const server = await githubServer({ tags, releases });
        const [stale] = server.state.releases.map(({ id }) => id);
        const run = await runSteps(clientOf(server), requestFor());
        expect(run.plan[0]).toMatchObject({
          state: "needed",
          message: "GitHub has a draft of v1.4.2 for other files than these: one for these will be created",
        });
        expect(outcomes(run)).toEqual(["did", "did", "did"]);
        expect(seen(server)).toEqual([whole]);
        expect(server.state.deletedAssets).toEqual([]);
        expect(server.state.deleted).toMatchObject([{ id: stale, draft: true }]);
      }
    },
  );

  it("finds its own draft again among those for other files", async () => {
    const server = await githubServer({ tags });
    const other = requestFor({ assets: async () => [fileAsset("demo-1.4.2.tgz", "other"), notes] });
    for (const request of [other, requestFor()]) {
      const { steps } = publishSteps(clientOf(server), request);
      await steps[0].run(never());
    }
    const [, own] = server.state.releases.map(({ id }) => id);
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["was-done", "did", "did"]);
    expect(server.state.releases.map(({ id }) => id)).toEqual([own]);
  });

  it("has as many assets as were asked for, over several pages", async () => {
    const many = Array.from({ length: 130 }, (_, i) => ({ name: `part-${i}.txt`, content: `part ${i}` }));
    const server = await githubServer({ tags });
    const run = await runSteps(clientOf(server), requestFor({ assets: async () => [notes, ...many] }));
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(server.state.releases[0]?.assets).toHaveLength(131);
  });

  it("waits for assets that a hook is still to build", async () => {
    const server = await githubServer({ tags });
    let built = false;
    const ready = fileAsset("demo-1.4.2.tgz");
    const assets = async () => {
      if (!built) throw new StepFailure("no file for the asset demo-1.4.2.tgz", "build it first");
      return [ready, notes];
    };
    const early = await runSteps(clientOf(server), requestFor({ assets }));
    expect(early.plan[1]).toMatchObject({ state: "needed", proofs: [{ state: "notice" }] });
    expect(early.results[0]).toMatchObject({
      outcome: "failed",
      message: "no file for the asset demo-1.4.2.tgz",
      remedy: "build it first",
    });
    expect(seen(server)).toEqual([]);
    built = true;
    const late = await runSteps(clientOf(server), requestFor({ assets }));
    expect(outcomes(late)).toEqual(["did", "did", "did"]);
    built = false;
    const after = await runSteps(clientOf(server), requestFor({ assets }));
    expect(outcomes(after)).toEqual(["was-done", "was-done", "was-done"]);
  });

  it("takes its own draft back once another release is out, and nothing else", async () => {
    const server = await githubServer({ tags });
    const { steps } = publishSteps(clientOf(server), requestFor());
    await steps[0].run(never());
    // Somebody may be about to publish it.
    await expect(steps[0].undo?.(never())).rejects.toThrow(/^the draft of GitHub release v1\.4\.2 stays/);
    const [theirs] = [server.state.seed({ tag, author: "alice" })];
    expect(await steps[0].undo?.(never())).toBe("Draft of GitHub release v1.4.2 deleted");
    server.state.releases.splice(server.state.releases.indexOf(theirs), 1);
    expect(await steps[0].undo?.(never())).toBe("No draft of GitHub release v1.4.2 to take back");
    expect(server.state.releases).toEqual([]);
    await runSteps(clientOf(server), requestFor());
    const resumed = publishSteps(clientOf(server), requestFor());
    expect(await resumed.steps[0].undo?.(never())).toBe("No draft of GitHub release v1.4.2 to take back");
    expect(seen(server)).toEqual([whole]);
  });
});

describe("publishing", () => {
  it.each([
    ["is not there", {}, /^GitHub release v1\.4\.2 is not published: its tag v1\.4\.2 is not there/],
    ["leads elsewhere", { [tag]: otherCommit }, /leads to b2b2b2b2b2b2, not to a1a1a1a1a1a1/],
  ])("is refused while the tag %s: GitHub never makes one", async (_name, wrong, message) => {
    const server = await githubServer({ tags: wrong });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results[2]).toMatchObject({ outcome: "failed", message: expect.stringMatching(message) });
    expect(server.state.tagsMade).toEqual([]);
    expect(seen(server)).toEqual([{ ...whole, draft: true }]);
  });

  it("is refused when somebody has put something into the draft meanwhile", async () => {
    const server = await githubServer({
      tags,
      faults: ({ operation }) => {
        const [draft] = server.state.releases;
        if (operation === "git/get-ref" && draft?.assets.length === 2)
          server.state.attach(draft, "extra.bin", "application/octet-stream", Buffer.from("x"));
        return undefined;
      },
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results[2]?.message).toBe(
      "GitHub release v1.4.2 is not published: the draft holds extra.bin besides",
    );
  });

  it("is refused when somebody has taken an asset away meanwhile", async () => {
    const server = await githubServer({
      tags,
      faults: ({ operation }) => {
        if (operation === "repos/get-latest-release") server.state.releases[0]?.assets.pop();
        return undefined;
      },
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results[2]).toMatchObject({
      outcome: "failed",
      message: expect.stringMatching(/^GitHub release v1\.4\.2 is not published: the draft lacks /),
    });
    expect(server.state.releases).toMatchObject([{ draft: true }]);
  });

  it("says that a burned tag cannot be used again", async () => {
    const server = await githubServer({ tags, burned: [tag] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results[2]).toMatchObject({
      outcome: "failed",
      message: expect.stringContaining("tag_name was used by an immutable release"),
      remedy: expect.stringMatching(/^release the next version/),
    });
  });

  it("names who published the same version meanwhile", async () => {
    const server = await githubServer({
      tags,
      faults: ({ operation, nth }) => {
        if (operation === "repos/update-release" && nth === 1) server.state.seed({ tag, author: "alice" });
        return undefined;
      },
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.said).toContain("published by alice");
    expect(server.state.releases.filter(({ draft }) => !draft)).toMatchObject([{ author: "alice" }]);
  });

  it("makes immutable releases whole before they are out", async () => {
    const server = await githubServer({ tags, immutable: true });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(outcomes(await runSteps(clientOf(server), requestFor()))).toEqual([
      "was-done",
      "was-done",
      "was-done",
    ]);
  });

  it.each([
    ["v1.4.1", true],
    ["v1.5.0", false],
    ["v1.10.0", false],
  ])("after %s: is the latest? %s", async (other, isLatest) => {
    const server = await githubServer({ tags, releases: [{ tag: other }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    const made = server.state.releases.find((release) => release.tag === tag)?.id;
    expect(server.state.latest === made).toBe(isLatest);
  });

  it("is not the latest when a higher version is out that GitHub does not show as such", async () => {
    const server = await githubServer({ tags, releases: [{ tag: "v1.4.0" }, { tag: "v2.0.0" }] });
    await runSteps(clientOf(server), requestFor());
    expect(server.state.releases.find(({ id }) => id === server.state.latest)?.tag).toBe("v1.4.0");
  });

  it("leaves it to GitHub beside releases that are no versions", async () => {
    const server = await githubServer({ tags, releases: [{ tag: "nightly" }] });
    const run = await runSteps(clientOf(server), requestFor());
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
  });

  it("says when GitHub shows another release as the latest than it should", async () => {
    const server = await githubServer({
      tags,
      releases: [{ tag: "v1.4.0" }],
      faults: ({ operation }) => {
        if (operation === "repos/get-latest-release")
          server.state.latest = server.state.releases[0]?.id ?? null;
        return undefined;
      },
    });
    const run = await runSteps(clientOf(server), requestFor());
    expect(run.results[2]?.message).toMatch(
      /is published: .*; GitHub does not show it as the latest release$/,
    );
  });

  it("of a pre-release makes it no latest", async () => {
    const server = await githubServer({ tags });
    await runSteps(clientOf(server), requestFor({ prerelease: true }));
    expect(server.state.releases).toMatchObject([{ prerelease: true, draft: false }]);
    expect(server.state.latest).toBeNull();
  });

  it("works from the tags of a real repository", async () => {
    const { repository } = await import("../../support/repository.ts");
    const { git, origin } = repository({ origin: true });
    git("tag", "-a", "-m", "Release v1.4.2", tag);
    git("push", "-q", "origin", `refs/tags/${tag}`);
    const head = git("rev-parse", "HEAD").trim();
    const server = await githubServer({ gitDir: origin, token: testToken("ghs"), installation: true });
    const run = await runSteps(clientOf(server, { token: testToken("ghs") }), requestFor({ commit: head }));
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(server.state.tagsMade).toEqual([]);
    expect(server.violations).toEqual([]);
  });
});
