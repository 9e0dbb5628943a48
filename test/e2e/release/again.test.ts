import { describe, expect, it } from "vitest";
import type { ReleaseOutcome } from "../../../src/flows/release/outcome.ts";
import {
  clone,
  everything,
  expectEnd,
  expectReleased,
  expectTagged,
  git,
  names,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

const done = `Release ${version} completed successfully`;
const nothing = `Release ${version} is already complete: nothing to do`;
const deploy = ["check", "--env", "prod", "--version", version, "--for", "deploy"];

describe("a release, and the same command again", () => {
  it("is done; then there is nothing to do, and nothing is written", async () => {
    const world = await releaseWorld();
    const first = await world.release();
    expectEnd(first, 0, `Git tag ${version} created and pushed`, `GitHub release ${version} created`, done);
    expectReleased(world);
    const [before, written] = [everything(world), writes(world.github)];
    const again = await world.release();
    expectEnd(again, 0, nothing);
    expect(again.all).not.toContain(done);
    expect(everything(world)).toEqual(before);
    expect(writes(world.github)).toEqual(written);
    expect(world.webhook.received).toEqual([]);
  });

  it("is stalled where something failed, says which command finishes it, and that command does", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    const stalled = await world.release();
    expectEnd(stalled, 2, `Release ${version} STALLED at github.draft: GitHub`);
    expect(stalled.all).not.toContain(done);
    expect(stalled.all).not.toContain(nothing);
    expectTagged(world);
    expect(world.github.state.releases).toEqual([]);
    const resume = /To finish it: release-sentinel (.+)$/m.exec(stalled.stderr)?.[1];
    expect(resume).toBe(`release --env prod --version ${version}`);
    world.fault = undefined;
    expectEnd(await world.run(resume?.split(" ") ?? []), 0, done);
    expectReleased(world);
    expectEnd(await world.release(), 0, nothing);
  });

  it("comes a second time with the next version, and the first one stays as it is", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(), 0, done);
    const [first] = structuredClone(world.github.state.releases);
    const next = world.repo.commit("fix: a mistake", { "README.md": "# mended\n" });
    world.repo.git("push", "-q", "origin", "main");
    const ran = await world.run(["release", "--env", "prod", "--version", "v1.0.1"]);
    expectEnd(ran, 0, "Release v1.0.1 completed successfully");
    expectReleased(world, "v1.0.1", next);
    expectReleased(world);
    const { releases, latest } = world.github.state;
    expect(releases[0]).toEqual({ ...first, hidden: expect.any(Number) });
    expect(releases[1]?.body).toContain("a mistake");
    expect(releases[1]?.body).not.toContain("all of it");
    expect(latest).toBe(releases[1]?.id);
  });

  it("is SAFE to deploy afterwards, here and from a fresh clone; beforehand it is not", async () => {
    const world = await releaseWorld();
    expectEnd(await world.run(deploy), 1);
    expectEnd(await world.release(), 0, done);
    expectEnd(await world.run(deploy), 0, "Release validation PASSED");
    expectEnd(await world.run(deploy, { cwd: clone(world) }), 0, "Release validation PASSED");
    expectEnd(await world.run(deploy, { cwd: clone(world, "--no-tags") }), 0, "Release validation PASSED");
    world.repo.commit("feat: more");
    expectEnd(await world.run(deploy), 1);
  });

  it("is recognised from a fresh clone too", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(), 0, done);
    const before = everything(world);
    expectEnd(await world.release([], { cwd: clone(world, "--no-tags") }), 0, nothing);
    expect(everything(world)).toEqual(before);
  });
});

describe("release --tag", () => {
  it("makes and pushes the tag alone, with neither token nor forge", async () => {
    const world = await releaseWorld();
    const env = { GITHUB_TOKEN: "", GITHUB_REPOSITORY: "" };
    expectEnd(await world.release(["--tag"], { env }), 0, `Git tag ${version} created and pushed`, done);
    expectTagged(world);
    const refs = world.remote("for-each-ref", "--format=%(refname)");
    expect(refs.split("\n")).toEqual(["refs/heads/main", `refs/tags/${version}`]);
    expect(world.github.requests).toEqual([]);
    expectEnd(await world.release(["--tag"], { env }), 0, nothing);
  });

  it("is finished by a release: the tag is there already", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(["--tag"]), 0, done);
    const object = world.remote("rev-parse", `refs/tags/${version}`);
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
    expect(world.remote("rev-parse", `refs/tags/${version}`)).toBe(object);
  });
});

describe("release --dry-run", () => {
  it.each([[[]], [["--tag"]]])("changes nothing, with %j", async (args) => {
    const world = await releaseWorld();
    const before = everything(world);
    const objects = git(world.repo.path, "count-objects");
    const status = world.repo.git("status", "--porcelain", "--ignored");
    const ran = await world.release(["--dry-run", ...args]);
    expectEnd(ran, 0, `Release ${version} is planned; nothing was changed`, "tag.push: to do");
    expect(everything(world)).toEqual(before);
    expect(writes(world.github)).toEqual([]);
    expect(world.repo.git("status", "--porcelain", "--ignored")).toBe(status);
    expect(git(world.repo.path, "count-objects")).toBe(objects);
    expect(world.github.violations).toEqual([]);
  });

  it("of a finished release says that there is nothing to do", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(), 0);
    expectEnd(await world.release(["--dry-run"]), 0, nothing);
  });
});

describe("release --json", () => {
  it("answers what was done, and nothing but that on stdout", async () => {
    const world = await releaseWorld();
    const ran = await world.release(["--json"]);
    expectEnd(ran, 0);
    const outcome = JSON.parse(ran.stdout) as ReleaseOutcome;
    expect(outcome).toMatchObject({
      schema: "release-sentinel/release/v1",
      outcome: "released",
      exitCode: 0,
      message: done,
      reasons: [],
      environment: "prod",
      version,
      commit: world.commit,
      resume: null,
      url: `https://github.example/octo/demo/releases/tag/${version}`,
      verdict: { schema: "release-sentinel/verdict/v1", verdict: "SAFE", commit: world.commit },
      summary: { commits: 2 },
    });
    const ids = ["tag.create", "tag.push", "github.draft", "github.assets", "github.publish"];
    expect(outcome.plan.map(({ id, state }) => `${id} ${state}`)).toEqual(ids.map((id) => `${id} needed`));
    expect(outcome.steps.map(({ id, outcome: end }) => `${id} ${end}`)).toEqual(ids.map((id) => `${id} did`));
    const again = JSON.parse((await world.release(["--json"])).stdout) as ReleaseOutcome;
    expect(again).toMatchObject({ outcome: "complete", exitCode: 0, steps: [] });
    expect(again.plan.map(({ state }) => state)).toEqual(ids.map(() => "done"));
  });

  it("answers how far a stalled release came", async () => {
    const world = await releaseWorld();
    world.fault = ({ operation }) => (operation === "repos/update-release" ? { status: 403 } : undefined);
    const ran = await world.release(["--json"]);
    expectEnd(ran, 2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      outcome: "stalled",
      exitCode: 2,
      resume: `release-sentinel release --env prod --version ${version}`,
      url: null,
      reasons: [{ message: expect.stringContaining("403"), remedy: expect.stringContaining("token") }],
      steps: [
        { outcome: "did" },
        { outcome: "did" },
        { outcome: "did" },
        { outcome: "did" },
        { id: "github.publish", outcome: "failed" },
      ],
    });
    expect(world.github.state.releases.map(({ draft }) => draft)).toEqual([true]);
    world.fault = undefined;
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("answers a dry run's plan, and what was not reached", async () => {
    const world = await releaseWorld();
    const planned = JSON.parse((await world.release(["--json", "--dry-run"])).stdout) as ReleaseOutcome;
    expect(planned).toMatchObject({ outcome: "planned", exitCode: 0, steps: [], url: null });
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    const stalled = JSON.parse((await world.release(["--json"])).stdout) as ReleaseOutcome;
    expect(stalled.steps.map(({ outcome }) => outcome)).toEqual([
      "did",
      "did",
      "failed",
      "not-reached",
      "not-reached",
    ]);
  });

  it("answers a mistyped flag as an error, and touches nothing", async () => {
    const world = await releaseWorld();
    const before = everything(world);
    const ran = await world.run(["release", "--env", "prod", "--version", "-v", "--json"]);
    expectEnd(ran, 1);
    expect(everything(world)).toEqual(before);
    expect(world.webhook.received).toEqual([]);
  });
});

it("the assets of a release are what was asked for, with their checksums", async () => {
  const world = await releaseWorld({ settings: "release: {assets: [dist/app.tgz]}\n" });
  expectEnd(await world.release(["--asset", "dist/*.json"]), 0);
  expectReleased(world);
  expect(world.github.state.releases[0]?.assets.map(({ name }) => name).sort()).toEqual(names);
});
