import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";
import { draftOf, never, script, tagged, writerOf, writing } from "./writing.ts";

describe("making a tag", () => {
  it("makes it annotated, at the commit, with its message and trailers", async () => {
    const { repo, writer } = writing();
    const draft = draftOf(repo, {
      message: "Release v1.0.0\n\n# not a comment\n\n  - indented",
      trailers: [
        ["Released-By", "ci\nRun: forged"],
        ["Run", "https://ci.example.com/1"],
      ],
    });
    const object = await writer.createTag(draft, never);
    expect(repo.git("rev-parse", "refs/tags/v1.0.0").trim()).toBe(object);
    expect(await writer.tag("v1.0.0", never)).toEqual({
      object,
      annotated: true,
      commit: draft.commit,
      words: {
        tagger: "Test Author",
        date: expect.stringMatching(/^\d{4}-/),
        run: "https://ci.example.com/1",
        signed: false,
      },
    });
    expect(repo.git("for-each-ref", "--format=%(contents)", "refs/tags").trimEnd()).toBe(
      "Release v1.0.0\n\n# not a comment\n\n  - indented\n\nReleased-By: ci Run: forged\nRun: https://ci.example.com/1",
    );
  });

  it("opens no editor and asks nothing, whatever the settings say", async () => {
    const { repo, writer } = writing({ GIT_EDITOR: "false", EDITOR: "false" });
    repo.git("config", "core.editor", "false");
    repo.git("config", "commit.cleanup", "strip");
    await writer.createTag(draftOf(repo, { message: "# all a comment", trailers: [] }), never);
    expect(repo.git("cat-file", "tag", "v1.0.0").split("\n\n").at(-1)).toBe("# all a comment\n");
  });

  it("takes the tagger from git's settings, and the fallback only where they name nobody", async () => {
    const nobody = {
      GIT_COMMITTER_NAME: "",
      GIT_COMMITTER_EMAIL: "",
      GIT_AUTHOR_NAME: "",
      GIT_AUTHOR_EMAIL: "",
    };
    const { repo, writer } = writing(nobody);
    expect(await writer.identity(never)).toBeNull();
    await writer.createTag(draftOf(repo), never);
    expect((await writer.tag("v1.0.0", never))?.words?.tagger).toBe("release-sentinel");
    repo.git("config", "user.name", "Configured");
    repo.git("config", "user.email", "configured@example.com");
    expect(await writer.identity(never)).toBe(await writer.identity(never));
    const unset = Object.fromEntries(Object.keys(nobody).map((name) => [name, undefined]));
    const { writer: named } = writerOf(repo, unset);
    expect(await named.identity(never)).toBe("Configured <configured@example.com>");
    await named.createTag(draftOf(repo, { name: "v1.0.1" }), never);
    expect((await named.tag("v1.0.1", never))?.words?.tagger).toBe("Configured");
  });

  it("works in a linked work tree, in a submodule, with a detached HEAD and in a SHA-256 repository", async () => {
    const repo = repository();
    const linked = join(dirname(repo.path), "linked");
    repo.git("worktree", "add", "-q", "--detach", linked);
    await writerOf({ path: linked }).writer.createTag(draftOf(repo), never);
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");

    const outer = repository();
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", repo.path, "inner");
    const inner = writerOf({ path: join(outer.path, "inner") }).writer;
    await inner.createTag(draftOf(repo, { name: "v3.0.0" }), never);
    expect(await inner.unwritable(never)).toBeNull();
    expect(existsSync(join(outer.path, ".git/modules/inner/refs/tags/v3.0.0"))).toBe(true);

    const wide = tempFolder();
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: wide, env: gitEnv }).toString().trim();
    git("init", "-q", "--object-format=sha256");
    git("commit", "-q", "--allow-empty", "-m", "feat: wide");
    const { writer } = writerOf({ path: wide });
    const commit = git("rev-parse", "HEAD");
    expect(await writer.createTag({ ...draftOf(repo), commit }, never)).toHaveLength(64);
    expect(await writer.tag("v1.0.0", never)).toMatchObject({ annotated: true, commit });
  });

  it("is not asked of another repository by inherited variables", async () => {
    const other = repository();
    const { repo, writer } = writing({ GIT_DIR: join(other.path, ".git"), GIT_WORK_TREE: other.path });
    await writer.createTag(draftOf(repo), never);
    expect(other.git("tag", "--list")).toBe("");
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");
  });

  it("says so when another git holds the lock, or died with it", async () => {
    const { repo, writer } = writing();
    const lock = join(repo.path, ".git/refs/tags/v1.0.0.lock");
    writeFileSync(lock, "");
    await expect(writer.createTag(draftOf(repo), never)).rejects.toMatchObject({
      message: `v1.0.0 was not created: another git process holds ${lock}, or left it behind`,
      remedy: `wait for it; if no git runs here any more: rm ${lock}`,
    });
    rmSync(lock);
    await writer.createTag(draftOf(repo), never);
  });

  it("is done by one of many at once; the others say that it is there", async () => {
    const { repo, writer } = writing();
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => writer.createTag(draftOf(repo, { message: `${i}` }), never)),
    );
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of all) {
      if (one.status === "rejected") expect(one.reason.message).toMatch(/^v1\.0\.0 was not created: /);
    }
    expect(repo.git("for-each-ref", "--format=%(objecttype)", "refs/tags")).toBe("tag\n");
  });

  it("is declined by the user's own hook, in its words", async () => {
    const { repo, writer } = writing();
    script(join(repo.path, ".git/hooks/reference-transaction"), "echo 'not on a Saturday' >&2; exit 1");
    await expect(writer.createTag(draftOf(repo), never)).rejects.toMatchObject({
      message: expect.stringContaining("not on a Saturday"),
      remedy: expect.stringContaining("reference-transaction hook"),
    });
    expect(repo.git("tag", "--list")).toBe("");
  });

  it("stands in nobody's way: a tag below it, or one that it is below", async () => {
    const { repo, writer } = writing();
    repo.git("tag", "v1.0.0/part");
    expect(await writer.tag("v1.0.0", never)).toBeNull();
    await expect(writer.createTag(draftOf(repo), never)).rejects.toThrow(/v1\.0\.0 was not created/);
  });
});

describe("a tag's name", () => {
  it.each(["v1.0.0", "app@1.2.3", "release/2026.11"])("may be %s", async (name) => {
    expect(await writing().writer.isTagName(name, never)).toBe(true);
  });

  it.each(["", "-d", "HEAD", "v1..2", "v1^{}", "v 1", "v1.lock", "a*", "v1\n", "a\0b"])(
    "may not be %j",
    async (name) => {
      expect(await writing().writer.isTagName(name, never)).toBe(false);
    },
  );
});

describe("reading a tag", () => {
  it("follows a tag of a tag to its commit, and says what leads to none", async () => {
    const { repo, writer } = await tagged();
    const head = repo.git("rev-parse", "HEAD").trim();
    repo.git("tag", "-a", "nested", "-m", "nested", "v1.0.0");
    repo.git("tag", "light");
    repo.git("tag", "-a", "tree", "-m", "tree", "HEAD^{tree}");
    expect(await writer.tag("nested", never)).toMatchObject({ annotated: true, commit: head });
    expect(await writer.tag("light", never)).toMatchObject({ annotated: false, commit: head, words: null });
    expect(await writer.tag("tree", never)).toMatchObject({ annotated: true, commit: null });
    expect(await writer.tag("none", never)).toBeNull();
  });
});

describe("deleting a tag", () => {
  it("deletes only the object that is meant", async () => {
    const { repo, writer } = await tagged();
    const object = repo.git("rev-parse", "v1.0.0").trim();
    const other = repo.git("rev-parse", "HEAD").trim();
    await expect(writer.deleteTag("v1.0.0", other, never)).rejects.toThrow(/v1\.0\.0 was not deleted here/);
    expect(repo.git("tag", "--list")).toBe("v1.0.0\n");
    await writer.deleteTag("v1.0.0", object, never);
    expect(repo.git("tag", "--list")).toBe("");
  });
});

describe("a repository that cannot be written", () => {
  it("is known before anything is done", async () => {
    const { repo } = writing();
    expect(await asNobody(repo.path)).toBe(join(repo.path, ".git"));
    expect(await writerOf(repo).writer.unwritable(never)).toBeNull();
  });
});

/** What a user other than the owner is told: root may write everywhere. */
async function asNobody(path: string): Promise<string | null> {
  const root = join(import.meta.dirname, "../../../..");
  const program = `
    process.setgroups?.([]); process.setgid?.(65534); process.setuid?.(65534);
    const { createGitWriter } = await import(${JSON.stringify(join(root, "src/clients/git/writer.ts"))});
    const { Secrets } = await import(${JSON.stringify(join(root, "src/core/mask.ts"))});
    const writer = createGitWriter({ cwd: ${JSON.stringify(path)}, env: process.env, secrets: new Secrets() });
    process.stdout.write(JSON.stringify(await writer.unwritable(new AbortController().signal)));
  `;
  const env = {
    ...gitEnv,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "safe.directory",
    GIT_CONFIG_VALUE_0: "*",
  };
  execFileSync("chmod", ["-R", "go-w,go+rX", dirname(path)]);
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { env }).toString(),
  );
}
