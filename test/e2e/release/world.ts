import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { type CliOptions, cli, type Ran } from "../../support/cli.ts";
import { githubServer, testToken } from "../../support/github.ts";
import type { Fault, GitHubRequest, GitHubServer, GitHubServerOptions } from "../../support/github-server.ts";
import { gitEnv, repository, type TestRepository } from "../../support/repository.ts";
import { server, type TestServer } from "../../support/server.ts";
import { tempFolder } from "../../support/temp.ts";

export const version = "v1.0.0";

/** The gate at its smallest: what these tests are about comes after it. */
export const policy = [
  "checks:",
  "  git.repository: true",
  "  git.clean: true",
  "  git.branch: true",
  "  git.version: true",
  "  git.tag: true",
  "",
].join("\n");

export const assets: Readonly<Record<string, string>> = {
  "dist/app.tgz": "the program\n",
  "dist/app.sbom.json": "{}\n",
};

const settings = ["release:", "  assets: [dist/*]", ""].join("\n");

/** A repository that is ready to be released, its remote, and GitHub. */
export interface ReleaseWorld {
  readonly repo: TestRepository;
  readonly github: GitHubServer;
  readonly webhook: TestServer;
  readonly env: Record<string, string>;
  /** The commit that is released. */
  readonly commit: string;
  /** What goes wrong on GitHub's side, from now on. */
  fault: ((request: GitHubRequest) => Fault | undefined) | undefined;
  /** `release --env prod --version v1.0.0`, and these. */
  release(args?: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  /** The command line as it is. */
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<Ran>;
  /** A change in the remote repository. */
  remote(...args: string[]): string;
}

export interface WorldOptions {
  /** Of the configuration, what `release:` says; default: two assets. */
  readonly settings?: string;
  readonly policy?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly github?: Partial<GitHubServerOptions>;
}

export async function releaseWorld(options: WorldOptions = {}): Promise<ReleaseWorld> {
  const repo = repository({ origin: true });
  const commit = repo.commit("feat: all of it", {
    ".gitignore": "dist/\n",
    "release-sentinel.yaml": `${options.policy ?? policy}${options.settings ?? settings}`,
    ...options.files,
  });
  repo.git("push", "-q", "origin", "main");
  for (const [path, content] of Object.entries(assets)) repo.write(path, content);
  let world: ReleaseWorld;
  const github = await githubServer({
    gitDir: repo.origin,
    faults: (request) => world.fault?.(request),
    ...options.github,
  });
  const webhook = await server(200);
  const env: Record<string, string> = {
    GITHUB_TOKEN: testToken(),
    GITHUB_API_URL: github.url,
    GITHUB_REPOSITORY: "octo/demo",
    RS_ALERT_WEBHOOK: `${webhook.url}/services/${testToken("hook")}`,
    GIT_AUTHOR_NAME: "Test Author",
    GIT_AUTHOR_EMAIL: "author@example.com",
    GIT_COMMITTER_NAME: "Test Author",
    GIT_COMMITTER_EMAIL: "author@example.com",
  };
  const run = (
    args: readonly string[],
    { cwd = repo.path, env: extra = {}, ...more }: Partial<CliOptions> = {},
  ) => cli(args, { cwd, env: { ...env, ...extra }, ...more });
  world = {
    repo,
    github,
    webhook,
    env,
    commit,
    fault: undefined,
    run,
    release: (args = [], more) => run(["release", "--env", "prod", "--version", version, ...args], more),
    remote: (...args) => git(repo.origin, ...args),
  };
  return world;
}

export function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", args, { cwd, env: gitEnv, stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim();
}

/** A second machine: a clone of its own, with the same assets built. */
export function clone({ repo }: ReleaseWorld, ...args: string[]): string {
  const path = join(tempFolder("rs-clone-"), "work");
  execFileSync("git", ["clone", "-q", ...args, `file://${repo.origin}`, path], { env: gitEnv });
  for (const [file, content] of Object.entries(assets)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), content);
  }
  return path;
}

export function told({ code, signal, stdout, stderr }: Ran): string {
  return `exit ${code} ${signal ?? ""}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

export function expectEnd(ran: Ran, code: number, ...says: readonly (string | RegExp)[]): void {
  const report = told(ran);
  expect(ran.code, report).toBe(code);
  for (const text of says) {
    if (typeof text === "string") expect(ran.all, report).toContain(text);
    else expect(ran.all, report).toMatch(text);
  }
}

export function sha256(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Every ref of both repositories, and what GitHub has: nothing was changed when it is the same before and after. */
export function everything({ repo, github, remote }: ReleaseWorld): unknown {
  const { releases, tagsMade, deleted, deletedAssets, latest } = github.state;
  return JSON.parse(
    JSON.stringify({
      here: repo.git("for-each-ref", "--format=%(refname) %(objectname)"),
      there: remote("for-each-ref", "--format=%(refname) %(objectname)"),
      releases: releases.map(({ hidden: _, ...release }) => release),
      tagsMade,
      deleted,
      deletedAssets,
      latest,
    }),
  );
}

/** Requests that change something, as the stand-in has seen them. */
export function writes({ requests }: Pick<GitHubServer, "requests">): string[] {
  return requests.filter(({ method }) => method !== "GET").map(({ operation }) => operation);
}

export const names = ["RELEASE_NOTES.md", "SHA256SUMS", "app.sbom.json", "app.tgz"];

/** One release, whole and published, of one annotated tag at the right commit; nothing left over. */
export function expectReleased(world: ReleaseWorld, tag: string = version, commit = world.commit): void {
  const { github, remote } = world;
  const found = github.state.releases.filter((release) => release.tag === tag);
  expect(found.map(({ draft }) => draft)).toEqual([false]);
  const there = found[0]?.assets ?? [];
  expect(there.map(({ name, state }) => `${name} ${state}`).sort()).toEqual(
    names.map((name) => `${name} uploaded`),
  );
  for (const [path, content] of Object.entries(assets)) {
    expect(there.find(({ name }) => path.endsWith(`/${name}`))?.sha256).toBe(sha256(content));
  }
  expect(github.state.releases.filter(({ draft }) => draft)).toEqual([]);
  expect(github.state.tagsMade).toEqual([]);
  expectTagged(world, tag, commit);
  expect(remote("for-each-ref", "--format=%(refname)", "refs/tags").split("\n")).toContain(
    `refs/tags/${tag}`,
  );
  expect(github.violations).toEqual([]);
}

/** The remote has this tag, annotated, at this commit. */
export function expectTagged({ remote, commit }: ReleaseWorld, tag: string = version, at = commit): void {
  expect(remote("cat-file", "-t", `refs/tags/${tag}`)).toBe("tag");
  expect(remote("rev-parse", `refs/tags/${tag}^{commit}`)).toBe(at);
}
