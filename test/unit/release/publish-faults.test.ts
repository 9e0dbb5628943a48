import { describe, expect, it, onTestFinished, vi } from "vitest";
import { Aborted } from "../../../src/core/check.ts";
import {
  type Fault,
  type GitHubRequest,
  type GitHubServer,
  githubServer,
  testToken,
} from "../../support/github.ts";
import {
  clientOf,
  commit,
  outcomes,
  type Run,
  requestFor,
  runSteps,
  seen,
  tag,
  whole,
} from "./publishing.ts";

const done = ["did", "did", "did"];

interface Faulty {
  readonly server: GitHubServer;
  heal(): void;
}

async function faulty(faults: (request: GitHubRequest) => Fault | undefined): Promise<Faulty> {
  let healthy = false;
  const server = await githubServer({
    tags: { [tag]: commit },
    faults: (request) => (healthy ? undefined : faults(request)),
  });
  return { server, heal: () => void (healthy = true) };
}

/** The same command again, as a new process would: it has to end with the one release, whatever there was. */
async function again({ server, heal }: Faulty, first: Run): Promise<void> {
  heal();
  const second = await runSteps(clientOf(server), requestFor());
  for (const outcome of outcomes(second)) expect(["did", "was-done"]).toContain(outcome);
  expect(second.url).toBe("https://github.example/octo/demo/releases/tag/v1.4.2");
  expect(seen(server)).toEqual([whole]);
  expect(server.state.tagsMade).toEqual([]);
  expect(server.state.deleted.filter(({ draft }) => !draft)).toEqual([]);
  expect(server.state.deletedAssets.filter(({ draft }) => !draft)).toEqual([]);
  expect(server.violations).toEqual([]);
  expect(first.said + second.said).not.toContain(testToken());
}

const once = (operation: string, fault: Fault) => (request: GitHubRequest) =>
  request.operation === operation && request.nth === 1 ? fault : undefined;
const always = (operation: string, fault: Fault) => (request: GitHubRequest) =>
  request.operation === operation ? fault : undefined;

const reads = [
  "repos/get-release-by-tag",
  "repos/list-releases",
  "repos/get",
  "repos/list-release-assets",
  "git/get-ref",
  "repos/get-latest-release",
  "repos/get-release",
];
const writes = ["repos/create-release", "repos/upload-release-asset", "repos/update-release"];

const passing: readonly (readonly [string, Fault])[] = [
  ["drops the connection", "drop-before"],
  ["drops the connection after having done the work", "drop-after"],
  ["answers 500", { status: 500 }],
  ["answers 502", { status: 502, body: "<html>" }],
  ["answers 503 after having done the work", { status: 503, done: true }],
  ["answers 429", { status: 429, headers: { "retry-after": "0" } }],
  [
    "answers 403 for its secondary limits",
    { status: 403, body: { message: "You have exceeded a secondary rate limit. Please wait." } },
  ],
];

describe("a fault that passes", () => {
  for (const operation of [...reads, ...writes]) {
    it.each(passing)(`of ${operation}, which %s, is got over in the same run`, async (_name, fault) => {
      const world = await faulty(once(operation, fault));
      const first = await runSteps(clientOf(world.server), requestFor());
      expect(outcomes(first)).toEqual(done);
      // Nothing was made twice and cleared away afterwards.
      expect(world.server.state.deleted).toEqual([]);
      expect(seen(world.server)).toEqual([whole]);
      await again(world, first);
    });
  }

  it.each(writes.flatMap((operation) => [[operation, "hang"] as const, [operation, "hang-after"] as const]))(
    "of %s, which is a %s, is got over in the same run",
    async (operation, fault) => {
      // Its time is up as soon as it hangs, and nobody else's ever is.
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
      onTestFinished(() => void vi.useRealTimers());
      const limits = { requestMs: 60_000, uploadIdleMs: 60_000 };
      const world = await faulty((request) => {
        const hangs = once(operation, fault)(request);
        if (hangs) setImmediate(() => vi.advanceTimersByTime(60_000));
        return hangs;
      });
      const first = await runSteps(clientOf(world.server, { limits }), requestFor());
      expect(outcomes(first)).toEqual(done);
      await again(world, first);
    },
  );

  it("leaves a starter asset, which is deleted and uploaded again", async () => {
    const world = await faulty(once("repos/upload-release-asset", { status: 502, starter: true }));
    const first = await runSteps(clientOf(world.server), requestFor());
    expect(outcomes(first)).toEqual(done);
    expect(world.server.state.deletedAssets).toMatchObject([{ state: "starter", draft: true }]);
    await again(world, first);
  });
});

describe("a fault that stays", () => {
  for (const operation of [...reads, ...writes]) {
    it.each(passing.slice(0, 5))(
      `of ${operation}, which %s, stalls a run that the next one finishes`,
      async (_name, fault) => {
        const world = await faulty(always(operation, fault));
        const first = await runSteps(clientOf(world.server), requestFor());
        await again(world, first);
      },
    );
  }

  it.each([
    [401, "token", "does not accept the token (401): Something went wrong."],
    [403, "scope `repo`", "refused to create the draft release (403): Something went wrong."],
    [404, "GITHUB_REPOSITORY=octo/demo", "has no octo/demo that this token may write to (404"],
    [409, "again", "refused to create the draft release (409)"],
    [500, "again", "has trouble: it could not create the draft release (500)"],
  ])("as a %i answer says what is missing", async (status, remedy, message) => {
    const world = await faulty(always("repos/create-release", { status }));
    const first = await runSteps(clientOf(world.server), requestFor());
    expect(first.results).toMatchObject([{ outcome: "failed" }, { outcome: "not-reached" }, {}]);
    expect(first.results[0]?.message).toContain(message);
    expect(first.results[0]?.remedy).toContain(remedy);
    await again(world, first);
  });

  it.each([401, 403, 404])("as a %i answer to reading is a conflict that the plan names", async (status) => {
    const world = await faulty((request) => (request.method === "GET" ? { status } : undefined));
    const first = await runSteps(clientOf(world.server), requestFor());
    expect(first.plan[0]).toMatchObject({ state: "conflict", remedy: expect.stringMatching(/token/) });
    expect(seen(world.server)).toEqual([]);
    await again(world, first);
  });

  it("as a hanging list is unknown, never done", async () => {
    const world = await faulty(always("repos/list-releases", "hang"));
    const github = clientOf(world.server, { limits: { requestMs: 50 } });
    const first = await runSteps(github, requestFor());
    expect(first.plan[0]).toMatchObject({
      state: "unknown",
      message: expect.stringMatching(/no answer|no progress/),
    });
    await again(world, first);
  });

  it("as an upload that always leaves starter assets is finished by the next run", async () => {
    const world = await faulty(always("repos/upload-release-asset", { status: 502, starter: true }));
    const first = await runSteps(clientOf(world.server), requestFor());
    expect(outcomes(first)).toEqual(["did", "failed", "not-reached"]);
    await again(world, first);
  });

  it("as a token that the server repeats is never shown", async () => {
    const body = { message: `Bad token ${testToken()}`, errors: [{ message: testToken() }] };
    const world = await faulty(always("repos/create-release", { status: 422, body }));
    const first = await runSteps(clientOf(world.server), requestFor());
    expect(first.results[0]?.message).toContain("Bad token ***");
    await again(world, first);
  });
});

describe("a run that is killed", () => {
  const when = [
    ["before", "hang"],
    ["after", "hang-after"],
  ] as const;

  it.each(when)("%s the work of any request is finished by the next run", async (_when, fault) => {
    const clean = await faulty(() => undefined);
    await runSteps(clientOf(clean.server), requestFor());
    const all = clean.server.requests.length;
    expect(all).toBeGreaterThan(15);
    for (let n = 1; n <= all; n++) {
      const killed = new AbortController();
      const world = await faulty((request) => {
        if (request.n < n) return undefined;
        setImmediate(() => killed.abort(new Aborted("interrupt", "interrupted")));
        return fault;
      });
      const first = await runSteps(clientOf(world.server), requestFor(), killed.signal);
      await again(world, first);
    }
  });
});

describe("two machines at once", () => {
  it("make one release, and no draft stays behind", async () => {
    for (const lag of [0, 1, 2]) {
      const server = await githubServer({ tags: { [tag]: commit }, lag });
      const request = requestFor();
      const runs = await Promise.all(
        [clientOf(server), clientOf(server)].map((github) => runSteps(github, request)),
      );
      await again({ server, heal: () => {} }, runs[0] as Run);
      expect(server.state.releases).toHaveLength(1);
    }
  });
});
