import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tempFolder } from "../../support/temp.ts";
import { assets, expectEnd, expectReleased, releaseWorld } from "./world.ts";

/** A job that has no checkout, and what an earlier one has built. */
function job(): string {
  const here = tempFolder("rs-here-");
  mkdirSync(join(here, "dist"));
  for (const [path, content] of Object.entries(assets)) writeFileSync(join(here, path), content);
  return here;
}

const env = { RS_LEDGER: "off" };

it("with --repo, --asset names files of where the command was started", async () => {
  const world = await releaseWorld({ settings: "" });
  const asked = ["--repo", world.repo.origin, "--ref", "main", "--asset", "dist/*"];
  const cwd = job();
  expectEnd(await world.release(asked, { cwd, env }), 0, "Release v1.0.0 completed successfully");
  expectReleased(world);
  expectEnd(await world.release(asked, { cwd, env }), 0, "already complete: nothing to do");
});

it("with --repo, a file that is not there is said to be looked for where the command was started", async () => {
  const world = await releaseWorld({ settings: "" });
  const asked = ["--repo", world.repo.origin, "--asset", "release-sentinel.yaml"];
  const ran = await world.release(asked, { cwd: job(), env });
  expectEnd(ran, 1, "no file for the asset release-sentinel.yaml", "from where the command was started");
  expect(world.github.state.releases).toEqual([]);
});

it("with --repo, a plan is applied while those files are the same", async () => {
  const world = await releaseWorld({ settings: "" });
  const cwd = job();
  const repo = ["--repo", world.repo.origin, "--ref", "main"];
  const plan = ["release", "plan", "--env", "prod", "--version", "v1.0.0", ...repo, "--asset", "dist/*"];
  expectEnd(await world.run([...plan, "-o", "plan.json"], { cwd, env }), 0);
  writeFileSync(join(cwd, "dist/app.tgz"), "another\n");
  const apply = ["release", ...repo, "--plan", "plan.json"];
  expectEnd(await world.run(apply, { cwd, env }), 1, "asset app.tgz has changed");
  for (const [path, content] of Object.entries(assets)) writeFileSync(join(cwd, path), content);
  expectEnd(await world.run(apply, { cwd, env }), 0);
  expectReleased(world);
});
