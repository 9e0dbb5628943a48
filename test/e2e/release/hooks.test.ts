import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { HookSettings, ReleaseSettings } from "../../../src/release/settings.ts";
import { testToken } from "../../support/github.ts";
import { alive } from "../../unit/clients/program/alive.ts";
import {
  everything,
  expectEnd,
  expectReleased,
  type ReleaseWorld,
  releaseWorld,
  version,
  writes,
} from "./world.ts";

const done = `Release ${version} completed successfully`;
const stalled = `Release ${version} STALLED at `;

/** A world with these hooks; what they write to `log` is not looked at by the gate. */
function hooked(hooks: ReleaseSettings["hooks"], more: Partial<ReleaseSettings> = {}): Promise<ReleaseWorld> {
  return releaseWorld({
    settings: stringify({ release: { assets: ["dist/*"], ...more, hooks } }),
    files: { ".gitignore": "dist/\nlog\nmarker\n" },
  });
}

const sh = (script: string, more: Partial<HookSettings> = {}): HookSettings => ({
  run: ["sh", "-c", script],
  ...more,
});

function log({ repo }: ReleaseWorld): string[] {
  try {
    return readFileSync(join(repo.path, "log"), "utf8").trim().split("\n");
  } catch {
    return [];
  }
}

describe("hooks", () => {
  it("run in their order, around what they are named after", async () => {
    const note = (name: string) => sh(`echo ${name} tags=$(git tag | wc -l) >>log`);
    const world = await hooked({
      beforeTag: [note("first"), note("second")],
      beforePublish: [note("third")],
      afterPublish: [{ ...note("last"), unless: ["test", "-e", "marker"] }],
    });
    const ran = await world.release();
    expectEnd(ran, 0, done);
    expectReleased(world);
    expect(log(world)).toEqual(["first tags=0", "second tags=0", "third tags=1", "last tags=1"]);
    expect(ran.stderr.match(/Plan: [\w.-]+/g)).toEqual(
      [
        "hook.before-tag.1",
        "hook.before-tag.2",
        "tag.create",
        "tag.push",
        "hook.before-publish",
        "github.draft",
        "github.assets",
        "github.publish",
        "hook.after-publish",
      ].map((id) => `Plan: ${id}`),
    );
  });

  it("do not run in a dry run, nor for the plan", async () => {
    const world = await hooked({ beforeTag: [sh("echo ran >>log")], beforePublish: [sh("echo ran >>log")] });
    expectEnd(await world.release(["--dry-run"]), 0, "hook.before-tag: to do");
    expectEnd(await world.run(["release", "plan", "--env", "prod", "--version", version, "-o", "-"]), 0);
    expect(log(world)).toEqual([]);
  });

  it("before a tag run once there is none, before publishing until it is published, with --tag only the former", async () => {
    const world = await hooked({
      beforeTag: [sh("echo tag >>log")],
      beforePublish: [sh("echo publish >>log")],
    });
    expectEnd(await world.release(["--tag"]), 0, done);
    expect(log(world)).toEqual(["tag"]);
    expectEnd(await world.release(), 0, done);
    expect(log(world)).toEqual(["tag", "publish"]);
    expectEnd(await world.release(), 0, "nothing to do");
    expect(log(world)).toEqual(["tag", "publish"]);
  });

  it("get the variables that are named, RS_VERSION and the like, and nothing else of ours", async () => {
    const world = await hooked({ beforeTag: [sh("env >log", { env: ["NODE_AUTH_TOKEN", "NOT_THERE"] })] });
    Object.assign(world.env, { NODE_AUTH_TOKEN: testToken("npm"), SOMETHING: "else" });
    expectEnd(await world.release(), 0, done);
    const seen = Object.fromEntries(log(world).map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(seen).toMatchObject({
      RS_VERSION: version,
      RS_COMMIT: world.commit,
      RS_ENVIRONMENT: "prod",
      NODE_AUTH_TOKEN: testToken("npm"),
      HOME: "/nonexistent",
    });
    const usual =
      /^(PATH|HOME|LANG|TMPDIR|PWD|OLDPWD|SHLVL|_|(XDG|LC)_\w+|RS_(VERSION|COMMIT|ENVIRONMENT)|NODE_AUTH_TOKEN)$/;
    expect(Object.keys(seen).filter((name) => !usual.test(name))).toEqual([]);
  });

  it("run at the top of the work tree, wherever the release was started", async () => {
    const world = await hooked({ beforeTag: [sh("pwd >log")] });
    expectEnd(await world.release([], { cwd: join(world.repo.path, "dist") }), 0, done);
    expect(log(world)).toEqual([world.repo.path]);
  });

  it("may build the assets, which are looked at when they are uploaded", async () => {
    const build = "mkdir -p dist; printf 'the program\\n' >dist/app.tgz; printf '{}\\n' >dist/app.sbom.json";
    const world = await hooked({ beforePublish: [sh(build)] });
    world.repo.git("clean", "-fdxq");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("are not run where their `unless` ends with 0", async () => {
    const world = await hooked({
      beforeTag: [sh("echo ran >>log", { unless: ["true"] })],
      beforePublish: [sh("echo built >>log", { unless: ["test", "-e", "log"] })],
    });
    expectEnd(await world.release(), 0, done);
    expect(log(world)).toEqual(["built"]);
  });
});

describe("a hook that fails", () => {
  it("before the tag: there is none, its last words are said, and the same command goes on", async () => {
    const world = await hooked({ beforeTag: [sh("test -e marker || { echo no marker >&2; exit 3; }")] });
    const before = everything(world);
    const ran = await world.release();
    expectEnd(ran, 2, `${stalled}hook.before-tag: hook sh -c `, "exited with 3: no marker", "To finish it: ");
    expect(everything(world)).toEqual(before);
    expect(world.webhook.received).toHaveLength(1);
    writeFileSync(join(world.repo.path, "marker"), "");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("before publishing: the tag is there, nothing is published, and the same command goes on", async () => {
    const world = await hooked({ beforePublish: [sh("test -e marker")] });
    expectEnd(await world.release(), 2, `${stalled}hook.before-publish: `, "exited with 1");
    expect(world.remote("cat-file", "-t", version)).toBe("tag");
    expect(writes(world.github)).toEqual([]);
    writeFileSync(join(world.repo.path, "marker"), "");
    expectEnd(await world.release(), 0, done);
    expectReleased(world);
  });

  it("after publishing: the release is out, and the hook alone is run again", async () => {
    const script = "echo ran >>log; test $(wc -l <log) -ge 2 && touch marker";
    const world = await hooked({ afterPublish: [sh(script, { unless: ["test", "-e", "marker"] })] });
    expectEnd(await world.release(), 2, `${stalled}hook.after-publish: `);
    expectReleased(world);
    const written = writes(world.github);
    expectEnd(await world.release(), 0, done);
    expectEnd(await world.release(), 0, "nothing to do");
    expect(log(world)).toEqual(["ran", "ran"]);
    expect(writes(world.github)).toEqual(written);
  });

  it("is one that does not end within its time, and nothing of it is left running", async () => {
    const world = await hooked({ beforeTag: [sh("echo $$ >log; sleep 600 & wait", { timeout: 1 })] });
    expectEnd(await world.release(), 2, `${stalled}hook.before-tag: `, "did not end within 1 s", "timeout");
    // It was ended; on a busy machine it is a moment until it is gone.
    await expect.poll(() => alive(Number(log(world)[0]))).toBe(false);
    expect(world.repo.git("tag")).toBe("");
  });

  it("is one that is not there, or is ended by a signal", async () => {
    const world = await hooked({ beforeTag: [{ run: ["no-such-program", "a b"] }] });
    expectEnd(await world.release(), 2, `${stalled}hook.before-tag: `, "no-such-program is not on PATH");
    const other = await hooked({ beforeTag: [sh("kill -9 $$")] });
    expectEnd(await other.release(), 2, "was ended by SIGKILL");
  });

  it("says nothing secret, and no control characters, of what it was given", async () => {
    const token = testToken("npm");
    const script =
      'printf \'see \\033[31m%s\\n\' "$NODE_AUTH_TOKEN"; printf %s "$NODE_AUTH_TOKEN" | base64; exit 1';
    const world = await hooked({ beforeTag: [sh(script, { env: ["NODE_AUTH_TOKEN"] })] });
    world.env["NODE_AUTH_TOKEN"] = token;
    const ran = await world.release(["--json"]);
    expectEnd(ran, 2, "exited with 1: see ");
    for (const form of [token, Buffer.from(token).toString("base64").slice(2, -4), "\u001b["]) {
      expect(ran.all).not.toContain(form);
      expect(world.webhook.received.map(({ body }) => body).join()).not.toContain(form);
    }
  });
});

describe("a hook before the tag that changes what is to be tagged", () => {
  it.each([
    [
      "a commit",
      "git -c user.name=a -c user.email=a@example.com commit -q --allow-empty -m x",
      "moved HEAD away",
    ],
    ["another branch", "git checkout -q HEAD~1", "moved HEAD away"],
    ["a changed file", "echo x >>README.md", "changed files of the work tree"],
    ["a new file", "echo x >new.txt", "changed files of the work tree"],
  ])("with %s: stalled, and there is no tag", async (_name, script, says) => {
    const world = await hooked({ beforeTag: [sh(script)] });
    const ran = await world.release();
    expectEnd(ran, 2, `${stalled}hook.before-tag: `, says);
    expect(world.repo.git("tag")).toBe("");
    expect(world.remote("for-each-ref", "refs/tags")).toBe("");
    expect(writes(world.github)).toEqual([]);
  });

  it("with what is ignored: all is well", async () => {
    const world = await hooked({ beforeTag: [sh("echo x >>log; touch marker")] });
    expectEnd(await world.release(), 0, done);
  });
});
