import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RitualOutcome } from "../../../src/flows/ritual/outcome.ts";
import { type CliOptions, cli, type Ran } from "../../support/cli.ts";
import { testToken } from "../../support/github.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";
import { type Handler, server, type TestServer } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

export const tag = "v1.2.3";
export const marksRef = (of = tag): string => `refs/release-sentinel/ritual/${of}`;

/** A released tag, and where everything goes: a store on this machine, and Slack. */
export interface RitualWorld {
  readonly repo: TestRepository;
  readonly slack: TestServer;
  /** The store. */
  readonly store: string;
  readonly env: Record<string, string>;
  readonly commit: string;
  /** `ritual --tag v1.2.3`, and these. */
  ritual(args?: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
}

export interface WorldOptions {
  /** More of `ritual:`, two spaces in. */
  readonly settings?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** False: nobody is told. */
  readonly told?: boolean;
  /** How Slack answers; default: 200. */
  readonly handler?: Handler;
}

export async function ritualWorld({
  settings = "",
  files = {},
  told = true,
  handler,
}: WorldOptions = {}): Promise<RitualWorld> {
  const repo = repository({ origin: true });
  const store = tempFolder("rs-store-");
  const slack = await server(handler ?? 200);
  repo.git("tag", "-a", "-m", "Release v1.2.2", "v1.2.2");
  const commit = repo.commit("feat: all of it", {
    "release-sentinel.yaml": `extends: default\nritual:\n  archive: {stores: [{folder: ${JSON.stringify(store)}}]}\n${settings}`,
    ...files,
  });
  repo.git("tag", "-a", "-m", `Release ${tag}`, tag);
  repo.git("push", "-q", "origin", "main", "--tags");
  const env: Record<string, string> = {
    ...(told ? { SLACK_WEBHOOK_URL: `${slack.url}/services/${testToken("hook")}` } : {}),
    USER: "tester",
    GIT_AUTHOR_NAME: "Test Author",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_COMMITTER_NAME: "Test Author",
    GIT_COMMITTER_EMAIL: "author@example.com",
  };
  const run = (
    args: readonly string[],
    { cwd = repo.path, env: extra = {}, ...more }: Partial<CliOptions> = {},
  ) => cli(args, { cwd, env: { ...env, ...extra }, ...more });
  return {
    repo,
    slack,
    store,
    env,
    commit,
    run,
    ritual: (args = [], more) => run(["ritual", "--tag", tag, ...args], more),
  };
}

/** A fresh machine: a clone of its own, with nothing of what another one has made. */
export function clone({ repo }: RitualWorld): string {
  const path = join(tempFolder("rs-clone-"), "work");
  execFileSync("git", ["clone", "-q", `file://${repo.origin}`, path], { env: gitEnv });
  return path;
}

/** What the remote's marks say, oldest first. */
export function marks({ repo }: RitualWorld, of = tag): readonly { kind: string; key: string }[] {
  const has =
    execFileSync("git", ["for-each-ref", marksRef(of)], { cwd: repo.origin, env: gitEnv }).length > 0;
  if (!has) return [];
  const text = execFileSync("git", ["log", "--reverse", "--format=%B", marksRef(of)], {
    cwd: repo.origin,
    env: gitEnv,
  });
  return text
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { kind: string; key: string });
}

export function kinds(world: RitualWorld): readonly string[] {
  return marks(world).map(({ kind }) => kind);
}

export function folderOf(cwd: string, of = tag): string {
  return join(cwd, ".release-sentinel", "releases", `release-${of}`);
}

export function logOf(cwd: string): { result: string; steps: readonly { name: string; outcome: string }[] } {
  return JSON.parse(readFileSync(join(folderOf(cwd), `VERIFICATION-${tag}.json`), "utf8"));
}

export function expectEnd(ran: Ran, code: number, ...says: readonly string[]): void {
  const all = `exit ${ran.code} ${ran.signal ?? ""}\n${ran.all}`;
  for (const text of says) expect(all.includes(text), `${text}\nis not in\n${all.slice(-6000)}`).toBe(true);
  expect(ran.code, all.slice(-6000)).toBe(code);
  expect(ran.all).not.toContain("internal error");
}

export function outcomeOf(ran: Ran): RitualOutcome {
  return JSON.parse(ran.stdout) as RitualOutcome;
}

/** The messages that have arrived; alerts come to the same channel. */
export function toldBy({ slack }: RitualWorld): readonly string[] {
  return slack.received.map(({ body }) => body).filter((body) => !body.includes(":rotating_light:"));
}

export function isThere(path: string): boolean {
  return existsSync(path);
}

/** A step of the project's own that kills the process the first time that it runs. */
export const killer = `
import { existsSync, writeFileSync } from "node:fs";
import { defineStep } from "release-sentinel";
export default defineStep({
  name: "killer",
  title: "Kill the process",
  schema: (z) => z.strictObject({ file: z.string() }),
  async observe({ options }) {
    return existsSync(options.file) ? { state: "done", message: "killed before" } : { state: "needed", message: "will kill" };
  },
  async run({ options }) {
    writeFileSync(options.file, "");
    process.kill(process.pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return { message: "never" };
  },
});
`;
