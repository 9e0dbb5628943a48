import { existsSync, realpathSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { shellWord, withoutUserinfo } from "../../core/text.ts";
import { readBlobs } from "./blobs.ts";
import { createGitCommand, type GitAnswer, type GitCommand, type GitCommandOptions } from "./command.ts";
import { createLsRemote, noToken, type TokenSource } from "./ls-remote.ts";
import {
  parseConfig,
  parseRemoteRefs,
  parseRemoteTag,
  parseRemoteTags,
  parseSignature,
  parseStatus,
  parseTags,
  tagFormat,
} from "./parse.ts";
import { GitFailure, type GitReader, type Repository, type UnusableRepository } from "./reader.ts";
import { hasOwnExcludes, listUntracked, parseUntracked } from "./untracked.ts";

/**
 * A reader of the repository around `cwd`. Nothing is asked before it is needed; what is asked twice is remembered.
 * @param lifetime ends every git that still runs
 * @param token for a remote that does not take git's own credentials
 */
export function createGit(
  cwd: string,
  env: NodeJS.ProcessEnv,
  lifetime?: AbortSignal | undefined,
  token: TokenSource = noToken,
): GitReader {
  const git = createGitCommand(cwd, env, lifetime);
  let config: Promise<ReturnType<typeof parseConfig>> | undefined;
  let repository: Promise<Repository> | undefined;

  const readConfig = () => {
    config ??= git(["config", "--list", "-z", "--show-scope"]).then((answer) =>
      parseConfig(expectSuccess(answer).stdout.toString()),
    );
    return config;
  };
  const ask = async (args: readonly string[], options: GitCommandOptions = {}): Promise<string> =>
    expectSuccess(await git(args, options)).stdout.toString("utf8");
  const tags = async (args: readonly string[], signal?: AbortSignal) =>
    parseTags(await ask(["for-each-ref", `--format=${tagFormat}`, ...args], { signal }));
  const askRemote = createLsRemote(git, token);
  const lsRemote = async (remote: string, refs: readonly string[], signal?: AbortSignal) =>
    expectSuccess(await askRemote(remote, refs, signal)).stdout.toString("utf8");

  const reader: GitReader = {
    repository() {
      repository ??= inspect(git, cwd, readConfig);
      return repository;
    },
    async status(signal) {
      const args = [
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=normal",
        "--ignore-submodules=none",
      ];
      const settings = neutralFilters(await readConfig());
      const here = await reader.repository();
      if (here.state !== "ready" || !hasOwnExcludes(here.gitDir))
        return parseStatus(await ask(args, { signal, settings }));
      const [changes, untracked] = await Promise.all([
        ask(args, { signal, settings }),
        listUntracked(git, signal),
      ]);
      const tracked = parseStatus(changes).filter((change) => change.state !== "??");
      return [...tracked, ...parseUntracked(expectSuccess(untracked).stdout.toString("utf8"))];
    },
    async hiddenChanges(signal) {
      const listed = await ask(["ls-files", "-v", "-z", "--full-name", ":/"], { signal });
      // Of a hundred thousand files none is flagged, most often: do not take all the lines apart.
      if (!/(?:^|\0)[a-zS] /.test(listed)) return [];
      // A lower-case letter: assume-unchanged; S: skip-worktree, which a sparse checkout sets on files that are not there.
      const flagged = listed
        .split("\0")
        .filter((line) => /^([a-z]|S) /.test(line))
        .map((line) => ({ hidden: line[0] !== "S", path: line.slice(2) }));
      return flagged.length === 0
        ? []
        : changedAmong(git, flagged, neutralFilters(await readConfig()), signal);
    },
    async tag(name, signal) {
      const found = await tags([`refs/tags/${name}`], signal);
      return found.find((tag) => tag.name === name) ?? null;
    },
    async remoteTag(remote, name, signal) {
      return parseRemoteTag(
        await lsRemote(remote, [`refs/tags/${name}`, `refs/tags/${name}^{}`], signal),
        name,
      );
    },
    async remoteVersionTags(remote, signal) {
      return parseRemoteTags(await lsRemote(remote, ["refs/tags/v*"], signal));
    },
    async remoteBranch(remote, branch, signal) {
      const refs = parseRemoteRefs(await lsRemote(remote, [`refs/heads/${branch}`], signal));
      return refs.get(`refs/heads/${branch}`) ?? null;
    },
    async branchesContaining(commit, remote, signal) {
      const scopes = ["refs/heads", `refs/remotes/${remote}`];
      const refs = await ask(["for-each-ref", "--format=%(refname)", "--contains", commit, ...scopes], {
        signal,
      });
      const names = refs
        .split("\n")
        .map((ref) => ref.replace(/^refs\/heads\//, "").replace(`refs/remotes/${remote}/`, ""));
      return [...new Set(names.filter((name) => name !== "" && name !== "HEAD"))];
    },
    async defaultBranch(remote, signal) {
      const answer = await git(["symbolic-ref", "--quiet", `refs/remotes/${remote}/HEAD`], { signal });
      return answer.stdout.toString().trim().replace(`refs/remotes/${remote}/`, "") || null;
    },
    async resolve(ref, signal) {
      // Where there is no refs/heads/main, git would take a tag of that very name: refs/tags/refs/heads/main.
      if (/^refs\/(?!.*(?:[~^:]|@\{))/.test(ref)) {
        const exact = await git(["show-ref", "--verify", "--quiet", ref], { signal });
        if (exact.code !== 0) return null;
      }
      const answer = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`], {
        signal,
      });
      return answer.stdout.toString().trim() || null;
    },
    async isAncestor(ancestor, descendant, signal) {
      const answer = await git(["merge-base", "--is-ancestor", ancestor, descendant], { signal });
      // 1 is "no"; everything else is no answer.
      return answer.code === 1 ? false : expectSuccess(answer).code === 0;
    },
    async inHistory(commits, signal) {
      if (commits.length === 0) return new Set();
      // Naming a commit that is missing here would make git fetch it, in a partial clone.
      const history = new Set((await ask(["rev-list", "HEAD"], { signal })).split("\n"));
      return new Set(commits.filter((commit) => history.has(commit)));
    },
    async reachableVersionTags(signal) {
      const names = await ask(
        ["for-each-ref", "--format=%(refname:strip=2)", "--merged=HEAD", "refs/tags/v*"],
        { signal },
      );
      return names.split("\n").filter((name) => name !== "");
    },
    async changedFiles(since, signal) {
      const args = since
        ? [
            "diff",
            "--name-only",
            "-z",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--diff-filter=d",
            `${since}^{commit}`,
            "HEAD",
            "--",
          ]
        : ["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"];
      return (await ask(args, { signal })).split("\0").filter((path) => path !== "");
    },
    readFiles: (paths, maxBytes, signal) => readBlobs(git, "HEAD", paths, maxBytes, signal),
    async fileAt(ref, path, maxBytes, signal) {
      for await (const file of readBlobs(git, ref, [path], maxBytes, signal)) {
        if (file.content === null) throw new GitFailure(`${path} at ${ref} is larger than ${maxBytes} bytes`);
        return file.content;
      }
      // There, and yet no regular file: a link's target must not decide which policy is meant.
      if ((await ask(["ls-tree", "-z", ref, "--", path], { signal })) !== "") {
        throw new GitFailure(`${path} at ${ref.slice(0, 12)} is not a regular file`);
      }
      return null;
    },
    async exportTo(commit, folder) {
      const env = { GIT_INDEX_FILE: join(folder, ".index") };
      const settings = neutralFilters(await readConfig());
      // The folder is its own work tree: the judged one must not lend its .gitattributes. All at once: in a partial clone
      // git then fetches what is missing by one connection, and not each file by one of its own.
      const all = ["--reset", "-u", "--no-sparse-checkout", "--no-recurse-submodules"];
      await ask([`--work-tree=${folder}`, "read-tree", ...all, commit], { env, settings });
    },
    async signature(commit, signal) {
      const settings = trustedVerifiers(await readConfig());
      const args = ["log", "-1", "--no-show-signature", "--format=%G?%x00%GS%x00%GF%x00%GK", commit, "--"];
      return parseSignature(await ask(args, { signal, settings }));
    },
  };
  return reader;
}

const questions = [
  "--is-bare-repository",
  "--is-inside-work-tree",
  "--is-shallow-repository",
  "--absolute-git-dir",
  "--show-toplevel",
];

async function inspect(
  git: GitCommand,
  cwd: string,
  readConfig: () => Promise<ReturnType<typeof parseConfig>>,
): Promise<Repository> {
  const settings = readConfig();
  // Where there is no repository to read, this has nothing to say either.
  settings.catch(() => {});
  const facts = await git(["rev-parse", ...questions, "HEAD", "--symbolic-full-name", "HEAD"]);
  const [bare, inside, shallow, gitDir = "", root = "", commit = "", ref = ""] = facts.stdout
    .toString("utf8")
    .split("\n");
  // git before 2.38 takes such a folder for the repository, with the work tree that its settings name.
  const isBare = bare === "true" || (gitDir !== "" && isBelow(gitDir, cwd));
  if (root === "" || isBare || inside === "false") return unusable(facts, isBare, cwd);
  if (!/^[0-9a-f]{40,64}$/.test(commit)) return withoutCommit(facts);
  const config = await settings;
  const branch =
    ref === "" ? (await git(["symbolic-ref", "--quiet", "HEAD"])).stdout.toString("utf8").trim() : ref;
  return {
    state: "ready",
    root: resolve(root),
    gitDir,
    commit,
    branch: branch.startsWith("refs/heads/") ? branch.slice("refs/heads/".length) : null,
    shallow: shallow === "true",
    partial: config.some(
      ({ key }) => key === "extensions.partialclone" || /^remote\..*\.promisor$/.test(key),
    ),
    operation: operation(gitDir),
    remotes: [...new Set(config.flatMap(({ key }) => /^remote\.(.+)\.url$/.exec(key)?.[1] ?? []))],
    originUrl: config.find(({ key }) => key === "remote.origin.url")?.value ?? null,
  };
}

function isBelow(folder: string, path: string): boolean {
  return `${realpathSync(path)}${sep}`.startsWith(`${realpathSync(folder)}${sep}`);
}

function withoutCommit(facts: GitAnswer): UnusableRepository {
  if (facts.stderr.includes("ambiguous argument 'HEAD'")) {
    return { state: "empty", message: "Git repository has no commit yet", remedy: "git commit" };
  }
  return {
    state: "broken",
    message: `Git repository cannot be read: ${oneLine(facts.stderr)}`,
    remedy: "git fsck",
  };
}

function unusable(facts: GitAnswer, bare: boolean, cwd: string): UnusableRepository {
  const said = facts.stderr;
  if (said.includes("dubious ownership")) {
    const path = /repository at '([^']+)'/.exec(said)?.[1] ?? cwd;
    return {
      state: "refused",
      message: `Git refuses to read this repository: it belongs to another user (safe.directory): ${path}`,
      remedy: `git config --global --add safe.directory ${shellWord(path)}`,
    };
  }
  if (bare || said.includes("cannot use bare repository")) {
    return {
      state: "bare",
      message: "Not inside a Git repository with a work tree (this one is bare)",
      remedy: "git worktree add ../release main",
    };
  }
  if (/not a git repository/i.test(said) || facts.code === 0) {
    return {
      state: "outside",
      message: "Not inside a Git repository",
      remedy: "cd to the repository, or: git init",
    };
  }
  return {
    state: "broken",
    message: `Git repository cannot be read: ${oneLine(said)}`,
    remedy: "git status",
  };
}

const operations = [
  ["MERGE_HEAD", "merge"],
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["BISECT_LOG", "bisect"],
] as const;

function operation(gitDir: string): string | null {
  return operations.find(([file]) => existsSync(join(gitDir, file)))?.[1] ?? null;
}

/** Compares files with the index by their content: the flags make every quicker way look elsewhere. */
async function changedAmong(
  git: GitCommand,
  flagged: readonly { hidden: boolean; path: string }[],
  settings: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const root = expectSuccess(await git(["rev-parse", "--show-toplevel"], { signal }))
    .stdout.toString("utf8")
    .trimEnd();
  const paths = flagged
    .filter(({ hidden, path }) => hidden || existsSync(join(root, path)))
    .map(({ path }) => path);
  const [missing, there] = [
    paths.filter((path) => !existsSync(join(root, path))),
    paths.filter((path) => existsSync(join(root, path))),
  ];
  if (there.length === 0) return missing;
  const inRoot = (args: readonly string[], input: string) =>
    git(["-C", root, ...args], { signal, input, settings });
  const [staged, hashed] = await Promise.all([
    git(["-C", root, "ls-files", "-s", "-z"], { signal }),
    inRoot(["hash-object", "--stdin-paths"], there.map((path) => `${path}\n`).join("")),
  ]);
  const index = new Map(
    staged.stdout
      .toString("utf8")
      .split("\0")
      .map((line) => [line.slice(line.indexOf("\t") + 1), line.split(" ")[1]]),
  );
  const now = hashed.stdout.toString("utf8").split("\n");
  return [...missing, ...there.filter((path, i) => index.get(path) !== now[i])];
}

const ownScopes = ["local", "worktree"];
const lfs = /^git-lfs (clean -- %f|filter-process( --skip)?|smudge( --skip)? -- %f)$/;

/** Filters that the repository's own configuration brings along do not run, but for Git LFS. */
function neutralFilters(config: ReturnType<typeof parseConfig>): string[] {
  const own = config.filter(
    ({ scope, key, value }) =>
      ownScopes.includes(scope) && /^filter\..+\.(clean|smudge|process)$/.test(key) && !lfs.test(value),
  );
  const drivers = new Set(own.map(({ key }) => key.replace(/\.(clean|smudge|process)$/, "")));
  return [...drivers].flatMap((driver) => [
    `${driver}.clean=`,
    `${driver}.smudge=`,
    `${driver}.process=`,
    `${driver}.required=false`,
  ]);
}

const verifiers = [
  ["gpg.program", "gpg"],
  ["gpg.openpgp.program", "gpg"],
  ["gpg.ssh.program", "ssh-keygen"],
  ["gpg.x509.program", "gpgsm"],
] as const;

/** Signature programs named by the repository itself are not run. */
function trustedVerifiers(config: ReturnType<typeof parseConfig>): string[] {
  return verifiers
    .filter(([key]) => config.some((entry) => entry.key === key && ownScopes.includes(entry.scope)))
    .map(([key, fallback]) => {
      const users = config.findLast((entry) => entry.key === key && !ownScopes.includes(entry.scope));
      return `${key}=${users?.value ?? fallback}`;
    });
}

function expectSuccess(answer: GitAnswer): GitAnswer {
  if (answer.code !== 0) throw new GitFailure(oneLine(answer.stderr) || `git exited with ${answer.code}`);
  return answer;
}

/** git's own words: what ssh says, else the fatal line if there is one; without credentials in URLs. */
export function oneLine(stderr: string): string {
  const lines = stderr
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  // "Could not read from remote repository" is all that git knows of a broken ssh.
  const ssh = lines.find((candidate) => /^(ssh: |No user exists for uid)/.test(candidate));
  const line = ssh ?? lines.find((candidate) => /^(fatal|error):/.test(candidate)) ?? lines[0] ?? "";
  return withoutUserinfo(line.slice(0, 2000).replace(/^(fatal|error): /, ""));
}
