import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";
import { printable, showUrl } from "../../core/text.ts";
import { limited } from "../../core/within.ts";
import { makeFolder } from "../make-folder.ts";
import { createGitCommand, type GitAnswer, type GitCommand, type GitCommandOptions } from "./command.ts";
import { gitHubToken, tokenDoor } from "./credentials.ts";
import { oneLine } from "./git.ts";
import { wantsCredentials } from "./ls-remote.ts";

const remoteLimitMs = 30_000;
/** By then, the git of a run that was killed has done what it was at. */
const orphanMs = 5000;
/** Nobody needs so long to make an empty repository. */
const draftMs = 3_600_000;

/** What the user's settings would add to a transfer: not to these. */
const settings = [
  "push.followTags=false",
  "push.recurseSubmodules=no",
  "push.gpgSign=false",
  "push.pushOption=",
  "fetch.recurseSubmodules=no",
  "fetch.writeCommitGraph=false",
];

/** A ref of the remote that many write: commits are only ever added to it. */
export interface RefRemote {
  readonly ref: string;
  readonly gitDir: string;
  /** git in the private repository. */
  readonly git: GitCommand;
  /** For people. */
  where(): Promise<string>;
  /** Brings the ref's commits here, with all of its history where that is asked for. Null: there is none yet. */
  fetch(whole: boolean, signal: AbortSignal): Promise<string | null>;
  /** The last state that this clone has seen, before any fetch. */
  seen(signal: AbortSignal): Promise<string | null>;
  remember(commit: string, signal: AbortSignal): Promise<void>;
  /** Whether a commit contains another. */
  contains(commit: string, ancestor: string, signal: AbortSignal): Promise<boolean>;
  /** What git says to a question. @throws RemoteFailure */
  ask(args: readonly string[], options: GitCommandOptions): Promise<string>;
  /** A commit with this tree; nobody sees it before it is pushed. */
  commit(tree: string, parent: string | null, message: string, signal: AbortSignal): Promise<string>;
  /** Puts a commit in the place of what was fetched; `raced`: somebody was quicker. */
  push(
    commit: string,
    before: string | null,
    dryRun: boolean,
    signal: AbortSignal,
  ): Promise<"done" | "raced">;
}

/** The remote did not do what was asked; the message is git's, on one line. */
export class RemoteFailure extends Error {
  override readonly name = "RemoteFailure";
}

export interface RefPlace {
  readonly root: string;
  /** The common git folder of all work trees. */
  readonly commonDir: string;
  /** The folder of the private repository: without it, in the git folder. */
  readonly beside?: string;
  readonly env: NodeJS.ProcessEnv;
  /** The remote's name. */
  readonly remote: string;
  /** On the remote. */
  readonly ref: string;
  /** Name of the private repository: `ledger.git`. */
  readonly store: string;
  /** In there: what was seen of the remote, and what was fetched last. */
  readonly seenRef: string;
  readonly fetchedRef: string;
  /** There is no such remote. */
  readonly noRemote: () => Error;
}

/**
 * One ref of a remote, through a bare repository of its own inside the clone's git folder: the user's objects, refs
 * and shallow boundary stay as they are, and a fresh clone fetches one commit to append to a history of any length.
 * The clone's settings are included, so that its credentials and URL rules hold.
 */
export function createRefRemote(place: RefPlace): RefRemote {
  const { root, commonDir, env, remote, ref, seenRef, fetchedRef } = place;
  const gitDir = join(place.beside ?? join(commonDir, "release-sentinel"), place.store);
  const git = createGitCommand(root, env);
  let urls: Promise<{ readonly fetch: string; readonly push: string }> | undefined;

  const own = (args: readonly string[], extra: GitCommandOptions = {}): Promise<GitAnswer> =>
    git([`--git-dir=${gitDir}`, ...args], {
      ...extra,
      settings: [`include.path=${join(commonDir, "config")}`, ...settings, ...(extra.settings ?? [])],
    });
  const ask = async (args: readonly string[], extra: GitCommandOptions): Promise<string> =>
    output(await own(args, extra));

  function remoteUrls(): Promise<{ readonly fetch: string; readonly push: string }> {
    urls ??= (async () => {
      const get = async (key: string) =>
        (await git(["config", "--get", `remote.${remote}.${key}`])).stdout.toString("utf8").trim();
      const [fetch, push] = await Promise.all([get("url"), get("pushurl")]);
      if (fetch === "") throw place.noRemote();
      return { fetch, push: push || fetch };
    })();
    return urls;
  }

  async function prepare(signal: AbortSignal): Promise<void> {
    if (existsSync(join(gitDir, "HEAD"))) return;
    const format = await git(["rev-parse", "--show-object-format"], { signal });
    const made = `${gitDir}.${randomUUID()}`;
    makeFolder(dirname(gitDir));
    sweep(gitDir);
    const sort = format.code === 0 ? [`--object-format=${format.stdout.toString("utf8").trim()}`] : [];
    try {
      const answer = await git(["init", "--quiet", "--bare", "--template=", ...sort, made], { signal });
      if (answer.code !== 0) throw new RemoteFailure(oneLine(answer.stderr));
      renameSync(made, gitDir);
    } catch (error) {
      rmSync(made, { recursive: true, force: true });
      // Another process was quicker.
      if (!existsSync(join(gitDir, "HEAD"))) throw error;
    }
  }

  /** With git's own credentials, and where those do not do with GITHUB_TOKEN, for GitHub's own server alone. */
  async function transfer(url: string, args: readonly string[], signal: AbortSignal): Promise<GitAnswer> {
    const late = () => new RemoteFailure(`${remote} gave no answer within ${remoteLimitMs / 1000} s`);
    const ask = async (inner: AbortSignal) => {
      const answer = await own(args, { signal: inner, network: true });
      if (answer.code === 0 || !wantsCredentials.test(answer.stderr)) return answer;
      const get = (name: string) => env[name] || undefined;
      const door = tokenDoor([url], gitHubToken({ get, secret: get }));
      return door === null ? answer : await own(args, { signal: inner, network: true, ...door });
    };
    return limited(remoteLimitMs, signal, ask, late);
  }

  return {
    ref,
    gitDir,
    git: own,
    ask,
    where: async () => `${ref} of ${showUrl((await remoteUrls()).fetch)}`,
    async fetch(whole, signal) {
      const { fetch } = await remoteUrls();
      await prepare(signal);
      const fresh = (await own(["rev-parse", "--verify", "--quiet", fetchedRef], { signal })).code !== 0;
      const shallow = existsSync(join(gitDir, "shallow"));
      const depth = whole ? (shallow ? ["--unshallow"] : []) : fresh ? ["--depth=1"] : [];
      const flags = ["--quiet", "--no-tags", "--no-prune", "--refmap=", "--no-write-fetch-head", ...depth];
      const args = ["fetch", ...flags, "--", fetch, `+${ref}:${fetchedRef}`];
      const answer = await afterOthers(() => transfer(fetch, args, signal), signal);
      if (answer.code === 0) return ask(["rev-parse", "--verify", fetchedRef], { signal });
      if (answer.stderr.includes(`couldn't find remote ref ${ref}`)) return null;
      throw new RemoteFailure(oneLine(answer.stderr) || "git fetch failed");
    },
    async seen(signal) {
      await prepare(signal);
      const answer = await own(["rev-parse", "--verify", "--quiet", seenRef], { signal });
      return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
    },
    async remember(commit, signal) {
      output(await afterOthers(() => own(["update-ref", seenRef, commit], { signal }), signal));
    },
    async contains(commit, ancestor, signal) {
      return (await own(["merge-base", "--is-ancestor", ancestor, commit], { signal })).code === 0;
    },
    commit(tree, parent, message, signal) {
      const parents = parent === null ? [] : ["-p", parent];
      return ask(["commit-tree", tree, ...parents, "-F", "-"], { signal, env: identity, input: message });
    },
    async push(commit, before, dryRun, signal) {
      const { push } = await remoteUrls();
      // The value it must have now; the commit is its child, so this never rewrites anything.
      const lease = `--force-with-lease=${ref}:${before ?? ""}`;
      const flags = [
        "--porcelain",
        "--no-verify",
        "--no-follow-tags",
        ...(dryRun ? ["--dry-run"] : []),
        lease,
      ];
      const answer = await transfer(push, ["push", ...flags, "--", push, `${commit}:${ref}`], signal);
      if (answer.code === 0) return "done";
      const said = `${answer.stdout.toString("utf8")}\n${answer.stderr}`;
      if (raced.test(said) && !inTheWay.test(said)) return "raced";
      const refusal = /^!.*\((.*)\)$/m.exec(said)?.[1];
      // Why a hook, or a rule of the server, says no.
      const words = [...answer.stderr.matchAll(/^remote: (.*\S)\s*$/gm)].map(([, line]) => line).join(" ");
      const why =
        refusal === undefined ? oneLine(answer.stderr) : [refusal, words].filter(Boolean).join(": ");
      throw new RemoteFailure(printable(why || "git push failed", 300));
    },
  };
}

/** What git said. @throws RemoteFailure when it failed */
function output({ code, stdout, stderr }: GitAnswer): string {
  if (code !== 0) throw new RemoteFailure(oneLine(stderr) || `git exited with ${code}`);
  return stdout.toString("utf8").trim();
}

/** Another git holds a lock of the private repository, or has moved what this one was to move. */
const atWork = /\.lock': File exists|cannot lock ref '[^']*': (is at|reference already exists)/;

/** Again, until no other git is at work here: a run that was killed let go of our lock, and its git goes on for a moment. */
async function afterOthers(work: () => Promise<GitAnswer>, signal: AbortSignal): Promise<GitAnswer> {
  const began = monotonicMs();
  for (;;) {
    const answer = await work();
    if (answer.code === 0 || !atWork.test(answer.stderr) || monotonicMs() - began > orphanMs) return answer;
    await sleep(100, signal);
  }
}

/** What was being made when a process was killed; a younger one may be made right now. */
function sweep(gitDir: string): void {
  const [folder, begin] = [dirname(gitDir), `${basename(gitDir)}.`];
  for (const name of readdirSync(folder).filter((one) => one.startsWith(begin))) {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs > draftMs) rmSync(path, { recursive: true, force: true });
  }
}

/** The tool's own: who acted stands in what is written. */
const identity = {
  GIT_AUTHOR_NAME: "release-sentinel",
  GIT_AUTHOR_EMAIL: "release-sentinel@localhost",
  GIT_COMMITTER_NAME: "release-sentinel",
  GIT_COMMITTER_EMAIL: "release-sentinel@localhost",
};

const raced =
  /\((stale info|fetch first|non-fast-forward|already exists|reference already exists)\)|cannot lock ref|failed to (lock|update ref)|incorrect old value|Unable to create '.*\.lock'/i;
/** Of what a lock cannot be taken for, this does not pass. */
const inTheWay = /exists; cannot create|no space left|permission denied|read-only file system/i;
