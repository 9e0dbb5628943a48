import { describe, expect, it } from "vitest";
import type { Fault } from "../../support/github-server.ts";
import { expectEnd, expectReleased, expectTagged, releaseWorld, told, version, writes } from "./world.ts";

const draft = "repos/create-release";
const upload = "repos/upload-release-asset";
const publish = "repos/update-release";
const done = `Release ${version} completed successfully`;

const steps: Readonly<Record<string, string>> = {
  [draft]: "github.draft",
  [upload]: "github.assets",
  [publish]: "github.publish",
};
const refusals: readonly (readonly [what: string, fault: Fault, says: RegExp])[] = [
  [
    "401",
    { status: 401, body: { message: "Bad credentials" } },
    /does not accept the token \(401\): Bad credentials/,
  ],
  ["403", { status: 403, body: { message: "Resource not accessible" } }, /contents: write|the scope `repo`/],
  ["404", { status: 404, body: { message: "Not Found" } }, /octo\/demo .*\(404/],
  [
    "422",
    {
      status: 422,
      body: {
        message: "Validation Failed",
        errors: [{ resource: "Release", code: "custom", message: "too odd" }],
      },
    },
    /\(422\): Validation Failed; too odd/,
  ],
];

describe("GitHub refuses for good", () => {
  const everyRefusal = refusals.map((refusal) => [draft, ...refusal] as const);
  const [, forbidden, , invalid] = everyRefusal;
  it.each([
    ...everyRefusal,
    ...[upload, publish].flatMap((operation) =>
      [forbidden, invalid].flatMap((one) => (one ? [[operation, one[1], one[2], one[3]] as const] : [])),
    ),
  ])("%s with %s: stalled there, says why, and goes on from there", async (operation, _what, fault, says) => {
    const world = await releaseWorld();
    world.fault = (request) => (request.operation === operation ? fault : undefined);
    const ran = await world.release();
    expectEnd(
      ran,
      2,
      `Release ${version} STALLED at ${steps[operation]}: GitHub`,
      says,
      "To mend it: ",
      "To finish it: ",
    );
    const [line] = ran.stderr.split("\n").filter((text) => text.includes("STALLED"));
    expect(line?.length, told(ran)).toBeLessThan(600);
    expectTagged(world);
    expect(world.github.state.releases.filter((release) => !release.draft)).toEqual([]);
    world.fault = undefined;
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("a tag that an immutable release has had: the next version is the way out", async () => {
    const world = await releaseWorld({ github: { burned: [version] } });
    const ran = await world.release();
    expectEnd(
      ran,
      2,
      "STALLED at github.publish",
      "tag_name was used by an immutable release",
      "the next version",
    );
    expect(world.github.state.releases.map((release) => release.draft)).toEqual([true]);
    expect(world.github.violations).toEqual([]);
  });

  it.each([
    ["*", { status: 401 }, 1, "does not accept the token (401)"],
    ["repos/list-releases", { status: 403 }, 1, "(403)"],
    ["*", { status: 404 }, 1, "has no octo/demo that this token may see"],
    ["repos/list-releases", { status: 422 }, 2, "(422)"],
    ["repos/get-release-by-tag", "drop-before", 2, "gave no answer"],
    ["repos/list-releases", { status: 500 }, 2, "has trouble"],
    ["repos/list-releases", { status: 200, body: "<html>" }, 2, "GitHub"],
  ] as const)(
    "%s with %j, before anything is written: exit %i, and nothing is",
    async (operation, fault, code, says) => {
      const world = await releaseWorld();
      world.fault = (request) => (operation === "*" || request.operation === operation ? fault : undefined);
      expectEnd(await world.release(), code, "Release BLOCKED", says);
      expect(writes(world.github)).toEqual([]);
      expect(world.repo.git("tag")).toBe("");
      expect(world.remote("for-each-ref", "refs/tags")).toBe("");
      world.fault = undefined;
      expectEnd(await world.release(), 0, done);
      expectReleased(world);
    },
  );
});

describe("GitHub stumbles, and the run goes on by itself", () => {
  /** Each of these operations goes wrong the first time. */
  const once = (fault: Fault, ...operations: readonly string[]) => {
    const left = new Set(operations);
    return ({ operation }: { operation: string }) => (left.delete(operation) ? fault : undefined);
  };
  const stumbles: readonly (readonly [string, Fault])[] = [
    ["500", { status: 500 }],
    ["502 after having done it", { status: 502, done: true }],
    ["a dropped connection", "drop-before"],
    ["a connection dropped after having done it", "drop-after"],
    ["429 with Retry-After", { status: 429, headers: { "retry-after": "1" } }],
    [
      "a secondary limit",
      { status: 403, headers: { "retry-after": "1" }, body: { message: "secondary rate limit" } },
    ],
  ];
  it.each(stumbles)("%s, once at every kind of write", async (_what, fault) => {
    const world = await releaseWorld();
    world.fault = once(fault, draft, upload, publish);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.github.state.releases).toHaveLength(1);
  });

  it("an upload that a 502 left half-done is repaired", async () => {
    const world = await releaseWorld();
    world.fault = once({ status: 502, starter: true }, upload);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.github.state.deletedAssets).toMatchObject([{ state: "starter", draft: true }]);
  });

  it("reads that fail once are repeated", async () => {
    const world = await releaseWorld();
    const seen = new Set<string>();
    world.fault = ({ method, operation }) => {
      if (method !== "GET" || seen.has(operation)) return undefined;
      seen.add(operation);
      return { status: 503 };
    };
    expectEnd(await world.release(), 0, done);
    expect(seen.size).toBeGreaterThan(5);
    expectReleased(world);
  });
});

/** A time limit, in seconds, that only a run which hangs meets: several times what a release takes on this machine now. */
async function plenty(atLeast: number): Promise<number> {
  const world = await releaseWorld();
  const began = performance.now();
  expectEnd(await world.release(), 0);
  const took = (performance.now() - began) / 1000;
  return Math.min(59, Math.max(atLeast, Math.ceil(4 * took)));
}

describe("GitHub stays in trouble", () => {
  it("for longer than the run may take: a limit says until when, and the run does not wait for it", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) =>
      operation === draft ? { status: 429, headers: { "retry-after": "3600" } } : undefined;
    expectEnd(await world.release(), 2, "STALLED at github.draft", "limit of requests", / UTC \(/);
    world.fault = undefined;
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it.each([upload, publish])(
    "%s hangs: the run ends in time, stalled, and is finished later",
    async (operation) => {
      const limit = await plenty(12);
      const world = await releaseWorld();
      world.fault = (request) => (request.operation === operation ? "hang" : undefined);
      const ran = await world.release(["--timeout", `${limit}s`]);
      expectEnd(ran, 2, `no end within the ${limit} s that the whole run may take`, "To finish it: ");
      expectTagged(world);
      world.fault = undefined;
      expectEnd(await world.release(), 0, done);
      expectReleased(world);
    },
  );

  it("a read hangs before anything is written: critical, in time, and nothing is changed", async () => {
    const limit = await plenty(6);
    const world = await releaseWorld();
    world.fault = ({ operation }) => (operation === "repos/list-releases" ? "hang" : undefined);
    const ran = await world.release(["--timeout", `${limit}s`]);
    expectEnd(ran, 2, `no end within the ${limit} s that the whole run may take`);
    expect(ran.all).not.toContain("STALLED");
    expect(writes(world.github)).toEqual([]);
    expect(world.repo.git("tag")).toBe("");
  });

  it("and 500 follows on 500: stalled, says that GitHub has trouble", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) => (operation === upload ? { status: 502, starter: true } : undefined);
    expectEnd(await world.release(), 2, "STALLED at github.assets", "GitHub (127.0.0.1:", "has trouble");
    world.fault = undefined;
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });
});
