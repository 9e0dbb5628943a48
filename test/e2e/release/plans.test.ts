import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SavedPlan } from "../../../src/flows/release/saved-plan.ts";
import { seal } from "../../../src/flows/release/saved-plan.ts";
import { gitEnv } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  assets,
  everything,
  expectEnd,
  expectReleased,
  policy,
  type ReleaseWorld,
  releaseWorld,
  sha256,
  told,
  version,
  type WorldOptions,
  writes,
} from "./world.ts";

const done = `Release ${version} completed successfully`;
const stale = "the saved plan no longer holds";

async function planned(
  options: WorldOptions = {},
  args: readonly string[] = [],
): Promise<{ world: ReleaseWorld; file: string; apply: readonly string[]; plan: SavedPlan }> {
  const world = await releaseWorld(options);
  const file = join(tempFolder(), "plan.json");
  const before = everything(world);
  const ran = await world.run([
    "release",
    "plan",
    "--env",
    "prod",
    "--version",
    version,
    ...args,
    "-o",
    file,
  ]);
  expectEnd(ran, 0, `Release ${version} is planned; nothing was changed`);
  expect(everything(world)).toEqual(before);
  const plan = JSON.parse(readFileSync(file, "utf8")) as SavedPlan;
  return { world, file, apply: ["release", "--plan", file], plan };
}

describe("a saved plan", () => {
  it("says what will be done and upon what, and is applied", async () => {
    const { world, apply, plan } = await planned();
    expect(plan).toMatchObject({
      schema: "release-sentinel/plan/v1",
      environment: "prod",
      version,
      scope: "release",
      allowWarnings: false,
      commit: world.commit,
      remote: { name: "origin", url: world.repo.origin },
      repository: "octo/demo",
    });
    expect(plan.notes).toContain("all of it");
    expect(plan.assets.map(({ path, sha256: hash }) => [path, hash])).toEqual(
      Object.entries(assets)
        .map(([path, content]) => [path, sha256(content)])
        .sort(),
    );
    expectEnd(await world.run(apply), 0, done);
    expectReleased(world);
    expectEnd(await world.run(apply), 0, "already complete: nothing to do");
  });

  it("remembers the assets that flags have named", async () => {
    const { world, apply, plan } = await planned({ settings: "release: {assets: [dist/app.tgz]}\n" }, [
      "--asset",
      "dist/*.json",
    ]);
    expect(plan.patterns).toEqual(["dist/*.json"]);
    expectEnd(await world.run(apply), 0, done);
    expectReleased(world);
  });

  it("goes to stdout with -o -, and comes back from there", async () => {
    const world = await releaseWorld();
    const ran = await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", "-"]);
    expectEnd(ran, 0);
    const file = join(tempFolder(), "plan.json");
    writeFileSync(file, ran.stdout);
    expectEnd(await world.run(["release", "--plan", file]), 0, done);
    expectReleased(world);
  });

  it("of a tag makes the tag alone", async () => {
    const { world, apply } = await planned({}, ["--tag"]);
    expectEnd(await world.run(apply), 0, done);
    expect(world.remote("cat-file", "-t", version)).toBe("tag");
    expect(world.github.requests).toEqual([]);
  });

  it("is applied from a dry run without changing anything", async () => {
    const { world, apply } = await planned();
    const before = everything(world);
    expectEnd(await world.run([...apply, "--dry-run"]), 0, "is planned; nothing was changed");
    expect(everything(world)).toEqual(before);
  });

  it("that was killed half-way is resumed by the same command", async () => {
    const { world, apply } = await planned();
    for (const operation of ["repos/create-release", "repos/upload-release-asset", "repos/update-release"]) {
      let kill = () => {};
      world.fault = (request) => (request.operation === operation ? (kill(), "drop-after") : undefined);
      const ran = await world.run(apply, { during: (child) => void (kill = () => child.kill("SIGKILL")) });
      expect(ran.signal, told(ran)).toBe("SIGKILL");
    }
    world.fault = undefined;
    expectEnd(await world.run(apply), 0);
    expectReleased(world);
  });

  it("stalled, names itself in the command that finishes it", async () => {
    const { world, file, apply } = await planned();
    world.fault = ({ operation }) => (operation === "repos/create-release" ? { status: 403 } : undefined);
    expectEnd(await world.run(apply), 2, `To finish it: release-sentinel release --plan ${file}`);
    world.fault = undefined;
    expectEnd(await world.run(apply), 0, done);
    expectReleased(world);
  });

  const building: WorldOptions = {
    settings: [
      "release:",
      "  assets: [dist/*]",
      "  hooks: {beforePublish: [{run: [sh, build.sh]}]}",
      "",
    ].join("\n"),
    files: {
      "build.sh": [
        "mkdir -p dist",
        "printf 'the program\\n' >dist/app.tgz",
        "printf '{}\\n' >dist/app.sbom.json",
        "",
      ].join("\n"),
    },
  };
  it.each([
    ["still to be built", "rm -rf dist"],
    ["an earlier build's", "echo old >dist/app.tgz"],
  ])("whose assets are %s is resumed after its hook has built them", async (_name, before) => {
    const world = await releaseWorld(building);
    execFileSync("sh", ["-c", before], { cwd: world.repo.path });
    const file = join(tempFolder(), "plan.json");
    expectEnd(await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", file]), 0);
    world.fault = ({ operation }) => (operation === "repos/update-release" ? { status: 403 } : undefined);
    expectEnd(await world.run(["release", "--plan", file]), 2, "STALLED at github.publish");
    world.fault = undefined;
    expectEnd(await world.run(["release", "--plan", file]), 0, done);
    expectReleased(world);
  });
});

describe("a saved plan is refused", () => {
  async function refused(
    { world, apply }: { world: ReleaseWorld; apply: readonly string[] },
    ...says: readonly (string | RegExp)[]
  ): Promise<void> {
    const before = everything(world);
    const ran = await world.run(apply);
    expectEnd(ran, 1, "Release BLOCKED (policy): ", ...says);
    expect(everything(world)).toEqual(before);
    expect(writes(world.github)).toEqual([]);
  }

  it("after HEAD has moved", async () => {
    const given = await planned();
    given.world.repo.commit("feat: more");
    given.world.repo.git("push", "-q", "origin", "main");
    await refused(given, stale, "HEAD is at", "release-sentinel release plan -o FILE");
  });

  it("after a tag of that name has appeared elsewhere", async () => {
    const given = await planned();
    given.world.remote("tag", version, "main~1");
    await refused(given, `Git tag already exists: ${version}`);
  });

  it("after the checks have changed", async () => {
    const file = join(tempFolder(), "policy.yaml");
    writeFileSync(file, `${policy}release: {assets: [dist/*]}\n`);
    const given = await planned({}, ["--config", file]);
    writeFileSync(file, `${policy}  git.history: true\nrelease: {assets: [dist/*]}\n`);
    await refused({ ...given, apply: [...given.apply, "--config", file] }, stale, "the policy has changed");
  });

  it.each([
    ["another command of a hook", "{assets: [dist/*], hooks: {beforeTag: [{run: [echo, other]}]}}"],
    ["one hook more", "{assets: [dist/*], hooks: {beforeTag: [{run: [echo, one]}, {run: [echo, two]}]}}"],
    ["no hook any more", "{assets: [dist/*]}"],
    ["another way to sign", "{assets: [dist/*], sign: never, hooks: {beforeTag: [{run: [echo, one]}]}}"],
    [
      "more that a hook gets to know",
      "{assets: [dist/*], hooks: {beforeTag: [{run: [echo, one], env: [NODE_AUTH_TOKEN]}]}}",
    ],
  ])("after the configuration of releases has changed: %s", async (_name, settings) => {
    const file = join(tempFolder(), "policy.yaml");
    writeFileSync(file, `${policy}release: {assets: [dist/*], hooks: {beforeTag: [{run: [echo, one]}]}}\n`);
    const given = await planned({}, ["--config", file]);
    writeFileSync(file, `${policy}release: ${settings}\n`);
    await refused({ ...given, apply: [...given.apply, "--config", file] }, stale);
  });

  it.each<readonly [string, (world: ReleaseWorld) => void, string]>([
    ["has other content", (world) => world.repo.write("dist/app.tgz", "another program\n"), "app.tgz"],
    ["has come", (world) => world.repo.write("dist/more.tgz", "more\n"), "more.tgz"],
    ["has gone", (world) => void execFileSync("rm", [join(world.repo.path, "dist/app.tgz")]), "app.tgz"],
  ])("after an asset %s", async (_name, change, name) => {
    const given = await planned();
    change(given.world);
    await refused(given, stale, `asset ${name} has changed`);
  });

  it("for another remote", async () => {
    const given = await planned();
    const { repo } = given.world;
    const fork = join(tempFolder(), "fork.git");
    execFileSync("git", ["clone", "-q", "--bare", repo.origin, fork], { env: gitEnv });
    repo.git("remote", "set-url", "origin", fork);
    await refused(given, stale, "the remote is another one");
  });

  it("for another repository on GitHub", async () => {
    const given = await planned();
    given.world.env["GITHUB_REPOSITORY"] = "octo/other";
    const ran = await given.world.run(given.apply);
    expectEnd(ran, 1, "Release BLOCKED (policy): ");
    expect(writes(given.world.github)).toEqual([]);
  });

  it("after its tag was pushed and then taken away again", async () => {
    const world = await releaseWorld();
    expectEnd(await world.release(["--tag"]), 0);
    const file = join(tempFolder(), "plan.json");
    expectEnd(await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", file]), 0);
    world.remote("update-ref", "-d", `refs/tags/${version}`);
    await refused({ world, apply: ["release", "--plan", file] }, stale, "the remote has changed");
  });

  it.each([
    ["edited", (text: string) => text.replace("v1.0.0", "v1.0.1"), "it was changed after it was made"],
    ["cut off", (text: string) => text.slice(0, -20), "not JSON"],
    ["another thing", () => '{"schema": "other"}', "not a plan that this version reads"],
    ["empty", () => "", "not JSON"],
    ["null", () => "null", "not a plan that this version reads"],
    [
      "of the right digest, but without its parts",
      () => JSON.stringify(seal({ schema: "release-sentinel/plan/v1" } as never)),
      "not a plan",
    ],
    ["full of odd text", (text: string) => text.replace('"prod"', '"\\ud800"'), "it was changed"],
  ])("when its file is %s: a mistake, not news", async (_name, edit, says) => {
    const { world, file, apply } = await planned();
    writeFileSync(file, edit(readFileSync(file, "utf8")));
    const before = everything(world);
    expectEnd(await world.run(apply), 1, `${file}: ${says}`, "release-sentinel release plan -o FILE");
    expect(everything(world)).toEqual(before);
    expect(world.webhook.received).toEqual([]);
  });

  it("when it is not there, or a flag contradicts it", async () => {
    const { world, apply, file } = await planned();
    expectEnd(await world.run(["release", "--plan", `${file}.no`]), 1, "cannot be read (ENOENT)");
    expectEnd(await world.run(["release", "--plan", tempFolder()]), 1, "cannot be read (EISDIR)");
    expectEnd(await world.run([...apply, "--version", "v2.0.0"]), 1, "--version v2.0.0 contradicts the plan");
    expectEnd(await world.run([...apply, "--tag"]), 1, "--tag does not go with --plan");
    expectEnd(await world.run([...apply, "--allow-warnings"]), 1, "--allow-warnings does not go with --plan");
    expectEnd(await world.run([...apply, "--asset", "x"]), 1, "--asset does not go with --plan");
    expect(writes(world.github)).toEqual([]);
  });
});
