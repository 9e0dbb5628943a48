import { describe, expect, it } from "vitest";
import { createRandom } from "../../../bench/judge/random.ts";
import type { GitHub } from "../../../src/clients/github/types.ts";
import { checksums } from "../../../src/release/assets.ts";
import type { PublishRequest } from "../../../src/release/publish-request.ts";
import { type GitHubServer, githubServer } from "../../support/github.ts";
import { seed } from "../../support/property.ts";
import {
  clientOf,
  commit,
  fileAsset,
  notes,
  outcomes,
  type Run,
  requestFor,
  runSteps,
  tag,
} from "./publishing.ts";

const sums = "SHA256SUMS";
const noticed = `GitHub release ${tag} was published by another run at this commit: its files are not the ones built here`;

/** What one machine has built: a file of a fixed name, and one whose name says what is in it. */
function machine(name: string): PublishRequest {
  const files = [
    fileAsset("app.tgz", `built on ${name}`),
    fileAsset(`app-${name}.js`),
    fileAsset("same.txt"),
  ];
  const content = checksums(files);
  return requestFor({ assets: async () => [...files, notes, { name: sums, content }] });
}

/** Calls of a client, each of which waits for its turn. */
function paced(github: GitHub, turn: <T>(call: () => Promise<T>) => Promise<T>): GitHub {
  const calls: (keyof GitHub)[] = [
    ...(["releaseByTag", "release", "latestRelease", "assets", "tagCommit", "commitDate"] as const),
    ...(["createDraft", "publish", "deleteRelease", "upload", "deleteAsset"] as const),
  ];
  const own = (name: keyof GitHub) => github[name] as (...args: unknown[]) => Promise<unknown>;
  const wrapped = calls.map((name) => [name, (...args: unknown[]) => turn(() => own(name)(...args))]);
  return { ...github, ...Object.fromEntries(wrapped) };
}

/** The one release that is out is whole, and of one machine alone; nothing of it was ever taken away. */
function expectOneBuild({ state, violations }: GitHubServer): void {
  const out = state.releases.filter(({ draft }) => !draft);
  expect(out).toHaveLength(1);
  const assets = out[0]?.assets ?? [];
  const files = assets.filter(({ name }) => name !== notes.name && name !== sums);
  expect(files.map(({ name }) => name)).toHaveLength(3);
  expect(assets.find(({ name }) => name === sums)?.sha256).toBe(fileAsset(sums, checksums(files)).sha256);
  expect(assets.every((asset) => asset.state === "uploaded")).toBe(true);
  expect(state.deletedAssets).toEqual([]);
  expect(state.deleted.filter(({ draft }) => !draft)).toEqual([]);
  expect(violations).toEqual([]);
}

/** Both machines run the same command once more: it is done for both, and nothing is left over. */
async function expectDone(server: GitHubServer, requests: readonly PublishRequest[]): Promise<void> {
  expectOneBuild(server);
  const runs: Run[] = [];
  for (const request of requests) runs.push(await runSteps(clientOf(server), request));
  for (const run of runs) {
    for (const outcome of outcomes(run)) expect(["did", "was-done"]).toContain(outcome);
  }
  // One of them has built what is out; the other is told.
  expect(runs.map(({ said }) => said.includes(noticed)).sort()).toEqual([false, true]);
  expectOneBuild(server);
  expect(server.state.releases).toHaveLength(1);
}

describe("two machines with different files at one commit", () => {
  it("one of them does all of its work between any two requests of the other", async () => {
    let calls = 0;
    for (let at = 0; at === 0 || at < calls; at++) {
      const server = await githubServer({ tags: { [tag]: commit } });
      const requests = [machine("a"), machine("b")] as const;
      calls = 0;
      let between: Promise<Run> | undefined;
      const github = paced(clientOf(server), async (call) => {
        if (calls++ === at) between = runSteps(clientOf(server), requests[1]);
        await between;
        return call();
      });
      const first = await runSteps(github, requests[0]);
      const second = await between;
      expect(second && outcomes(second), `at ${at}`).not.toContain("failed");
      expect(outcomes(first), `at ${at}: ${first.said}`).not.toContain("conflict");
      await expectDone(server, requests);
    }
    expect(calls).toBeGreaterThan(20);
  });

  it.each([0, 2])("all their requests are dealt out at random, lists lag by %i", async (lag) => {
    for (let round = 0; round < 25; round++) {
      const random = createRandom(seed + round);
      const server = await githubServer({ tags: { [tag]: commit }, lag });
      const requests = [machine("a"), machine("b")] as const;
      const waiting: (() => void)[] = [];
      let isBusy = false;
      const turn = async <T>(call: () => Promise<T>): Promise<T> => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return call().finally(() => {
          isBusy = false;
        });
      };
      const dealer = setInterval(() => {
        const next = isBusy ? [] : waiting.splice(Math.floor(random.uniform() * waiting.length), 1);
        for (const go of next) {
          isBusy = true;
          go();
        }
      });
      const runs = await Promise.all(
        requests.map((request) => runSteps(paced(clientOf(server), turn), request)),
      ).finally(() => clearInterval(dealer));
      for (const run of runs)
        expect(outcomes(run), `seed ${seed + round}: ${run.said}`).not.toContain("conflict");
      await expectDone(server, requests);
    }
  });

  it("the other publishes while ours uploads: its release stays as it is, and ours says so", async () => {
    const server = await githubServer({ tags: { [tag]: commit } });
    const requests = [machine("a"), machine("b")] as const;
    let others: Promise<Run> | undefined;
    const github = clientOf(server);
    const slow: GitHub = {
      ...github,
      async upload(...args) {
        others ??= runSteps(clientOf(server), requests[1]);
        await others;
        return github.upload(...args);
      },
    };
    const run = await runSteps(slow, requests[0]);
    expect(outcomes(run)).toEqual(["did", "did", "was-done"]);
    expect(run.results[2]?.message).toBe(`${noticed}: https://github.example/octo/demo/releases/tag/v1.4.2`);
    expectOneBuild(server);
  });

  it("the other publishes just before ours: GitHub takes one of them, and ours is cleared away", async () => {
    const server = await githubServer({ tags: { [tag]: commit } });
    const requests = [machine("a"), machine("b")] as const;
    const github = clientOf(server);
    const late: GitHub = {
      ...github,
      async publish(...args) {
        // Killed before it clears anything away.
        const killed = new AbortController();
        const other = clientOf(server);
        const deadly: GitHub = {
          ...other,
          publish: (...theirs) => other.publish(...theirs).finally(() => killed.abort()),
        };
        await runSteps(deadly, requests[1], killed.signal);
        return github.publish(...args);
      },
    };
    const run = await runSteps(late, requests[0]);
    expect(outcomes(run)).toEqual(["did", "did", "did"]);
    expect(run.results[2]?.message).toBe(noticed);
    expectOneBuild(server);
    expect(server.state.releases).toHaveLength(1);
  });
});
