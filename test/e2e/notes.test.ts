import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../support/cli.ts";
import { gitEnv, repository, type TestRepository } from "../support/repository.ts";
import { tempFolder } from "../support/temp.ts";

/** v1.0.0, then a fix and a feature. */
function project(): TestRepository {
  const repo = repository({ origin: true });
  repo.git("tag", "-a", "-m", "v1.0.0", "v1.0.0");
  repo.commit("fix: one", { one: "1" });
  repo.commit("feat(api): two\n\nCloses #2", { two: "2" });
  return repo;
}

const run = (repo: { path: string }, ...args: string[]) => cli(args, { cwd: repo.path });

describe("notes", () => {
  it("go to stdout, and nothing else does", async () => {
    const repo = project();
    const { code, stdout, stderr } = await run(repo, "notes", "--version", "v1.1.0");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^## Changes in v1\.1\.0\n\n### Features\n\n- \*\*api:\*\* two \(issue #2, [0-9a-f]{7}\)\n\n### Fixes\n\n- one \(\w+\)\n\n2 commits since v1\.0\.0\.\n$/,
    );
    const { stdout: fromVariable } = await cli(["notes"], { cwd: repo.path, env: { VERSION: "v1.1.0" } });
    expect(fromVariable).toBe(stdout);
    expect((await run(repo, "notes")).stdout).toMatch(/^## Unreleased\n/);
  });

  it("in the plain style are a line for each commit", async () => {
    const repo = project();
    const [two, one] = repo.git("log", "-2", "--format=%h").split("\n");
    const plain = ["notes", "--version", "v1.1.0", "--style", "plain"];
    expect((await run(repo, ...plain)).stdout).toBe(
      `## Changes in v1.1.0\n\n- ${two} feat(api): two\n- ${one} fix: one\n`,
    );
    expect((await run(repo, ...plain, "-n", "1")).stdout).toBe(
      `## Changes in v1.1.0\n\n- ${two} feat(api): two\n`,
    );
    const first = await run(repo, "notes", "--version", "v1.0.0", "--to", "v1.0.0", "--style", "plain");
    expect(first.stdout).toBe("## Changes in v1.0.0\n\n- Initial release\n");
  });

  it("in a file begin with branch and commit, and are written whole", async () => {
    const repo = project();
    const out = join(tempFolder(), "RELEASE_NOTES.txt");
    writeFileSync(out, "old and much longer ".repeat(1000));
    const { code, stdout, stderr } = await run(repo, "notes", "--version", "v1.1.0", "-o", out);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("INFO release-sentinel.notes Release notes written to ");
    const commit = repo.git("rev-parse", "HEAD").trim();
    expect(readFileSync(out, "utf8")).toMatch(
      new RegExp(
        `^Release notes for v1\\.1\\.0\nBranch: main\nCommit: ${commit}\n\n## Changes in v1\\.1\\.0\n\n### Features\n`,
      ),
    );
    const dash = await run(repo, "notes", "--version", "v1.1.0", "-o", "-");
    expect(dash.stdout).toMatch(/^## Changes in v1\.1\.0\n/);
  });

  it("refuse a folder, or one that is not there, in one line", async () => {
    const repo = project();
    for (const path of [repo.path, join(repo.path, "no/such/file")]) {
      const { code, stdout, stderr } = await run(repo, "notes", "-o", path);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^release-sentinel: cannot write the report .* → .*\n$/);
    }
  });

  it("as JSON are one document", async () => {
    const { stdout } = await run(project(), "notes", "--version", "v1.1.0", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "release-sentinel/notes/v1",
      version: "v1.1.0",
      previous: { tag: "v1.0.0" },
      branch: "main",
      summary: { commits: 2, byType: { feat: 1, fix: 1 } },
    });
  });

  it("are put into the changelog once", async () => {
    const repo = project();
    const changelog = ["notes", "--version", "v1.1.0", "--changelog"];
    const first = await run(repo, ...changelog);
    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toContain("v1.1.0 added to CHANGELOG.md, in line 5");
    const text = readFileSync(join(repo.path, "CHANGELOG.md"), "utf8");
    expect(text).toMatch(
      /^# Changelog\n\nNotable changes of every release\.\n\n## \[1\.1\.0\] - \d{4}-\d\d-\d\d\n\n### Features\n/,
    );
    const second = await run(repo, ...changelog);
    expect(second.stderr).toContain("CHANGELOG.md has v1.1.0 already, in line 5: nothing was changed");
    expect(readFileSync(join(repo.path, "CHANGELOG.md"), "utf8")).toBe(text);
  });

  it("follow a changelog that is a link, and refuse one that is a folder, or that has no version", async () => {
    const repo = project();
    mkdirSync(join(repo.path, "docs"));
    writeFileSync(join(repo.path, "docs/changes.md"), "# Changes\n");
    symlinkSync("docs/changes.md", join(repo.path, "CHANGELOG.md"));
    await run(repo, "notes", "--version", "v1.1.0", "--changelog");
    expect(readFileSync(join(repo.path, "docs/changes.md"), "utf8")).toContain("## [1.1.0]");
    const folder = await run(repo, "notes", "--version", "v1.1.0", "--changelog", "docs");
    expect(folder.code).toBe(2);
    expect(folder.stderr).toMatch(/^release-sentinel: cannot read the changelog docs \(EISDIR\) → .*\n$/);
    const unreleased = await run(repo, "notes", "--changelog");
    expect(unreleased.code).toBe(1);
    expect(unreleased.stderr).toContain("--changelog needs a version");
  });

  it("are refused where the clone lacks what they are made of", async () => {
    const repo = project();
    repo.git("push", "-q", "--tags", "origin", "main");
    const clone = (...options: string[]) => {
      const path = join(tempFolder(), "clone");
      execFileSync("git", ["clone", "-q", ...options, `file://${repo.origin}`, path], { env: gitEnv });
      return { path };
    };
    const shallow = await run(clone("--depth", "1"), "notes", "--version", "v1.1.0");
    expect(shallow).toMatchObject({ code: 1, stdout: "" });
    expect(shallow.stderr).toMatch(
      /^release-sentinel: This clone is shallow: .* → git fetch --unshallow --tags\n$/,
    );
    const tagless = await run(clone("--no-tags"), "notes", "--version", "v1.1.0");
    expect(tagless).toMatchObject({ code: 1, stdout: "" });
    expect(tagless.stderr).toMatch(
      /^release-sentinel: This clone lacks release tags that origin has: v1\.0\.0 → git fetch --tags origin\n$/,
    );
    const outside = await run({ path: tempFolder() }, "notes");
    expect(outside).toMatchObject({ code: 1, stdout: "" });
    expect(outside.stderr).toContain("Not inside a Git repository");
  });

  it("hold no secret, in no form that Markdown gives it", async () => {
    const repo = project();
    const word = ["se_cret", "*val[ue]"].join("_").repeat(2);
    repo.commit(`feat(${word}): use \`${word}\` and ${word}\n\nBREAKING CHANGE: ${"x".repeat(480)}${word}`);
    for (const format of ["markdown", "json", "plain"]) {
      const out = join(tempFolder(), "notes");
      const args = ["notes", "--version", "v2.0.0", "--format", format];
      const env = { THE_TOKEN: word };
      const { all } = await cli([...args, "-o", out], { cwd: repo.path, env });
      const text = all + readFileSync(out, "utf8") + (await cli(args, { cwd: repo.path, env })).all;
      expect(text.replaceAll("\\", "")).not.toContain(word.slice(0, 9));
      expect(text).toContain("***");
    }
  });

  it("take wrong flags in one line", async () => {
    const repo = project();
    for (const args of [
      ["-n", "0"],
      ["--style", "fancy"],
      ["--format", "pretty"],
      ["--version", "1.0"],
      ["--from", "nowhere"],
    ]) {
      const { code, stdout, stderr } = await run(repo, "notes", ...args);
      expect({ code, stdout, lines: stderr.split("\n").length }).toEqual({ code: 1, stdout: "", lines: 2 });
    }
    expect(existsSync(join(repo.path, "CHANGELOG.md"))).toBe(false);
  });

  it("end when they are interrupted", async () => {
    const repo = project();
    const bin = tempFolder();
    // A remote helper that never answers: the clone has no tag, so the remote is asked.
    const asked = join(bin, "asked");
    writeFileSync(join(bin, "git-remote-slow"), `#!/bin/sh\n: >${asked}\nexec sleep 600\n`, { mode: 0o755 });
    repo.git("tag", "-d", "v1.0.0");
    repo.git("remote", "set-url", "origin", "slow://nowhere");
    const { code, signal } = await cli(["notes"], {
      cwd: repo.path,
      env: { PATH: `${bin}:${process.env["PATH"]}` },
      during: async (child) => {
        while (!existsSync(asked)) await new Promise((resolve) => setTimeout(resolve, 20));
        child.kill("SIGINT");
      },
    });
    expect(code ?? signal).toBe(130);
  });
});

describe("version next", () => {
  it("prints the version alone, and says why on stderr", async () => {
    const repo = project();
    const { code, stdout, stderr } = await run(repo, "version", "next");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "v1.1.0\n" });
    expect(stderr).toMatch(/^v1\.1\.0: minor after v1\.0\.0, for\n {2}[0-9a-f]{7} api: two\n$/);
    expect((await run(repo, "version", "next", "--pre", "rc", "--quiet")).all).toBe("v1.1.0-rc.1\n");
  });

  it("prints nothing where nothing has changed", async () => {
    const repo = repository();
    repo.git("tag", "v1.0.0");
    expect(await run(repo, "version", "next")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "Nothing to release since v1.0.0\n",
    });
    const { stdout } = await run(repo, "version", "next", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "release-sentinel/next-version/v1",
      next: null,
      why: [],
    });
  });

  it("begins with v0.1.0", async () => {
    expect(await run(repository(), "version", "next")).toMatchObject({
      code: 0,
      stdout: "v0.1.0\n",
      stderr: "v0.1.0 would be the first release, of 1 commit\n",
    });
  });

  it("is a group that says what it has", async () => {
    const repo = repository();
    expect((await run(repo, "version", "--help")).stdout).toContain("Versions: next.");
    expect(await run(repo, "version")).toMatchObject({ code: 1 });
  });
});
