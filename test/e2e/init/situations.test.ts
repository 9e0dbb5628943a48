import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, cleanEnv } from "../../support/cli.ts";
import { inProcess } from "../../support/main.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";
import { gate, placeless, policy, text, yes } from "./world.ts";

describe("a file of somebody else's", () => {
  it("stays as it is, is shown with what would be different, and the others are written", async () => {
    const repo = repository();
    repo.commit("ci: by hand", { [gate]: "name: mine\non: push\n" });
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect(code).toBe(1);
    expect(stderr).toContain(`${gate} is there already, and not written by init: it stays as it is`);
    expect(stderr).toContain(`--skip ${gate}`);
    expect(stderr).toMatch(/^-name: mine$/m);
    expect(stderr).toMatch(/^\+name: release-sentinel$/m);
    expect(text(repo.path, gate)).toBe("name: mine\non: push\n");
    expect(text(repo.path, policy)).toContain("git.clean: true");

    const without = await inProcess([...yes, "--skip", gate], { cwd: repo.path });
    expect([without.code, without.stderr]).toEqual([0, expect.stringContaining("Nothing to do")]);
    // With --update it is remembered.
    await inProcess([...yes, "--skip", gate, "--update"], { cwd: repo.path });
    expect((await inProcess(["init"], { cwd: repo.path })).code).toBe(0);
  });

  it.each(["release-sentinel.yml", "release-sentinel.json"])(
    "counts as the policy by the name %s too",
    async (name) => {
      const repo = repository();
      repo.commit("chore: policy", { [name]: "{}\n" });
      const { code, stderr } = await inProcess(yes, { cwd: repo.path });
      expect([code, existsSync(join(repo.path, policy))]).toEqual([1, false]);
      expect(stderr).toContain(`${name} is there already`);
    },
  );

  it("counts as the policy as a key of package.json: no file is put beside it, where it would win", async () => {
    const repo = repository();
    repo.commit("chore: policy", {
      "package.json": '{ "release-sentinel": { "checks": { "git.clean": true } } }\n',
    });
    const { code } = await inProcess(yes, { cwd: repo.path });
    expect([code, existsSync(join(repo.path, policy)), existsSync(join(repo.path, gate))]).toEqual([
      0,
      false,
      true,
    ]);
  });

  it("is in place as a folder and as a link that leads nowhere", async () => {
    const repo = repository();
    mkdirSync(join(repo.path, policy));
    mkdirSync(join(repo.path, ".github/workflows"), { recursive: true });
    symlinkSync("/nowhere/at/all", join(repo.path, gate));
    const { code } = await inProcess(yes, { cwd: repo.path });
    expect([code, statSync(join(repo.path, policy)).isDirectory()]).toEqual([1, true]);
    expect(existsSync("/nowhere")).toBe(false);
  });
});

describe("a file that init has written", () => {
  it("is yours once it is edited: nothing is out of date, and nothing to do", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    writeFileSync(
      join(repo.path, policy),
      text(repo.path, policy).replace("git.clean: true", "git.clean: false"),
    );
    const again = await inProcess(yes, { cwd: repo.path });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("edited by you: it stays")]);
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([0, expect.stringContaining("Up to date")]);
    await inProcess([...yes, "--update"], { cwd: repo.path });
    expect(text(repo.path, policy)).toContain("git.clean: false");
  });

  it("is out of date when the repository is another one since; --update writes it anew", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    repo.commit("feat: a lock file", { "package.json": "{}\n", "package-lock.json": "{}\n" });
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([
      1,
      expect.stringContaining(`Out of date: ${policy} → release-sentinel init --update`),
    ]);
    expect((await inProcess(yes, { cwd: repo.path })).code).toBe(1);
    expect(text(repo.path, policy)).not.toContain("package-lock.json");
    expect((await inProcess([...yes, "--update"], { cwd: repo.path })).code).toBe(0);
    expect(text(repo.path, policy)).toContain("package-lock.json");
    expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
  });

  it.each([
    [policy, "release-sentinel.yml"],
    [gate, ".github/workflows/release-sentinel.yaml"],
  ])(
    "%s is brought up to date as %s, where somebody calls it that: no second one is put beside it",
    async (path, name) => {
      const repo = repository();
      await inProcess(yes, { cwd: repo.path });
      repo.commit("ci: the release gate");
      repo.git("mv", path, name);
      repo.commit("feat: a lock file", { "package.json": "{}\n", "package-lock.json": "{}\n" });
      const action = ["--action", "acme/tools@v0.2.0"];
      const patch = await inProcess(["init", "--dry-run", ...action, "--update"], { cwd: repo.path });
      expect(patch.stdout).toContain(`--- a/${name}\n+++ b/${name}\n`);
      const { code, stderr } = await inProcess([...yes, ...action, "--update"], { cwd: repo.path });
      expect([code, stderr]).toEqual([0, expect.stringContaining(`updated: ${name}`)]);
      expect(stderr).toMatch(new RegExp(`git add .*${name.replaceAll(".", "\\.")}`));
      expect([existsSync(join(repo.path, path)), existsSync(join(repo.path, name))]).toEqual([false, true]);
      expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
    },
  );

  it("is missed when it is gone", async () => {
    const repo = repository();
    await inProcess(yes, { cwd: repo.path });
    unlinkSync(join(repo.path, gate));
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Out of date: ${gate} (missing)`)]);
  });

  it("is the same in a clone that has neither branches nor tags, on another machine", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "1.4.0");
    await inProcess(yes, { cwd: repo.path });
    repo.commit("ci: the release gate");
    repo.git("push", "-q", "origin", "main");
    const clone = join(tempFolder(), "elsewhere");
    execFileSync("git", ["clone", "-q", "--depth=1", "--no-tags", `file://${repo.origin}`, clone], {
      env: cleanEnv(),
    });
    execFileSync("git", ["-C", clone, "checkout", "-q", "--detach"], { env: cleanEnv() });
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: clone });
    expect([code, stderr]).toEqual([0, expect.stringContaining("Up to date")]);
  });

  it("is known again in a checkout with CRLF", async () => {
    const repo = repository({ origin: true });
    repo.commit("chore: line ends", { ".gitattributes": "* text=auto eol=crlf\n" });
    await inProcess(yes, { cwd: repo.path });
    repo.commit("ci: the release gate");
    repo.git("push", "-q", "origin", "main");
    const clone = join(tempFolder(), "crlf");
    execFileSync("git", ["clone", "-q", repo.origin, clone], { env: cleanEnv() });
    expect(text(clone, policy)).toContain("\r\n");
    const { code, stderr } = await inProcess(["init", "--check"], { cwd: clone });
    expect([code, stderr]).toEqual([0, expect.stringContaining("Up to date")]);
    const verdict = await inProcess(["check", "--env", "prod", "--version", "v0.1.0"], { cwd: clone });
    expect([verdict.code, verdict.stderr]).toEqual([0, expect.stringContaining("Release validation PASSED")]);
  });
});

describe("a workflow whose tool nobody has named", () => {
  const unsaid = `CI does not know where to get release-sentinel from: ${gate}`;

  it("says so at the end, and is not up to date until it is named", async () => {
    const repo = repository();
    const first = await inProcess(placeless, { cwd: repo.path });
    const command = "release-sentinel init --action OWNER/NAME@REF --update";
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining(`Next:\n  ${command}`)]);
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([1, expect.stringContaining(`${unsaid} → ${command}`)]);
    const named = ["init", "--yes", "--action", "acme/release-sentinel@v0.1.0", "--update"];
    const second = await inProcess(named, { cwd: repo.path });
    expect([second.code, second.stderr]).toEqual([0, expect.not.stringContaining("--action OWNER")]);
    expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
  });

  it("may be filled in by hand", async () => {
    const repo = repository();
    await inProcess(placeless, { cwd: repo.path });
    const written = text(repo.path, gate);
    writeFileSync(join(repo.path, gate), written.replace("timeout-minutes: 10", "timeout-minutes: 5"));
    const check = await inProcess(["init", "--check"], { cwd: repo.path });
    expect([check.code, check.stderr]).toEqual([1, expect.stringContaining(`${unsaid} → put OWNER/NAME in`)]);
    writeFileSync(join(repo.path, gate), written.replace(/uses: put-here[^/]*/, "uses: acme"));
    expect((await inProcess(["init", "--check"], { cwd: repo.path })).code).toBe(0);
  });
});

it("says what to do in a bare repository", async () => {
  const repo = repository({ origin: true });
  const bare = await inProcess(yes, { cwd: repo.origin });
  expect([bare.code, bare.stderr]).toEqual([1, expect.stringContaining("this one is bare")]);
});

describe("a place that is no place to write to", () => {
  it("is a .github that leads out of the repository: nothing is written, here or there", async () => {
    const repo = repository();
    const outside = tempFolder();
    symlinkSync(outside, join(repo.path, ".github"));
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(".github is a link, and git takes no file from behind one"),
    ]);
    expect([readdirSync(outside), existsSync(join(repo.path, policy))]).toEqual([[], false]);
  });

  it("is a link that stays inside too: git would not take the file, and GitHub not find it", async () => {
    const repo = repository();
    mkdirSync(join(repo.path, "ci"));
    symlinkSync("ci", join(repo.path, ".github"));
    const { code, stderr } = await inProcess(yes, { cwd: repo.path });
    expect([code, stderr]).toEqual([1, expect.stringContaining(".github is a link")]);
    expect([readdirSync(join(repo.path, "ci")), existsSync(join(repo.path, policy))]).toEqual([[], false]);
  });

  it.runIf(process.getuid?.() === 0)("is a folder that may not be written: exit 2, and it says so", () => {
    const repo = repository();
    execFileSync("chmod", ["a+rX", join(repo.path, "..")]);
    execFileSync("chmod", ["-R", "a+rX,a-w", repo.path]);
    const { status, stderr } = spawnSync(process.execPath, [bin, ...yes], {
      cwd: repo.path,
      env: {
        ...cleanEnv(),
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
      },
      uid: 65534,
      encoding: "utf8",
    });
    execFileSync("chmod", ["-R", "u+w", repo.path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("cannot be written (EACCES)")]);
  });

  it("is a disk that is full: exit 2, and run again it goes on from what is there", () => {
    const repo = repository();
    // A file of more than one block of 512 bytes does not fit.
    const full = spawnSync(
      "sh",
      ["-c", `ulimit -f 1; exec "$@"`, "sh", process.execPath, bin, ...yes, "--quiet"],
      {
        cwd: repo.path,
        env: cleanEnv(),
        encoding: "utf8",
      },
    );
    expect([full.status, full.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot be written \((EFBIG|ENOSPC)\)/),
    ]);
    expect(repo.git("status", "--porcelain", "--untracked-files=all")).toBe("");
    const again = spawnSync(process.execPath, [bin, ...yes], {
      cwd: repo.path,
      env: cleanEnv(),
      encoding: "utf8",
    });
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining("2 files written")]);
  });
});
