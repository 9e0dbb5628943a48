import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ledger, type LedgerWorld, openLedger, verdictEvent } from "../../../src/app/ledger.ts";
import { chooseLedger } from "../../../src/app/ledger-place.ts";
import { readCi } from "../../../src/clients/ci.ts";
import { createEnv } from "../../../src/clients/env.ts";
import type { SentinelEvent } from "../../../src/core/event.ts";
import { Secrets } from "../../../src/core/mask.ts";
import { event, linesOf, never } from "../../support/ledger.ts";
import { gitEnv, repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

function world(cwd: string, extra: Readonly<Record<string, string>> = {}): LedgerWorld & { said: string[] } {
  const env = { ...gitEnv, ...extra };
  const secrets = new Secrets();
  const said: string[] = [];
  const emit = (about: SentinelEvent) => void (about.type === "notice" && said.push(about.message));
  const readers = { env: createEnv(env, secrets), ci: readCi(env) };
  return { cwd, env, readers, secrets, toolVersion: "0.1.0", emit, signal: never, said };
}

function opened(cwd: string, extra?: Readonly<Record<string, string>>): Ledger {
  const ledger = openLedger(world(cwd, extra));
  if (!ledger) return expect.unreachable("there is a ledger");
  return ledger;
}

async function entriesOf(ledger: Ledger) {
  return (await linesOf(ledger.store))
    .map((line) => JSON.parse(line).entry)
    .filter((entry) => entry !== undefined);
}

describe("where the ledger is", () => {
  it("is the work tree's own folder, found from any folder below", async () => {
    const { path } = repository();
    mkdirSync(join(path, "a", "b"), { recursive: true });
    await opened(join(path, "a", "b")).record(event());
    expect(existsSync(join(path, ".release-sentinel", "ledger.jsonl"))).toBe(true);
    expect(readFileSync(join(path, ".release-sentinel", ".gitignore"), "utf8")).toBe("*\n");
  });

  it("is one for all work trees of a repository: a linked one may be removed any day", async () => {
    const repo = repository();
    const linked = join(tempFolder(), "linked");
    repo.git("worktree", "add", "-q", linked, "-b", "other");
    await opened(repo.path).record(event({ data: { n: 1 } }));
    await opened(linked).record(event({ data: { n: 2 } }));
    expect((await entriesOf(opened(repo.path))).map(({ data }) => data.n)).toEqual([1, 2]);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: linked, env: gitEnv }).toString()).toBe("");
  });

  it("is none outside of a repository, and none where it is off", () => {
    expect(openLedger(world(tempFolder()))).toBeNull();
    expect(openLedger(world(repository().path, { RS_LEDGER: "off" }))).toBeNull();
  });

  it.each([
    ["git", "git"],
    ["off", "off"],
    ["", "file"],
    ["audit/ledger.jsonl", "file"],
    ["file:///var/log/ledger.jsonl", "file"],
  ])("RS_LEDGER=%s is understood as %s", (value, kind) => {
    expect(chooseLedger(value, repository().path).kind).toBe(kind);
  });

  it("RS_LEDGER=~/… is below the home folder, as a shell would have it, and no folder called ~", () => {
    expect(chooseLedger("~/book.jsonl", repository().path)).toMatchObject({
      place: { path: join(homedir(), "book.jsonl") },
    });
  });

  it.each(["file://host/ledger.jsonl", "file://./ledger.jsonl", "file:ledger.jsonl", "file:///%2Fledger"])(
    "RS_LEDGER=%s is no file of this machine, and is refused",
    (value) => {
      expect(() => chooseLedger(value, repository().path)).toThrow("names no file of this machine");
    },
  );

  it("is looked for in the repository, and a path from where the caller stands, where that is elsewhere", () => {
    const [here, { path }] = [tempFolder(), repository()];
    expect(chooseLedger("git", here, path)).toMatchObject({ kind: "git", root: path });
    expect(chooseLedger("", here, path)).toMatchObject({
      place: { path: join(path, ".release-sentinel", "ledger.jsonl") },
    });
    expect(chooseLedger("book.jsonl", here, path)).toMatchObject({
      place: { path: join(here, "book.jsonl") },
    });
  });

  it("RS_LEDGER with a server's address that is not known is refused, and the address not repeated", () => {
    expect(() => chooseLedger(`mysql://someone:${"word"}@db.internal/x`, repository().path)).toThrow(
      /^RS_LEDGER: a ledger at mysql:\/\/ is not in this version$/,
    );
    expect(() => chooseLedger("git", tempFolder())).toThrow("there is no repository here");
  });
});

describe("what is recorded", () => {
  it("is who, as git was told, never as git guesses", async () => {
    const repo = repository();
    const ledger = opened(repo.path);
    await ledger.record(event());
    const {
      GIT_AUTHOR_NAME: _,
      GIT_AUTHOR_EMAIL: __,
      GIT_COMMITTER_NAME: ___,
      GIT_COMMITTER_EMAIL: ____,
      ...nobody
    } = gitEnv;
    const anonymous = openLedger({ ...world(repo.path), env: nobody });
    await anonymous?.record(event());
    expect((await entriesOf(ledger)).map(({ actor }) => actor.source)).toEqual(["git", "os"]);
    expect((await entriesOf(ledger))[0]?.actor.name).toBe("Test Author <author@example.com>");
  });

  it("is CI's actor and run, where CI says them", async () => {
    const ledger = opened(repository().path, {
      GITHUB_ACTIONS: "true",
      GITHUB_ACTOR: "octocat",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "o/r",
      GITHUB_RUN_ID: "7",
    });
    await ledger.record(event());
    expect((await entriesOf(ledger))[0]).toMatchObject({
      actor: { name: "octocat", source: "ci" },
      run: { ci: "GitHub Actions", url: "https://github.com/o/r/actions/runs/7" },
    });
  });

  it("holds no secret, in any of its encodings", async () => {
    const token = randomBytes(18).toString("hex");
    const ledger = opened(repository().path, { DEPLOY_TOKEN: token });
    const texts = [token, Buffer.from(`x${token}`).toString("base64"), encodeURIComponent(`${token}&`)];
    await ledger.record(event({ data: { texts, [token]: 1 } }));
    const [line = ""] = await linesOf(ledger.store);
    expect(line).not.toContain(token);
    expect(line).toContain("***");
    expect(line).not.toContain(Buffer.from(token).toString("base64").slice(2, -4));
  });

  it("is followed by a signed checkpoint, where there is a key", async () => {
    const { generateKeyPairSync } = await import("node:crypto");
    const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const ledger = opened(repository().path, { RS_SIGNING_KEY: pem });
    const { seq, head, anchor } = await ledger.record(event());
    expect([seq, head.seq]).toEqual([1, 2]);
    expect(anchor).toBe(`sha256:${head.sha256}@2/${head.ledger}`);
    expect(await ledger.anchor()).toBe(anchor);
    expect(Object.keys(JSON.parse((await linesOf(ledger.store))[1] ?? ""))).toEqual([
      "checkpoint",
      "link",
      "sha256",
    ]);
  });

  it("is a verdict with its findings", () => {
    const verdict = { environment: "", version: null, commit: null } as Parameters<typeof verdictEvent>[0];
    expect(verdictEvent(verdict, "preflight")).toEqual({
      kind: "verdict",
      command: "preflight",
      environment: null,
      version: null,
      commit: null,
      data: { verdict },
    });
  });
});

describe("a ledger that cannot be written", () => {
  it("is told before anything acts, and only warned of where the answer does not hang on it", async () => {
    const { path } = repository();
    writeFileSync(join(path, ".release-sentinel"), "a file where the folder should be");
    const around = world(path);
    const ledger = openLedger(around);
    expect(await ledger?.probe()).toMatchObject({ code: "ledger-unwritable", exitCode: 2 });
    await expect(ledger?.record(event())).rejects.toMatchObject({ code: "ledger-unwritable" });
    expect(await ledger?.note(event())).toBeNull();
    expect(around.said.join()).toMatch(/^Not recorded: cannot write the ledger .* → RS_LEDGER=/);
  });

  it("is one whose key cannot be used, too", async () => {
    const ledger = opened(repository().path, { RS_SIGNING_KEY: "no key at all" });
    expect(await ledger.probe()).toMatchObject({ code: "key-unusable" });
  });

  it("is none that can", async () => {
    expect(await opened(repository().path).probe()).toBeNull();
  });
});
