import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checksums } from "../../../src/release/assets.ts";
import {
  clone,
  expectEnd,
  expectTagged,
  type ReleaseWorld,
  releaseWorld,
  sha256,
  told,
  version,
} from "./world.ts";

const another = "was published by another run at this commit: its files are not the ones built here";

/** Machines that have all built something of their own: one name in common, one that says what is in it. */
function machines(world: ReleaseWorld, number: number): string[] {
  const folders = [world.repo.path, ...Array.from({ length: number - 1 }, () => clone(world))];
  for (const [i, folder] of folders.entries()) {
    rmSync(join(folder, "dist/app.sbom.json"));
    writeFileSync(join(folder, "dist/app.tgz"), `built on machine ${i}\n`);
    writeFileSync(join(folder, `dist/app-${i}.js`), `${i}\n`);
  }
  return folders;
}

/** What is out is one machine's build, whole, and its check sums fit. @returns the machine's number */
function expectOneBuild(world: ReleaseWorld): number {
  const { state, violations } = world.github;
  const out = state.releases.filter(({ draft }) => !draft);
  expect(out).toHaveLength(1);
  const assets = out[0]?.assets ?? [];
  const files = assets.filter(({ name }) => name !== "SHA256SUMS");
  const machine = Number(/app-(\d)\.js/.exec(files.map(({ name }) => name).join())?.[1]);
  expect(files.map(({ name }) => name).sort()).toEqual(["RELEASE_NOTES.md", `app-${machine}.js`, "app.tgz"]);
  expect(files.find(({ name }) => name === "app.tgz")?.sha256).toBe(sha256(`built on machine ${machine}\n`));
  const sums = assets.find(({ name }) => name === "SHA256SUMS");
  expect(sums?.sha256).toBe(sha256(checksums(files)));
  expect(assets.every((asset) => asset.state === "uploaded")).toBe(true);
  expect(state.deletedAssets).toEqual([]);
  expect(state.deleted.every(({ draft }) => draft)).toBe(true);
  expect(violations).toEqual([]);
  return machine;
}

it.each([
  [2, 0],
  [2, 0],
  [2, 2],
  [3, 0],
])(
  "%i machines at once with different files publish one build, where lists lag by %i",
  async (number, lag) => {
    const world = await releaseWorld({ github: { lag } });
    const folders = machines(world, number);
    const ran = await Promise.all(folders.map((cwd) => world.release([], { cwd })));
    const report = ran.map(told).join("\n");
    expect(
      ran.some(({ code }) => code === 0),
      report,
    ).toBe(true);
    const winner = expectOneBuild(world);
    for (const { code, stderr } of ran) if (code !== 0) expect(stderr, report).toContain("To finish it: ");
    for (const [i, cwd] of folders.entries()) {
      const again = await world.release([], { cwd });
      expectEnd(again, 0);
      expect(again.all.includes(another), told(again)).toBe(i !== winner);
    }
    expect(expectOneBuild(world)).toBe(winner);
    expect(world.github.state.releases).toHaveLength(1);
    expectTagged(world);
  },
);

it("a build that is made anew after a run was broken off is the one that is published, whole", async () => {
  const world = await releaseWorld();
  machines(world, 1);
  world.fault = ({ operation }) => (operation === "repos/update-release" ? { status: 422 } : undefined);
  expectEnd(await world.release(), 2, "STALLED at github.publish");
  world.fault = undefined;
  const dist = join(world.repo.path, "dist");
  rmSync(join(dist, "app-0.js"));
  writeFileSync(join(dist, "app-1.js"), "1\n");
  writeFileSync(join(dist, "app.tgz"), "built on machine 1\n");
  expectEnd(await world.release(), 0, `Release ${version} completed successfully`);
  expect(expectOneBuild(world)).toBe(1);
  expect(world.github.state.releases).toHaveLength(1);
});
