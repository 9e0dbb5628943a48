import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createGitRemote, ledgerRef, RemoteFailure } from "../../../../src/clients/ledger/git-remote.ts";
import { createGitStore } from "../../../../src/clients/ledger/git-store.ts";
import type { LedgerStore } from "../../../../src/clients/ledger/store.ts";
import { verifyChain } from "../../../../src/ledger/verify.ts";
import { ledgerStoreContract } from "../../../contract/ledger-store.ts";
import { event, linesOf, never, writer } from "../../../support/ledger.ts";
import { gitEnv, repository } from "../../../support/repository.ts";
import { tempFolder } from "../../../support/temp.ts";

function storeOf(root: string): LedgerStore {
  const remote = createGitRemote({ root, commonDir: join(root, ".git"), env: gitEnv });
  return createGitStore(remote, `${ledgerRef} of origin`, gitEnv);
}

function clone(origin: string, ...options: string[]): string {
  const path = join(tempFolder("rs-clone-"), "clone");
  execFileSync("git", ["clone", "-q", ...options, `file://${origin}`, path], { env: gitEnv });
  return path;
}

const anyone = { keys: [], anchors: [] };

ledgerStoreContract("a git remote", () => {
  const { path } = repository({ origin: true });
  return { open: () => storeOf(path) };
});

ledgerStoreContract("a git remote, each time from another clone", () => {
  const { origin } = repository({ origin: true });
  return { open: () => storeOf(clone(origin)) };
});

describe("the ledger on a git remote", () => {
  it("touches nothing of the user's repository: no ref, no object, no shallow boundary", async () => {
    const repo = repository({ origin: true });
    const look = () => [
      repo.git("for-each-ref"),
      repo.git("count-objects", "-v"),
      repo.git("status", "--porcelain", "--ignored"),
      repo.git("rev-parse", "--is-shallow-repository"),
      repo.git("config", "--list", "--local"),
    ];
    const before = look();
    await writer(storeOf(repo.path)).record(event(), never);
    expect(look()).toEqual(before);
    expect(repo.git("ls-remote", "origin", ledgerRef)).toContain(ledgerRef);
  });

  it("is appended to by a fresh clone that has fetched one commit of it", async () => {
    const repo = repository({ origin: true });
    for (const n of [1, 2, 3, 4]) await writer(storeOf(repo.path)).record(event({ data: { n } }), never);
    const fresh = clone(repo.origin, "--depth=1");
    const store = storeOf(fresh);
    expect((await writer(store).record(event({ data: { n: 5 } }), never)).seq).toBe(5);
    const own = join(fresh, ".git", "release-sentinel", "ledger.git");
    const count = () =>
      execFileSync("git", [`--git-dir=${own}`, "rev-list", "--count", "refs/ledger/seen"], {
        env: gitEnv,
      }).toString();
    expect(Number(count())).toBe(2);
    expect(await verifyChain(store.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 5 });
    expect(Number(count())).toBe(5);
  });

  it("loses nothing when eight clones append at once, five entries each", async () => {
    const { origin } = repository({ origin: true });
    const clones = Array.from({ length: 8 }, () => storeOf(clone(origin)));
    await Promise.all(
      clones.map(async (store, who) => {
        for (const n of [0, 1, 2, 3, 4]) await writer(store).record(event({ data: { who, n } }), never);
      }),
    );
    const store = storeOf(clone(origin));
    expect(await verifyChain(store.blocks(never), anyone)).toMatchObject({ genuine: true, lines: 40 });
    const entries = (await linesOf(store)).map((line) => JSON.parse(line).entry.data);
    for (const who of clones.keys())
      expect(entries.filter((data) => data.who === who).map((data) => data.n)).toEqual([0, 1, 2, 3, 4]);
    // Forty pushes, and as many that lose: half a minute of git on a machine with much else to do.
  }, 300_000);

  it("does not run the user's hooks, nor push anything else", async () => {
    const repo = repository({ origin: true });
    const marker = join(tempFolder(), "ran");
    mkdirSync(join(repo.path, ".git", "hooks"), { recursive: true });
    const hook = join(repo.path, ".git", "hooks", "pre-push");
    writeFileSync(hook, `#!/bin/sh\ntouch ${marker}\nexit 1\n`);
    chmodSync(hook, 0o755);
    repo.git("config", "push.followTags", "true");
    repo.git("config", "remote.origin.mirror", "true");
    repo.git("tag", "-a", "-m", "local", "v9.9.9");
    await writer(storeOf(repo.path)).record(event(), never);
    expect(repo.git("ls-remote", "origin")).not.toContain("v9.9.9");
    expect(() => execFileSync("test", ["-e", marker])).toThrow();
  });

  it("sees that the remote's history was rewritten, and adds nothing to it", async () => {
    const repo = repository({ origin: true });
    const store = storeOf(repo.path);
    for (const n of [1, 2]) await writer(store).record(event({ data: { n } }), never);
    const other = repository({ origin: true });
    await writer(storeOf(other.path)).record(event(), never);
    execFileSync("git", ["fetch", "-q", `file://${other.origin}`, `+${ledgerRef}:${ledgerRef}`], {
      cwd: repo.origin,
      env: gitEnv,
    });
    await expect(writer(store).record(event(), never)).rejects.toMatchObject({
      code: "ledger-unwritable",
      message: expect.stringContaining("rewritten"),
    });
    const anchors = await store.witnesses(never);
    const verified = await verifyChain(store.blocks(never), { keys: [], anchors });
    expect(verified.problems[0]?.kind).toBe("truncated");
  });

  it("takes an entry for written, once, when the connection ended after the work was done", async () => {
    const repo = repository({ origin: true });
    const remote = createGitRemote({ root: repo.path, commonDir: join(repo.path, ".git"), env: gitEnv });
    const cutOff = {
      ...remote,
      push: async (...args: Parameters<typeof remote.push>) => {
        await remote.push(...args);
        throw new RemoteFailure("the remote end hung up unexpectedly");
      },
    };
    const written = await writer(createGitStore(cutOff, "x", gitEnv)).record(event(), never);
    expect(written.seq).toBe(1);
    expect(await linesOf(storeOf(clone(repo.origin)))).toHaveLength(1);
  });

  it("killed in the middle of a push loses nothing that was acknowledged, and holds nobody up", async () => {
    const repo = repository({ origin: true });
    const acknowledged: string[] = [];
    for (const delay of [10, 35, 60]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, "append.ts"), repo.path, "1", "100"], {
        env: gitEnv,
        stdio: ["ignore", "pipe", "ignore"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      child.stdout.on("data", (chunk) => acknowledged.push(...String(chunk).trim().split("\n")));
      child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), delay));
      await new Promise((resolve) => child.on("close", resolve));
    }
    const store = storeOf(clone(repo.origin));
    await writer(storeOf(repo.path)).record(event(), never);
    expect((await verifyChain(store.blocks(never), anyone)).problems).toEqual([]);
    const hashes = new Set((await linesOf(store)).map((line) => `sha256:${JSON.parse(line).sha256}`));
    expect(acknowledged.filter((hash) => !hashes.has(hash))).toEqual([]);
  });

  it.each(["refs/ledger/fetched.lock", "refs/ledger/seen.lock", "shallow.lock"])(
    "waits for the git of a run that was killed, which still holds %s",
    async (name) => {
      const repo = repository({ origin: true });
      const { path, origin } = repo;
      await writer(storeOf(path)).record(event(), never);
      const own = join(path, ".git", "release-sentinel", "ledger.git");
      // Not fetched before: the next one has a shallow boundary to write.
      execFileSync("git", [`--git-dir=${own}`, "update-ref", "-d", "refs/ledger/fetched"], { env: gitEnv });
      const lock = join(own, name);
      writeFileSync(lock, "");
      // git itself waits for a tenth of it.
      setTimeout(() => rmSync(lock), 1000);
      expect((await writer(storeOf(path)).record(event(), never)).seq).toBe(2);
      expect(await linesOf(storeOf(clone(origin)))).toHaveLength(2);
    },
  );

  it.each([
    [
      "there is no remote",
      (repo: ReturnType<typeof repository>) => repo.git("remote", "remove", "origin"),
      "no remote named origin",
    ],
    [
      "the remote is gone",
      (repo: ReturnType<typeof repository>) => repo.git("remote", "set-url", "origin", "/nonexistent/x.git"),
      "cannot write the ledger",
    ],
    [
      "the remote refuses",
      ({ origin }: ReturnType<typeof repository>) => {
        const hook = join(origin, "hooks", "pre-receive");
        mkdirSync(join(origin, "hooks"), { recursive: true });
        writeFileSync(hook, "#!/bin/sh\necho nobody may push here >&2\nexit 1\n");
        chmodSync(hook, 0o755);
      },
      "pre-receive hook declined",
    ],
    [
      "its own folder cannot be made",
      (repo: ReturnType<typeof repository>) =>
        writeFileSync(join(repo.path, ".git", "release-sentinel"), "a file"),
      "cannot write the ledger",
      "clone by --repo",
    ],
  ])("is unwritable when %s", async (_, harm, words, remedy = "") => {
    const repo = repository({ origin: true });
    harm(repo);
    await expect(writer(storeOf(repo.path)).record(event(), never)).rejects.toMatchObject({
      code: "ledger-unwritable",
      message: expect.stringContaining(words),
      remedy: expect.stringContaining(remedy),
    });
  });
});
