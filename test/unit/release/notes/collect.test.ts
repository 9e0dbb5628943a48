import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { collectNotes, renderNotes } from "../../../../src/release/notes/index.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { type History, history, listsOf, markdownOf, nextOf, notesOf, readersOf } from "./histories.ts";

function clone(repo: History, ...options: string[]): string {
  const path = join(tempFolder(), "clone");
  execFileSync("git", ["clone", "-q", ...options, `file://${repo.origin}`, path], { env: gitEnv });
  return path;
}

/** v1.0.0, a fix, v1.1.0, a feature; all of it on the remote. */
function released(): History {
  const repo = history({ origin: true });
  repo.tag("v1.0.0");
  repo.by("dev-a", "fix: one");
  repo.tag("v1.1.0");
  repo.by("dev-a", "feat: two");
  repo.git("push", "-q", "--tags", "origin", "main");
  return repo;
}

describe("where notes begin", () => {
  it("at the highest release behind the commit, not at the last tag", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: one");
    repo.git("checkout", "-q", "-b", "release/1.x");
    repo.tag("v1.1.0");
    repo.git("checkout", "-q", "main");
    repo.by("dev-a", "feat!: two");
    repo.tag("v2.0.0");
    repo.git("checkout", "-q", "release/1.x");
    repo.by("dev-a", "fix: three");
    expect(await notesOf(repo.path, { version: "v1.1.1" })).toMatchObject({ previous: { tag: "v1.1.0" } });
    expect(listsOf(await notesOf(repo.path, { version: "v1.1.1" }))).toEqual({ Fixes: ["three"] });
    expect((await notesOf(repo.path)).previous?.tag).toBe("v1.1.0");
  });

  it("although many higher ones are on another line of history", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "fix: one");
    repo.git("checkout", "-q", "-b", "other");
    for (let i = 1; i < 9; i++) {
      repo.by("dev-b", `feat: ${i}`);
      repo.tag(`v1.0.${i}`);
    }
    repo.git("checkout", "-q", "main");
    expect((await notesOf(repo.path, { version: "v1.1.0" })).previous?.tag).toBe("v1.0.0");
  });

  it("are the same again when the version's tag is there", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: one");
    const before = await markdownOf(repo.path, { version: "v1.1.0" });
    repo.tag("v1.1.0");
    repo.tag("v1.1.0-rc.1");
    expect(await markdownOf(repo.path, { version: "v1.1.0" })).toBe(before);
    expect(await markdownOf(repo.path)).toBe(before);
    expect(before).toMatch(
      /^## Changes in v1\.1\.0\n\n### Features\n\n- one \([0-9a-f]{7}\)\n\n1 commit since v1\.0\.0\.\n$/,
    );
  });

  it("of a package, at that package's release, and only what is in its folder counts", async () => {
    const repo = history();
    repo.tag("a@1.0.0");
    repo.by("dev-a", "feat: a one", { "packages/a/x": "1" });
    repo.by("dev-a", "feat: b one", { "packages/b/x": "1" });
    repo.tag("b@1.1.0");
    repo.merge("Merge pull request #1 from dev-b/topic\n\nSomething else", "dev-b", ["wip"]);
    repo.by("dev-a", "feat: a two", { "packages/a/x": "2" });
    const notes = await notesOf(repo.path, { version: "a@1.1.0", paths: ["packages/a"] });
    expect(notes).toMatchObject({
      title: "Changes in a@1.1.0",
      previous: { tag: "a@1.0.0" },
      summary: { commits: 2 },
    });
    expect(listsOf(notes)).toEqual({ Features: ["a two", "a one"] });
    expect(await nextOf(repo.path, { prefix: "b@", paths: ["packages/b"] })).toMatchObject({
      next: null,
      previous: "b@1.1.0",
    });
  });

  it("where they are told to, and end there too", async () => {
    const repo = released();
    const notes = await notesOf(repo.path, { from: "v1.0.0", to: "v1.1.0" });
    expect(notes).toMatchObject({
      title: "Changes in v1.1.0",
      previous: { tag: "v1.0.0" },
      from: "v1.0.0",
      branch: null,
    });
    expect(listsOf(notes)).toEqual({ Fixes: ["one"] });
    await expect(notesOf(repo.path, { from: "v9.9.9" })).rejects.toMatchObject({
      code: "history-unusable",
      message: "No such commit in this clone: v9.9.9",
      remedy: "git fetch --tags origin",
    });
    await expect(notesOf(clone(repo, "--depth=1"), { to: "v1.1.0" })).rejects.toMatchObject({
      remedy: "git fetch --unshallow --tags origin",
    });
    await expect(notesOf(repo.path, { to: "--all" })).rejects.toThrow("No such commit in this clone: --all");
  });

  it("nowhere for a version that is none", async () => {
    await expect(notesOf(repository().path, { version: "1.0" })).rejects.toThrow(
      "Invalid version format: 1.0",
    );
  });
});

describe("a first release", () => {
  it("says so, with its features if they are few", async () => {
    const repo = history();
    repo.by("dev-a", "fix: a mistake that nobody saw");
    repo.by("dev-a", "feat: two");
    expect(await markdownOf(repo.path, { version: "v0.1.0" })).toMatch(
      /^## Changes in v0\.1\.0\n\n- Initial release\n\n### Features\n\n- two \(\w+\)\n- first \(\w+\)\n/,
    );
    expect(await markdownOf(repo.path, { version: "v0.1.0", style: "plain" })).toBe(
      "## Changes in v0.1.0\n\n- Initial release\n",
    );
  });

  it("lists commits where they are asked for", async () => {
    const repo = history();
    const two = repo.by("dev-a", "feat: two_things *now*");
    expect(await markdownOf(repo.path, { version: "v0.1.0", style: "plain", limit: 1 })).toBe(
      `## Changes in v0.1.0\n\n- ${two.slice(0, 7)} feat: two_things \\*now\\*\n`,
    );
    const notes = await notesOf(repo.path, { limit: 5 });
    expect(listsOf(notes)).toEqual({ Features: ["two_things *now*", "first"] });
  });

  it("is the next version where there is none", async () => {
    expect(await nextOf(repository().path)).toMatchObject({ next: "v0.1.0", previous: null, why: [] });
  });

  it("is not taken for one because the tags are missing", async () => {
    const repo = released();
    const without = clone(repo, "--no-tags");
    const refusal = {
      code: "history-unusable",
      message: "This clone lacks release tags that origin has: v1.1.0 and 1 more",
      remedy: "git fetch --tags origin",
    };
    await expect(notesOf(without, { version: "v1.2.0" })).rejects.toMatchObject(refusal);
    await expect(nextOf(without)).rejects.toMatchObject(refusal);
    execFileSync("git", ["fetch", "-q", "--tags", "origin"], { cwd: without, env: gitEnv });
    expect((await notesOf(without, { version: "v1.2.0" })).previous?.tag).toBe("v1.1.0");
  });

  it("is not taken for one because only the version's own tag was fetched", async () => {
    const repo = released();
    const path = clone(repo, "--no-tags");
    execFileSync("git", ["fetch", "-q", "origin", "refs/tags/v1.1.0:refs/tags/v1.1.0"], {
      cwd: path,
      env: gitEnv,
    });
    execFileSync("git", ["config", "--unset", "remote.origin.tagOpt"], { cwd: path, env: gitEnv });
    await expect(notesOf(path, { version: "v1.1.0", to: "v1.1.0" })).rejects.toThrow(
      "lacks release tags that origin has: v1.0.0",
    );
  });

  it("is one where the remote has no tags either, and with a warning where it cannot be asked", async () => {
    const repo = history({ origin: true });
    expect(await notesOf(repo.path)).toMatchObject({ initial: true, warnings: [] });
    repo.git("remote", "set-url", "origin", "/nonexistent/origin.git");
    const { initial, warnings } = await notesOf(repo.path);
    expect(initial).toBe(true);
    expect(warnings.join()).toMatch(
      /^origin could not be asked for earlier releases \(.*\): only this clone's tags count$/,
    );
  });

  it("is not taken for one because the clone is shallow", async () => {
    const repo = released();
    const path = clone(repo, "--depth", "2");
    await expect(notesOf(path)).rejects.toMatchObject({ remedy: "git fetch --unshallow --tags" });
    execFileSync("git", ["fetch", "-q", "--depth", "2", "origin", "refs/tags/*:refs/tags/*"], {
      cwd: path,
      env: gitEnv,
    });
    expect(listsOf(await notesOf(path, { from: "v1.1.0" }))).toEqual({ Features: ["two"] });
    await expect(notesOf(path, { from: "v1.0.0" })).rejects.toThrow("This clone is shallow");
  });
});

describe("a repository that cannot be read", () => {
  it("is named", async () => {
    await expect(notesOf(tempFolder())).rejects.toMatchObject({ message: "Not inside a Git repository" });
    await expect(notesOf(repository({ empty: true }).path)).rejects.toThrow(
      "Git repository has no commit yet",
    );
  });

  it("or one that is left in the middle ends at once", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped");
    controller.abort(reason);
    const request = {
      version: null,
      to: "HEAD",
      style: "grouped",
      remote: "origin",
      firstTimers: true,
    } as const;
    await expect(collectNotes(readersOf(repository().path), request, controller.signal)).rejects.toBe(reason);
  });
});

describe("what the notes say", () => {
  it("has links that need no network", async () => {
    const repo = history();
    const word = ["to", "ken"].join("").repeat(4);
    repo.git("remote", "add", "origin", `https://dev-a:${word}@github.com/owner/name.git`);
    repo.tag("v1.0.0");
    const hash = repo.by("dev-a", "feat(api): see #3 (#12)\n\nCloses #4");
    const markdown = await markdownOf(repo.path, { version: "v1.1.0" });
    const page = "https://github.com/owner/name";
    expect(markdown).toBe(
      [
        "## Changes in v1.1.0",
        "### Features",
        `- **api:** see [#3](${page}/issues/3) ([#12](${page}/pull/12), issue [#4](${page}/issues/4), [${hash.slice(0, 7)}](${page}/commit/${hash}))`,
        `1 commit since v1.0.0: [v1.0.0...v1.1.0](${page}/compare/v1.0.0...v1.1.0)\n`,
      ].join("\n\n"),
    );
    expect(JSON.stringify(await notesOf(repo.path))).not.toContain(word);
  });

  it("is masked before it is cut or escaped, and its shape is not", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    const word = ["a_b", "c*d"].join("_").repeat(3);
    repo.by(
      `${word} x@example.com`,
      `feat(${word}): ${"x".repeat(490)}${word}\n\nBREAKING CHANGE: ${word}\n\nCo-authored-by: ${word} <y@example.com>`,
    );
    const mask = (text: string) => text.replaceAll(word, "***").replaceAll("groups", "***");
    const notes = await notesOf(repo.path, { mask });
    for (const format of ["markdown", "json", "plain"] as const) {
      const text = renderNotes(notes, format).replaceAll("\\", "");
      expect(text).not.toContain(word.slice(0, 8));
      expect(text).toContain("***");
    }
  });

  it("sums up what a release touches", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat!: tables", {
      "db/migrations/1.sql": "",
      ".github/workflows/ci.yml": "",
      "package-lock.json": "{}",
    });
    repo.by("dev-a", "constructor!: x");
    repo.by("dev-a", "plain words");
    expect((await notesOf(repo.path)).summary).toEqual({
      commits: 3,
      byType: { constructor: 1, feat: 1, other: 1 },
      breaking: ["x", "tables"],
      security: [],
      risky: [
        { kind: "migration", paths: ["db/migrations/1.sql"] },
        { kind: "ci", paths: [".github/workflows/ci.yml"] },
        { kind: "lockfile", paths: ["package-lock.json"] },
      ],
      contributors: 1,
      previous: "v1.0.0",
    });
  });

  it("says where nothing has changed", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.git("tag", "v1.0.1");
    expect(await markdownOf(repo.path, { version: "v1.0.1", style: "plain" })).toBe(
      "## Changes in v1.0.1\n\n- No changes since v1.0.0\n",
    );
    expect(await nextOf(repo.path)).toMatchObject({ next: null, previous: "v1.0.1" });
  });

  it("has the day of the tagged commit, or today", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    repo.by("dev-a", "feat: two");
    expect((await notesOf(repo.path)).date).toBe("2026-11-21");
    repo.tag("v1.1.0");
    expect((await notesOf(repo.path)).date).toBe("2023-11-14");
  });

  it("comes without markup as well", async () => {
    const repo = history();
    repo.tag("v1.0.0");
    const hash = repo.by(
      "dev-a",
      "feat(api)!: use `*` and @all\n\nBREAKING CHANGE: gone\n\nCo-authored-by: dev-b <b@example.com>",
    );
    expect(renderNotes(await notesOf(repo.path, { version: "v2.0.0", firstTimers: true }), "plain")).toBe(
      [
        "Changes in v2.0.0",
        `Breaking changes\n- api: use \`*\` and @all (${hash.slice(0, 7)})\n  - gone`,
        "Thanks to dev-a and dev-b.",
        "First contribution by dev-a.",
        "1 commit since v1.0.0.\n",
      ].join("\n\n"),
    );
  });

  it("decides the next version by what breaks and what is new", async () => {
    const repo = history();
    repo.tag("v1.4.2");
    repo.by("dev-a", "fix: one");
    const feature = repo.by("dev-a", "feat(api): two");
    expect(await nextOf(repo.path)).toMatchObject({
      next: "v1.5.0",
      level: "minor",
      why: [{ hash: feature, scope: "api", text: "two" }],
      commits: 2,
    });
    repo.merge("Merge pull request #1 from dev-b/topic\n\nTidy up", "dev-b", [
      "Drop it\n\nBREAKING CHANGE: gone",
    ]);
    expect(await nextOf(repo.path, { pre: "rc" })).toMatchObject({ next: "v2.0.0-rc.1", level: "major" });
    repo.tag("v2.0.0-rc.1");
    expect(await nextOf(repo.path, { pre: "rc" })).toMatchObject({ next: null });
    expect(await nextOf(repo.path)).toMatchObject({ next: "v2.0.0" });
  });
});
