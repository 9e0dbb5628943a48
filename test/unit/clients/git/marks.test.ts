import { execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRemoteMarks, marksRef } from "../../../../src/clients/git/marks.ts";
import { createLocalMarks } from "../../../../src/clients/git/marks-file.ts";
import type { Mark, Marks } from "../../../../src/core/marks.ts";
import { gitHttpServer } from "../../../support/git-server.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

const never = new AbortController().signal;
const tag = "v1.2.3";
const ref = marksRef(tag);

function marksOf(root: string, env = gitEnv, of = tag): Marks {
  const marks = createRemoteMarks({ root, commonDir: join(root, ".git"), env, remote: "origin", tag: of });
  onTestFinished(() => marks.close());
  return marks;
}

function localOf(root: string): Marks {
  const marks = createLocalMarks({ root, commonDir: join(root, ".git"), tag });
  onTestFinished(() => marks.close());
  return marks;
}

function clone(origin: string, ...options: string[]): string {
  const path = join(tempFolder("rs-clone-"), "clone");
  execFileSync("git", ["clone", "-q", ...options, `file://${origin}`, path], { env: gitEnv });
  return path;
}

function mark(key: string, given: Partial<Mark> = {}): Mark {
  return { kind: "sent", key, at: "2026-11-21T10:00:00.000Z", by: "alice", run: "run-1", ...given };
}

const always = () => true;

/** Puts a commit with this message on the ref, as somebody else would. */
function forge(origin: string, message: string): void {
  const bare = (args: string[], input?: string) =>
    execFileSync("git", [`--git-dir=${origin}`, ...args], {
      env: gitEnv,
      input,
      stdio: ["pipe", "pipe", "ignore"],
    })
      .toString()
      .trim();
  const tree = bare(["mktree"], "");
  let parents: string[] = [];
  try {
    parents = ["-p", bare(["rev-parse", "--verify", "-q", ref])];
  } catch {
    // the first one
  }
  bare(["update-ref", ref, bare(["commit-tree", tree, ...parents, "-F", "-"], message)]);
}

function hook(origin: string, name: string, script: string): void {
  const path = join(origin, "hooks", name);
  mkdirSync(join(origin, "hooks"), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

describe.each([
  ["on a ref of the remote", (repo: ReturnType<typeof repository>) => marksOf(repo.path)],
  ["in a file", (repo: ReturnType<typeof repository>) => localOf(repo.path)],
])("a ritual's marks %s", (_where, open) => {
  it("are none at first, and then those that were appended, oldest first", async () => {
    const marks = open(repository({ origin: true }));
    expect(await marks.read(never)).toEqual([]);
    const lease = mark("ritual", {
      kind: "lease",
      until: "2026-11-21T10:03:00.000Z",
      detail: "https://ci.example/1",
      commit: "c".repeat(40),
    });
    expect(await marks.append(lease, always, never)).toEqual([lease]);
    expect(await marks.append(mark("b"), always, never)).toEqual([lease, mark("b")]);
    expect(await marks.read(never)).toEqual([lease, mark("b")]);
  });

  it("are not appended to when what is there does not allow it", async () => {
    const marks = open(repository({ origin: true }));
    await marks.append(mark("a"), always, never);
    expect(await marks.append(mark("a"), (all) => all.length === 0, never)).toBeNull();
    expect(await marks.read(never)).toHaveLength(1);
  });

  it("keep a work tree clean", async () => {
    const repo = repository({ origin: true });
    const before = repo.git("for-each-ref");
    await open(repo).append(mark("a"), always, never);
    expect(repo.git("status", "--porcelain")).toBe("");
    expect(repo.git("for-each-ref")).toBe(before);
  });

  it("hold no secret", async () => {
    const repo = repository({ origin: true });
    const word = ["s3cret", "-and-long"].join("");
    const place = { root: repo.path, commonDir: join(repo.path, ".git"), env: gitEnv, remote: "origin", tag };
    const mask = (text: string) => text.replaceAll(word, "***");
    for (const marks of [createRemoteMarks({ ...place, mask }), createLocalMarks({ ...place, mask })]) {
      onTestFinished(() => marks.close());
      await marks.append(mark("a", { by: word, detail: `see ${word}` }), always, never);
      expect(await marks.read(never)).toEqual([mark("a", { by: "***", detail: "see ***" })]);
    }
  });

  it("end at once when they are no longer wanted", async () => {
    const marks = open(repository({ origin: true }));
    const reason = new Error("over");
    await expect(marks.append(mark("a"), always, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe("marks on a ref of the remote", () => {
  it("are known to a fresh clone, a shallow one too", async () => {
    const repo = repository({ origin: true });
    repo.commit("feat: second");
    repo.git("push", "-q");
    await marksOf(repo.path).append(mark("a"), always, never);
    await marksOf(repo.path).append(mark("b"), always, never);
    const keys = (all: readonly Mark[]) => all.map(({ key }) => key);
    expect(keys(await marksOf(clone(repo.origin, "--depth=1")).read(never))).toEqual(["a", "b"]);
  });

  it("are apart for every tag", async () => {
    const repo = repository({ origin: true });
    await marksOf(repo.path).append(mark("a"), always, never);
    expect(await marksOf(repo.path, gitEnv, "v1.2.3-test").read(never)).toEqual([]);
  });

  it("do not wait for those of another tag, which the remote takes its time for", async () => {
    const repo = repository({ origin: true });
    const [folder, begun] = [tempFolder(), join(tempFolder(), "begun")];
    const go = join(folder, "go");
    // When the test is over, its folder is gone.
    const waiting = `until [ -e '${go}' ] || [ ! -d '${folder}' ]; do sleep 0.05; done`;
    hook(repo.origin, "update", `case "$1" in *-test) touch '${begun}'; ${waiting};; esac`);
    const slow = marksOf(repo.path, gitEnv, "v1.2.3-test").append(mark("a"), always, never);
    await expect.poll(() => existsSync(begun)).toBe(true);
    expect(await marksOf(repo.path).append(mark("b"), always, never)).toHaveLength(1);
    writeFileSync(go, "");
    expect(await slow).toHaveLength(1);
  });

  it("loses nothing when twenty processes append at once, from four clones", async () => {
    const { origin } = repository({ origin: true });
    const clones = [1, 2, 3, 4].map(() => clone(origin));
    const script = join(import.meta.dirname, "append-mark.ts");
    const all = Array.from({ length: 20 }, async (_, i) => {
      const child = spawn(process.execPath, [script, clones[i % 4] ?? "", tag, `p${i}`, "2"], {
        env: gitEnv,
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return new Promise<number | null>((resolve) => child.on("close", resolve));
    });
    expect(await Promise.all(all)).toEqual(all.map(() => 0));
    const keys = (await marksOf(clone(origin)).read(never)).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(
      Array.from({ length: 20 }, (_, i) => [`p${i}/0`, `p${i}/1`])
        .flat()
        .toSorted(),
    );
    // Forty pushes, and as many that lose: half a minute of git on a machine with much else to do.
  }, 300_000);

  it("lets one of several have what only one may have", async () => {
    const { origin } = repository({ origin: true });
    const clones = [1, 2, 3, 4].map(() => marksOf(clone(origin)));
    const free = (all: readonly Mark[]) => all.length === 0;
    const won = await Promise.all(
      clones.map((marks, i) => marks.append(mark("claim", { run: `${i}` }), free, never)),
    );
    expect(won.filter((marks) => marks !== null)).toHaveLength(1);
  });

  it("counts an append whose answer was lost as done, once", async () => {
    const repo = repository({ origin: true });
    // It ends the connection after the ref has moved.
    hook(repo.origin, "post-receive", 'kill -9 "$PPID"');
    await marksOf(repo.path).append(mark("a"), always, never);
    rmSync(join(repo.origin, "hooks", "post-receive"));
    expect(await marksOf(clone(repo.origin)).read(never)).toEqual([mark("a")]);
  });

  it("says that a hook of the remote declines, and that trying again does not help", async () => {
    const repo = repository({ origin: true });
    hook(repo.origin, "pre-receive", "echo 'no such refs here' >&2; exit 1");
    await expect(marksOf(repo.path).append(mark("a"), always, never)).rejects.toMatchObject({
      name: "StepFailure",
      final: true,
      message: expect.stringContaining("hook declined"),
      remedy: expect.stringContaining("ritual.marks: local"),
    });
  });

  it("proves that it may be written, and adds nothing by that", async () => {
    const repo = repository({ origin: true });
    const marks = marksOf(repo.path);
    expect(await marks.prove(never)).toMatchObject([{ state: "ok" }]);
    expect(repo.git("ls-remote", "origin", ref)).toBe("");
  });

  it("is a conflict where this account may only read", async () => {
    const repo = repository({ origin: true });
    const server = await gitHttpServer(repo.origin, ({ path }) =>
      path.includes("receive-pack") ? { status: 403, body: "read-only\n" } : undefined,
    );
    repo.git("remote", "set-url", "origin", server.url);
    const marks = marksOf(repo.path);
    expect(await marks.read(never)).toEqual([]);
    expect(await marks.prove(never)).toMatchObject([
      { state: "conflict", remedy: expect.stringContaining("contents: write") },
    ]);
  });

  it("cannot see a hook of the server, and its words are said when it declines", async () => {
    const repo = repository({ origin: true });
    const hook = join(repo.origin, "hooks", "pre-receive");
    mkdirSync(join(repo.origin, "hooks"), { recursive: true });
    writeFileSync(hook, "#!/bin/sh\necho 'only branches and tags may be pushed here' >&2\nexit 1\n", {
      mode: 0o755,
    });
    const marks = marksOf(repo.path);
    expect(await marks.prove(never)).toMatchObject([{ state: "ok" }]);
    await expect(marks.append(mark("a"), always, never)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^cannot write the ritual's marks \(refs\/release-sentinel\/ritual\/\S+ of origin\): pre-receive hook declined: only branches and tags may be pushed here$/,
      ),
      remedy: expect.stringContaining("ritual.marks: local"),
      final: true,
    });
  });

  it("says at once what is in the way of the ref", async () => {
    const repo = repository({ origin: true });
    repo.git("push", "-q", "origin", "HEAD:refs/release-sentinel/ritual");
    await expect(marksOf(repo.path).append(mark("a"), always, never)).rejects.toMatchObject({
      message: expect.stringContaining("cannot write the ritual's marks"),
    });
  });

  it("is a conflict where the private repository may not be written", async () => {
    const repo = repository({ origin: true });
    writeFileSync(join(repo.path, ".git", "release-sentinel"), "in the way");
    const [proof] = await marksOf(repo.path).prove(never);
    expect(proof?.state).not.toBe("ok");
    expect(proof?.message).toContain("cannot write the ritual's marks");
    // The remote and the account are fine.
    expect(proof?.remedy).toMatch(/^let git write into .*\/\.git\/release-sentinel\/ritual\.git: /);
  });

  it("removes what a killed run was making of its repository, and nothing that is being made", async () => {
    const repo = repository({ origin: true });
    const folder = join(repo.path, ".git", "release-sentinel");
    const [old, young] = ["11", "22"].map((id) => join(folder, `ritual.git.${id}`)) as [string, string];
    for (const path of [old, young]) mkdirSync(path, { recursive: true });
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(old, longAgo, longAgo);
    await marksOf(repo.path).read(never);
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
  });

  it("is a conflict where there is no such remote, and unknown where it gives no answer", async () => {
    const alone = repository();
    expect(await marksOf(alone.path).prove(never)).toMatchObject([
      { state: "conflict", message: "there is no remote named origin" },
    ]);
    const repo = repository({ origin: true });
    rmSync(repo.origin, { recursive: true });
    expect(await marksOf(repo.path).prove(never)).toMatchObject([{ state: "unknown" }]);
    await expect(marksOf(repo.path).read(never)).rejects.toMatchObject({ name: "StepFailure" });
  });

  it.each([
    ["is no JSON", "sent everything\n"],
    ["is of another shape", `${JSON.stringify({ kind: "sent", key: 7 })}\n`],
    ["is of a kind that only a newer version knows", `${JSON.stringify({ ...mark("a"), kind: "unsent" })}\n`],
    ["has no time", `${JSON.stringify({ ...mark("a"), at: "soon" })}\n`],
    ["is huge", `${JSON.stringify({ ...mark("a"), detail: "x".repeat(5_000_000) })}\n`],
    ["is nothing", "\n"],
  ])("never says that nothing was sent when one %s", async (_what, message) => {
    const repo = repository({ origin: true });
    await marksOf(repo.path).append(mark("a"), always, never);
    forge(repo.origin, message);
    const failure = {
      name: "StepFailure",
      message: expect.stringContaining("not as this version writes them"),
    };
    await expect(marksOf(repo.path).read(never)).rejects.toMatchObject(failure);
    await expect(marksOf(repo.path).append(mark("b"), always, never)).rejects.toMatchObject(failure);
    expect(await marksOf(repo.path).prove(never)).toMatchObject([{ state: "unknown" }]);
  });

  it("never says that nothing was sent when the ref was deleted", async () => {
    const repo = repository({ origin: true });
    await marksOf(repo.path).append(mark("a"), always, never);
    repo.git("push", "-q", "origin", `:${ref}`);
    await expect(marksOf(repo.path).read(never)).rejects.toMatchObject({
      name: "StepFailure",
      message: expect.stringContaining("deleted on origin"),
    });
  });
});

describe("marks in a file", () => {
  const file = (path: string) => join(path, ".release-sentinel", "ritual", `${tag}.jsonl`);

  it("tell that other machines do not know them", async () => {
    const repo = repository();
    expect(await localOf(repo.path).prove(never)).toMatchObject([
      { state: "notice", message: expect.stringContaining("this machine only") },
    ]);
    // Asking writes nothing.
    expect(existsSync(join(repo.path, ".release-sentinel"))).toBe(false);
  });

  it("loses nothing when several append at once", async () => {
    const repo = repository();
    const all = Array.from({ length: 8 }, (_, i) => localOf(repo.path).append(mark(`${i}`), always, never));
    await Promise.all(all);
    expect(await localOf(repo.path).read(never)).toHaveLength(8);
  });

  it("takes a line that was cut off for one that was never written", async () => {
    const repo = repository();
    await localOf(repo.path).append(mark("a"), always, never);
    appendFileSync(file(repo.path), '{"kind":"sent","ke');
    expect(await localOf(repo.path).read(never)).toEqual([mark("a")]);
    await localOf(repo.path).append(mark("b"), always, never);
    expect(readFileSync(file(repo.path), "utf8").split("\n")).toHaveLength(3);
    expect(await localOf(repo.path).read(never)).toEqual([mark("a"), mark("b")]);
  });

  it("never says that nothing was sent when the file holds something else", async () => {
    const repo = repository();
    await localOf(repo.path).append(mark("a"), always, never);
    writeFileSync(file(repo.path), "nothing\n");
    await expect(localOf(repo.path).read(never)).rejects.toMatchObject({ name: "StepFailure" });
    expect(existsSync(file(repo.path))).toBe(true);
  });
});
