import { mkdirSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isOthersWork, jobRepositories } from "../clients/ci.ts";
import type { GitReader, ReadyRepository } from "../clients/git/reader.ts";
import { isOfAnother } from "../clients/job-repository.ts";
import type { Readers } from "../clients/readers.ts";
import { type PolicyFiles, refFiles, workTreeFiles } from "../config/files.ts";
import { SentinelError } from "../core/errors.ts";
import { printable, shellWord, showUrl } from "../core/text.ts";
import { topFolder } from "./clients.ts";

/** Folders to remove when the app closes. */
export type Cleanup = (() => void)[];

/** Whether the judged work tree may hold somebody else's idea of the policy. */
export function isDistrusted(readers: Readers, configRef: string | undefined): boolean {
  return configRef !== undefined || isOthersWork(readers.ci);
}

const noFiles: PolicyFiles = { ...workTreeFiles, read: async () => undefined };

/**
 * Where the policy is read from. A pull request must not loosen its own gate: its policy comes from the base branch
 * unless `--config-ref` names another ref. Where anybody may have started the job, whatever has come into its work space
 * since, it comes from the commit that the job was started for.
 */
export async function policySource(
  readers: Readers,
  configRef: string | undefined,
  { cwd, cleanup }: { readonly cwd: string; readonly cleanup: Cleanup },
): Promise<PolicyFiles> {
  if (!isDistrusted(readers, configRef)) return workTreeFiles;
  const link = isOthersWork(readers.ci) ? linkedWay(cwd, readers.env.get("PWD")) : null;
  if (link !== null) throw byLink(readers, link);
  const repository = await readers.git.repository();
  // Without a checkout there is nothing to be judged by but our own policy, and no file that lies there is one.
  if (repository.state === "outside" && configRef === undefined && !readers.ci.pullRequest) return noFiles;
  if (repository.state !== "ready") {
    // Without the base there is no policy to trust: the work tree's own is the one thing not to fall back to.
    const who = configRef === undefined ? whose(readers) : `--config-ref ${printable(configRef, 200)}`;
    throw new SentinelError("config-ref", `${who}: ${repository.message}`, repository.remedy);
  }
  const { ref, commit } = await findRef(readers, repository, configRef);
  const checkout = once(async () => {
    const { makeOwnFolder } = await import("../clients/own-folder.ts");
    const place = makeOwnFolder();
    cleanup.push(place.remove);
    const folder = join(place.path, "tree");
    mkdirSync(folder);
    await readers.git.exportTo(commit, folder);
    return folder;
  });
  const toolFolder = dirname(fileURLToPath(import.meta.url));
  return refFiles({ git: readers.git, ref, commit, root: repository.root, toolFolder, checkout });
}

/**
 * The way from the top of the work tree by which the shell says that it has come to a folder, where that leads over a link:
 * what `cd app` means is then said by whoever has made `app`. Null where it does not, and where nothing is said.
 */
function linkedWay(cwd: string, said: string | undefined): string | null {
  if (said === undefined || !isAbsolute(said)) return null;
  const top = topFolder(said);
  const way = relative(top, said);
  try {
    const here = realpathSync(cwd);
    // Left over from another folder, it says nothing of this one. How the work tree itself is reached is not in it.
    return realpathSync(said) !== here || join(realpathSync(top), way) === here ? null : way;
  } catch {
    return null;
  }
}

function byLink(readers: Readers, way: string): SentinelError {
  return refusal(
    readers,
    `the way into this folder, ${printable(way, 200)}, leads over a link, which its author may have made`,
    "cd to the folder itself, or ask from the top of the work tree, with the policy's path as it is there: --config PATH",
  );
}

function whose({ ci }: Readers): string {
  return ci.pullRequest
    ? "a pull request is judged by the policy of its base"
    : `a job that ${printable(ci.event ?? "", 50)} has started is judged by the policy of the commit that it was started for`;
}

interface FoundRef {
  readonly ref: string;
  readonly commit: string;
}

async function findRef(
  readers: Readers,
  repository: ReadyRepository,
  configRef: string | undefined,
): Promise<FoundRef> {
  const { git, ci } = readers;
  if (configRef !== undefined) {
    const commit = await namedCommit(readers, repository, configRef);
    if (commit) return { ref: configRef, commit };
    throw new SentinelError(
      "config-ref",
      `--config-ref: there is no ${printable(configRef, 200)} in this clone`,
      `git fetch origin ${shellWord(printable(configRef, 200))}`,
    );
  }
  if (ci.pullRequest) return findBase(readers, repository);
  const commit = ci.commit && (await git.resolve(ci.commit));
  if (commit) return { ref: commit.slice(0, 7), commit };
  throw new SentinelError(
    "config-ref",
    `${whose(readers)}, and ${ci.commit?.slice(0, 7) ?? "it"} is not in this clone`,
    "give actions/checkout: fetch-depth: 0",
  );
}

async function findBase(readers: Readers, repository: ReadyRepository): Promise<FoundRef> {
  const { git, ci, env } = readers;
  if (isSubmodule(repository)) throw submodule(readers);
  if (isOfAnother(repository.originUrl, env.get)) throw another(readers, repository);
  const base = ci.pullRequest?.base ?? (await git.defaultBranch("origin"));
  // Not refs/heads/BASE: several services check the pull request itself out as a branch of that name.
  const fetched = base && (await git.resolve(`refs/remotes/origin/${base}`));
  if (fetched) return { ref: base, commit: fetched };
  // Only GitHub says which commit is its own merge; elsewhere HEAD^1 is whatever the pull request's author made it.
  if (
    base &&
    ci.name === "GitHub Actions" &&
    ci.event === "pull_request" &&
    ci.commit === repository.commit
  ) {
    const [first, second] = await Promise.all([git.resolve("HEAD^1"), git.resolve("HEAD^2")]);
    if (first && second) return { ref: base, commit: first };
  }
  const name = printable(base ?? "the base branch", 200);
  throw refusal(
    readers,
    `${name} is not in this clone`,
    base
      ? `git fetch --depth=1 origin ${shellWord(`+refs/heads/${name}:refs/remotes/origin/${name}`)}`
      : "name it: --config-ref REF",
  );
}

/** What means one thing, whatever else is called so. */
const exactName = /^(?:refs\/.+|HEAD|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What does not come from origin, tags included, whoever that is. */
const notOrigins = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|refs\/remotes\/(?!origin\/).+)$/;

/**
 * In the job of somebody else's work neither a local branch nor what they may own is meant.
 * @throws SentinelError `config-ref` there, and where a branch has one commit, and a tag or a commit of that name is another
 */
async function namedCommit(
  readers: Readers,
  repository: ReadyRepository,
  name: string,
): Promise<string | null> {
  const { git, ci, env } = readers;
  const isWary = isOthersWork(ci) && ci.elsewhere !== true;
  const isExact = exactName.test(name);
  if (isWary && isSubmodule(repository)) throw submodule(readers);
  const local = `refs/heads/${name}`;
  const hidesLocal = isWary && !isExact && (await git.resolve(local)) !== null;
  const other = await git.resolve(hidesLocal ? `refs/tags/${name}` : name);
  const places = [...(isWary ? [] : [local]), `refs/remotes/${name}`, `refs/remotes/origin/${name}`];
  const found = isExact ? null : await firstOf(git, places);
  const isSafe = notOrigins.test(found?.ref ?? name);
  if (isWary && !isSafe && isOfAnother(repository.originUrl, env.get)) throw another(readers, repository);
  if (!found || !other || other === found.commit) return found?.commit ?? other;
  const tag = (await git.resolve(`refs/tags/${name}`)) === other ? `refs/tags/${name}` : other;
  throw new SentinelError(
    "config-ref",
    `--config-ref ${printable(name, 200)} is more than one thing: ${[found.ref, tag].map((one) => printable(one, 200)).join(", ")}`,
    `say which: --config-ref ${shellWord(printable(found.ref, 200))}`,
  );
}

async function firstOf(git: GitReader, refs: readonly string[]): Promise<FoundRef | null> {
  for (const ref of refs) {
    const commit = await git.resolve(ref);
    if (commit) return { ref, commit };
  }
  return null;
}

function refusal(readers: Readers, why: string, remedy: string): SentinelError {
  return new SentinelError("config-ref", `${whose(readers)}, and ${why}`, remedy);
}

function submodule(readers: Readers): SentinelError {
  return refusal(
    readers,
    "this is a submodule, which its author may have put here",
    "run the gate at the top of the repository that the pull request wants to go into",
  );
}

function another(readers: Readers, { originUrl }: ReadyRepository): SentinelError {
  const { ci, env } = readers;
  const base = printable(ci.pullRequest?.base ?? "main", 200);
  const from = showUrl(jobRepositories(env.get)[0] ?? "");
  const to = `+refs/heads/${base}:refs/remotes/base/${base}`;
  return refusal(
    readers,
    `this is a clone of ${showUrl(originUrl ?? "")}, which its author may own`,
    `git fetch ${shellWord(from)} ${shellWord(to)}, and then: --config-ref ${shellWord(`base/${base}`)}`,
  );
}

/** git keeps those of submodules below that of the repository around them. */
function isSubmodule({ gitDir }: ReadyRepository): boolean {
  return /\/\.git\/(?:worktrees\/[^/]+\/)?modules\//.test(gitDir);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
