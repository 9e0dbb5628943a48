import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHistory, type LoggedCommit } from "../../../../src/clients/git/history.ts";
import { parseRemote } from "../../../../src/clients/git/history-parse.ts";
import { GitFailure } from "../../../../src/clients/git/reader.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
}

const log = (cwd: string, range: Parameters<ReturnType<typeof createHistory>["log"]>[0]) =>
  all<LoggedCommit>(createHistory(cwd, gitEnv).log(range));

describe("the log", () => {
  it("is newest first, with everything a commit says", async () => {
    const repo = repository();
    const first = repo.git("rev-parse", "HEAD").trim();
    const second = repo.commit("fix: two\n\nbody\n\nTrailer: x");
    const [newest, oldest] = await log(repo.path, { from: null, to: "HEAD" });
    expect(newest).toMatchObject({
      hash: second,
      short: repo.git("rev-parse", "--short", "HEAD").trim(),
      parents: [first],
      author: { name: "Test Author", email: "author@example.com" },
      message: "fix: two\n\nbody\n\nTrailer: x\n",
    });
    expect(newest?.at).toBe(Number(repo.git("log", "-1", "--format=%at")));
    expect(oldest).toMatchObject({ hash: first, parents: [] });
  });

  it("ends where it is asked to, and can be cut short", async () => {
    const repo = repository();
    const from = repo.git("rev-parse", "HEAD").trim();
    for (const name of ["a", "b", "c"]) repo.commit(`fix: ${name}`);
    const subjects = async (range: { from: string | null; limit?: number }) =>
      (await log(repo.path, { to: "HEAD", ...range })).map(({ message }) => message.trim());
    expect(await subjects({ from })).toEqual(["fix: c", "fix: b", "fix: a"]);
    expect(await subjects({ from: null, limit: 2 })).toEqual(["fix: c", "fix: b"]);
    expect(await subjects({ from: "HEAD" })).toEqual([]);
  });

  it("of some paths knows only what touched them, and merges only if they are asked for", async () => {
    const repo = repository();
    repo.commit("feat: a", { "a/x": "1" });
    repo.commit("feat: b", { "b/x": "1" });
    repo.git("checkout", "-q", "-b", "topic");
    const inner = repo.commit("feat: a again", { "a/x": "2" });
    repo.git("checkout", "-q", "main");
    repo.git("merge", "-q", "--no-ff", "-m", "the merge", "topic");
    const subjects = (found: readonly LoggedCommit[]) => found.map(({ message }) => message.trim());
    expect(subjects(await log(repo.path, { from: null, to: "HEAD", paths: ["a"] }))).toEqual([
      "feat: a again",
      "feat: a",
    ]);
    const whole = await log(repo.path, { from: null, to: "HEAD", paths: ["a"], merges: true });
    expect(subjects(whole)).toEqual(["the merge", "feat: a again", "feat: a"]);
    expect(whole[0]?.parents[1]).toBe(inner);
  });

  it("names people by the mailmap", async () => {
    const repo = repository();
    repo.commit("chore: names", { ".mailmap": "dev-a <a@example.com> <author@example.com>\n" });
    const [commit] = await log(repo.path, { from: null, to: "HEAD" });
    expect(commit?.author).toEqual({ name: "dev-a", email: "a@example.com" });
    expect((await all(createHistory(repo.path, gitEnv).authors("HEAD")))[0]).toEqual(commit?.author);
  });

  it("survives bytes that are no UTF-8, and other encodings", async () => {
    const repo = repository();
    const file = join(tempFolder(), "message");
    // git itself would make something of such a message.
    const commit = repo.git("cat-file", "commit", "HEAD").replace(/\n\n[\s\S]*/, "\n\nfix: ");
    writeFileSync(file, Buffer.concat([Buffer.from(commit), Buffer.from([0xff, 0xfe, 0xe9, 0x0a])]));
    repo.git("reset", "-q", "--soft", repo.git("hash-object", "-w", "-t", "commit", file).trim());
    writeFileSync(file, Buffer.concat([Buffer.from("fix: caf"), Buffer.from([0xe9])]));
    repo.git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", file);
    const [latin, broken] = await log(repo.path, { from: null, to: "HEAD" });
    expect(latin?.message).toBe("fix: café\n");
    expect(broken?.message).toBe("fix: \ufffd\ufffd\ufffd\n");
  });

  it("keeps the head and the tail of a message of megabytes", async () => {
    const repo = repository();
    const file = join(tempFolder(), "message");
    writeFileSync(file, `fix: x\n\n${"long ".repeat(1_000_000)}\n\nCo-authored-by: dev-b <b@example.com>\n`);
    repo.git("commit", "-q", "--allow-empty", "-F", file);
    repo.commit("fix: the next one");
    const [next, long, first] = await log(repo.path, { from: null, to: "HEAD" });
    expect(next?.message).toBe("fix: the next one\n");
    expect(first?.message).toBe("feat: first\n");
    expect(long?.message.length).toBeLessThan(30_000);
    expect(long?.message).toMatch(/^fix: x\n[\s\S]*\nCo-authored-by: dev-b <b@example.com>\n$/);
  });

  it("obeys neither the user's log settings nor a repository that shows signatures", async () => {
    const repo = repository();
    for (const setting of [
      "log.showSignature=true",
      "format.pretty=oneline",
      "log.decorate=full",
      "color.ui=always",
      "notes.displayRef=*",
    ])
      repo.git("config", ...(setting.split("=") as [string, string]));
    const [commit] = await log(repo.path, { from: null, to: "HEAD" });
    expect(commit).toMatchObject({ message: "feat: first\n", parents: [] });
  });

  it("fails where git fails", async () => {
    const repo = repository();
    await expect(log(repo.path, { from: null, to: "0".repeat(40) })).rejects.toThrow(GitFailure);
    await expect(log(tempFolder(), { from: null, to: "HEAD" })).rejects.toThrow(/not a git repository/);
    const nowhere = createHistory(repo.path, { ...gitEnv, PATH: "/nonexistent" });
    await expect(all(nowhere.log({ from: null, to: "HEAD" }))).rejects.toThrow(/git is not installed/);
  });

  it("ends git when it is stopped, or nobody listens any more", async () => {
    const repo = repository();
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `commit refs/heads/many\ncommitter dev-a <a@example.com> ${i} +0000\ndata 2\nx\n`,
    );
    execFileSync("git", ["fast-import", "--quiet"], { cwd: repo.path, env: gitEnv, input: lines.join("\n") });
    const history = createHistory(repo.path, gitEnv);
    const controller = new AbortController();
    const reason = new Error("stopped");
    const stopped = (async () => {
      for await (const _ of history.log({ from: null, to: "many" }, controller.signal))
        controller.abort(reason);
    })();
    await expect(stopped).rejects.toBe(reason);
    for await (const batch of history.log({ from: null, to: "many" })) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    await expect(all(history.log({ from: null, to: "many" }, controller.signal))).rejects.toBe(reason);
  });
});

describe("tags", () => {
  it("lead to commits, annotated or not; a clone may have none", async () => {
    const repo = repository();
    const history = createHistory(repo.path, gitEnv);
    expect(await history.tags()).toEqual([]);
    const commit = repo.git("rev-parse", "HEAD").trim();
    repo.git("tag", "v1.0.0");
    repo.git("tag", "-a", "-m", "x", "pkg@1.0.0");
    repo.commit();
    repo.git("tag", "v1.1.0");
    expect(await history.tags()).toEqual([
      { name: "pkg@1.0.0", commit },
      { name: "v1.0.0", commit },
      { name: "v1.1.0", commit: repo.git("rev-parse", "HEAD").trim() },
    ]);
    expect(await history.reachableTags(commit)).toEqual(new Set(["pkg@1.0.0", "v1.0.0"]));
  });

  it("of the remote are asked for by name", async () => {
    const repo = repository({ origin: true });
    repo.git("tag", "-a", "-m", "x", "v1.0.0");
    repo.git("push", "-q", "origin", "v1.0.0");
    expect(await createHistory(repo.path, gitEnv).remoteTags("origin")).toEqual(["v1.0.0"]);
    await expect(createHistory(repo.path, gitEnv).remoteTags("nowhere")).rejects.toThrow(GitFailure);
  });
});

it("a remote's settings tell its URL, what git makes of it, and whether its tags are fetched", () => {
  const config = (...entries: [string, string][]) =>
    entries.map(([key, value]) => `${key}\n${value}\0`).join("");
  const text = config(
    ["remote.origin.url", "gh:owner/name"],
    ["remote.origin.tagopt", "--no-tags"],
    ["url.git@github.com:.insteadof", "gh:"],
    ["url.https://mirror.example.com/.insteadof", "g"],
  );
  expect(parseRemote(text, "origin")).toEqual({
    pushUrls: [],
    urls: ["gh:owner/name", "git@github.com:owner/name"],
    tags: false,
  });
  expect(parseRemote(text, "other")).toBeNull();
});

it("a shallow clone knows where it was cut off", async () => {
  const repo = repository({ origin: true });
  repo.commit();
  repo.git("push", "-q", "origin", "main");
  const clone = join(tempFolder(), "clone");
  execFileSync("git", ["clone", "-q", "--depth", "1", `file://${repo.origin}`, clone], { env: gitEnv });
  expect(await createHistory(clone, gitEnv).cutOff()).toEqual(
    new Set([repo.git("rev-parse", "HEAD").trim()]),
  );
  expect(await createHistory(repo.path, gitEnv).cutOff()).toEqual(new Set());
});
