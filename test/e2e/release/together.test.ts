import { expect, it } from "vitest";
import type { Ran } from "../../support/cli.ts";
import {
  clone,
  expectEnd,
  expectReleased,
  git,
  type ReleaseWorld,
  releaseWorld,
  told,
  version,
} from "./world.ts";

/** As if every one of them were on a machine of its own. */
function atOnce(
  world: ReleaseWorld,
  folders: readonly string[],
  args: readonly string[] = [],
): Promise<Ran[]> {
  return Promise.all(folders.map((cwd) => world.release(args, { cwd })));
}

/** Nobody is left with half of it: everybody either has it, or is told what to do, and that works. */
async function expectOne(
  world: ReleaseWorld,
  folders: readonly string[],
  ran: readonly Ran[],
): Promise<void> {
  const report = ran.map(told).join("\n");
  expect(
    ran.some(({ code }) => code === 0),
    report,
  ).toBe(true);
  for (const [i, { code, stderr }] of ran.entries()) {
    if (code === 0) continue;
    expect(code, report).toBe(2);
    expect(stderr, report).toContain("To finish it: ");
    expectEnd(await world.release([], { cwd: folders[i] ?? "" }), 0);
  }
  expectReleased(world);
  expect(
    world.github.state.deleted.every(({ draft }) => draft),
    report,
  ).toBe(true);
  expect(
    world.github.state.deletedAssets.every(({ draft }) => draft),
    report,
  ).toBe(true);
  const there = world.remote("rev-parse", `refs/tags/${version}`);
  for (const { stderr } of ran)
    if (stderr.includes("by another run")) expect(stderr).toContain("by Test Author");
  for (const cwd of folders) {
    const here = git(cwd, "for-each-ref", "--format=%(objectname)", "refs/tags");
    if (here !== "") expect(git(cwd, "rev-parse", `refs/tags/${version}^{commit}`), there).toBe(world.commit);
  }
  for (const cwd of folders)
    expectEnd(await world.release([], { cwd }), 0, "already complete: nothing to do");
}

it.each([1, 2, 3])("two machines at once make one tag and one release, round %i", async () => {
  const world = await releaseWorld();
  const folders = [world.repo.path, clone(world)];
  await expectOne(world, folders, await atOnce(world, folders));
});

it("two machines at once, where GitHub's lists show a draft a little late", async () => {
  const world = await releaseWorld({ github: { lag: 2 } });
  const folders = [world.repo.path, clone(world)];
  await expectOne(world, folders, await atOnce(world, folders));
});

it("four machines at once", async () => {
  const world = await releaseWorld();
  const folders = [world.repo.path, clone(world), clone(world), clone(world)];
  await expectOne(world, folders, await atOnce(world, folders));
});

it("twice at once in the same clone", async () => {
  const world = await releaseWorld();
  const folders = [world.repo.path, world.repo.path];
  await expectOne(world, folders, await atOnce(world, folders));
});

it("two machines that push the tag alone: one makes it, and the other says who did", async () => {
  const world = await releaseWorld();
  const folders = [world.repo.path, clone(world)];
  const ran = await atOnce(world, folders, ["--tag"]);
  for (const one of ran) expectEnd(one, 0);
  expect(world.remote("for-each-ref", "--format=%(objecttype)", "refs/tags")).toBe("tag");
});

it("two machines that release different commits under one version: one is released, the other is blocked", async () => {
  const world = await releaseWorld();
  const other = clone(world);
  git(other, "commit", "-q", "--allow-empty", "-m", "feat: another");
  const [ours, theirs] = await atOnce(world, [world.repo.path, other]);
  const codes = [ours?.code, theirs?.code];
  const report = [ours, theirs].map((one) => one && told(one)).join("\n");
  expect(
    codes.filter((code) => code === 0),
    report,
  ).toHaveLength(1);
  expect(
    codes.filter((code) => code === 1),
    report,
  ).toHaveLength(1);
  const blocked = ours?.code === 1 ? ours : theirs;
  expect(blocked?.stderr).toContain(`Git tag already exists: ${version} (origin`);
  const [winner, loser] = ours?.code === 0 ? [world.repo.path, other] : [other, world.repo.path];
  expectReleased(world, version, git(winner, "rev-parse", "HEAD"));
  expect(git(loser, "tag")).toBe("");
  expect(world.github.state.releases).toHaveLength(1);
});
