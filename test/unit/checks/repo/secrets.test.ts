import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import {
  repoSecrets,
  type SecretsObservation,
  type SecretsOptions,
} from "../../../../src/checks/repo/secrets.ts";
import { createGit } from "../../../../src/clients/git/git.ts";
import type { Readers } from "../../../../src/clients/readers.ts";
import { createSecretScanner } from "../../../../src/clients/secret-scanner.ts";
import type { Judgement } from "../../../../src/core/finding.ts";
import type { Target } from "../../../../src/core/target.ts";
import { samples } from "../../clients/secret-samples.ts";

const target: Target = {
  environment: "prod",
  version: "v1.1.0",
  purpose: "release",
  at: "2026-11-21T08:00:00Z",
};
const env = {
  PATH: process.env["PATH"],
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@b.invalid",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@b.invalid",
};
const secretScanner = createSecretScanner();
const aws = samples[0]?.text ?? "";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "secrets-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) => execFileSync("git", args, { cwd: root, env, stdio: "pipe" });

function commit(files: Record<string, string | Buffer>, ...tags: string[]) {
  git("init", "-q", "-b", "main");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  git("add", "-A");
  git("commit", "-q", "-m", "change");
  for (const tag of tags) git("tag", "-a", "-m", tag, tag);
}

async function look(options: Partial<SecretsOptions> = {}, signal = new AbortController().signal) {
  const readers = { git: createGit(root, env), secretScanner } as Partial<Readers> as Readers;
  const full = { ...repoSecrets.defaults, ...options };
  const seen = (await repoSecrets.observe({
    readers,
    options: full,
    target,
    signal,
    needs: {},
  })) as SecretsObservation;
  const judged = [repoSecrets.judge(seen, { options: full, target })].flat() as Judgement[];
  return { seen, judged };
}

describe("repo.secrets in a repository", () => {
  it("names file, line and kind, and what to do", async () => {
    commit({ "src/a.ts": `// settings\nconst key = 1;\n${aws}\n` });
    const { judged } = await look();
    expect(judged).toEqual([
      {
        status: "fail",
        message: "Plaintext secret in src/a.ts:3 (AWS access key)",
        subject: "src/a.ts",
        location: { file: "src/a.ts", line: 3 },
        remedy:
          "revoke and replace it, then remove it from src/a.ts and, if it was pushed, from history (git filter-repo --replace-text)",
      },
    ]);
  });

  it("looks at what changed since the last release, and at nothing older", async () => {
    commit({ "old.txt": aws, "gone.txt": aws }, "v1.0.0");
    commit({ "new.txt": "fine" }, "v1.1.0-rc.1");
    rmSync(join(root, "gone.txt"));
    commit({ "also.txt": "fine" });
    const { seen, judged } = await look();
    expect(seen).toMatchObject({ since: "v1.0.0", scanned: 2, leaks: [] });
    expect(judged).toEqual([
      { status: "ok", message: "No plaintext secrets in 2 files changed since v1.0.0" },
    ]);
  });

  it("looks behind the tag of the release in hand", async () => {
    commit({ "old.txt": "fine" }, "v1.0.0");
    commit({ "new.txt": aws }, "v1.0.1", "v1.1.0");
    expect((await look()).seen).toMatchObject({
      since: "v1.0.0",
      leaksTotal: 1,
      leaks: [{ file: "new.txt", line: 1 }],
    });
  });

  it("looks at everything when asked, and before the first release", async () => {
    commit({ "a.txt": "fine", "b.txt": "fine" });
    expect((await look()).judged).toEqual([{ status: "ok", message: "No plaintext secrets in 2 files" }]);
    git("tag", "v1.0.0");
    commit({ "c.txt": "fine" });
    expect((await look({ since: "all" })).seen).toMatchObject({ since: null, scanned: 3 });
  });

  it("looks at what changed since a ref, and cannot tell when there is no such ref", async () => {
    commit({ "a.txt": aws });
    git("branch", "base");
    commit({ "b.txt": "fine" });
    expect((await look({ since: "base" })).seen).toMatchObject({ since: "base", scanned: 1, leaks: [] });
    await expect(look({ since: "no-such" })).rejects.toThrow("no-such is not a commit in this clone");
  });

  it("reads what is committed, not what lies in the work tree", async () => {
    commit({ "a.txt": "fine" });
    writeFileSync(join(root, "a.txt"), aws);
    expect((await look()).seen.leaks).toEqual([]);
  });

  it("passes over ignored paths, dot files included", async () => {
    commit({ "test/.env": aws, "src/x.ts": aws, "docs/deep/y.md": aws });
    const { seen } = await look({ ignore: ["test/**", "**/*.md"] });
    expect(seen.leaks.map(({ file }) => file)).toEqual(["src/x.ts"]);
  });

  it("passes over binary files but reads UTF-16", async () => {
    const little = Buffer.from(`\ufeff${aws}`, "utf16le");
    commit({
      "image.bin": Buffer.concat([Buffer.from([1, 0, 2]), Buffer.from(aws)]),
      "little.txt": little,
      "big.txt": Buffer.from(little).swap16(),
    });
    const { seen } = await look();
    expect(seen.leaks.map(({ file }) => file).sort()).toEqual(["big.txt", "little.txt"]);
    expect(seen.scanned).toBe(2);
  });

  it("says which files were too large to look into", async () => {
    commit({ "big.sql": "x".repeat(2000), "small.txt": "x" });
    const { judged } = await look({ maxFileBytes: 1000 });
    expect(judged).toEqual([
      { status: "ok", message: "No plaintext secrets in 1 file" },
      {
        status: "notice",
        message: "Not looked into for secrets: 1 file over 1000 bytes",
        details: ["big.sql"],
        remedy: "raise maxFileBytes of repo.secrets to have them looked into",
      },
    ]);
  });

  it("holds no secret in its observation", async () => {
    commit(Object.fromEntries(samples.map(({ text }, i) => [`f${i}.txt`, text])));
    const { seen } = await look();
    expect(seen.leaksTotal).toBeGreaterThanOrEqual(samples.length - 1);
    for (const { secret } of samples) expect(JSON.stringify(seen)).not.toContain(secret.slice(0, 40));
  });

  it("fails in git's own words outside a repository", async () => {
    expect((await look()).judged).toMatchObject([{ status: "fail", message: "Not inside a Git repository" }]);
  });

  it("stops when it is told to", async () => {
    commit({ "a.txt": "fine" });
    const reason = new Error("no longer needed");
    await expect(look({}, AbortSignal.abort(reason))).rejects.toThrow();
  });
});

describe("repo.secrets on data", () => {
  const leak = (i: number) => ({ file: `f${i}.ts`, line: i + 1, rule: "aws", what: "AWS access key" });
  const observation = (total: number): SecretsObservation => ({
    since: "v1.0.0",
    scanned: 500,
    skippedLarge: [],
    skippedLargeTotal: 0,
    leaks: Array.from({ length: Math.min(total, 200) }, (_, i) => leak(i)),
    leaksTotal: total,
  });
  const judge = (total: number) =>
    [repoSecrets.judge(observation(total), { options: repoSecrets.defaults, target })].flat() as Judgement[];

  it("names fifty and counts the rest", () => {
    expect(judge(50)).toHaveLength(50);
    expect(judge(51).at(-1)).toMatchObject({ status: "fail", message: "Plaintext secrets in 1 more place" });
    expect(judge(4321)).toHaveLength(51);
    expect(judge(4321).at(-1)).toMatchObject({ message: "Plaintext secrets in 4271 more places" });
  });

  it("gives every unhappy answer a remedy", () => {
    for (const judgement of judge(60)) expect(judgement.remedy).toBeTruthy();
  });
});

describe("the options of repo.secrets", () => {
  const schema = repoSecrets.schema(z);

  it("may be left out or be given", () => {
    expect(schema.safeParse({}).success).toBe(true);
    expect(schema.safeParse({ since: "main", ignore: ["test/**"], maxFileBytes: 10 }).success).toBe(true);
    expect(schema.safeParse({ maxFileBytes: 0 }).success).toBe(false);
    expect(schema.safeParse({ ignored: [] }).success).toBe(false);
  });
});
