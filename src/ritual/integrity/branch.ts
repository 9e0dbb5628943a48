import picomatch from "picomatch";
import { GitFailure } from "../../clients/git/reader.ts";
import { RemoteRefused } from "../../clients/git/writer-refusal.ts";
import { printable, shellWord } from "../../core/text.ts";
import type { IntegrityFinding, IntegrityWorld } from "./model.ts";
import { fail, ok, short } from "./tag.ts";

/** Branches whose new commits are brought here to look behind them. */
const mostFetched = 20;

export interface SoughtCommit {
  readonly commit: string;
  readonly remote: string;
  /** Names and globs; `*` stops at a slash. */
  readonly branches: readonly string[];
  /** History is cut off here. */
  readonly shallow: boolean;
}

/** Is the commit in the history of an allowed branch, as the remote has it now? */
export async function judgeBranch(
  world: Pick<IntegrityWorld, "git" | "tags" | "token">,
  sought: SoughtCommit,
  signal: AbortSignal,
): Promise<IntegrityFinding> {
  const { commit, remote, branches } = sought;
  const [origin, allowed] = [printable(remote, 100), branches.map((name) => printable(name, 100)).join(", ")];
  try {
    const heads = await world.tags.remoteHeads({ remote, token: world.token }, signal);
    const matching = [...(heads ?? [])].filter(([name]) => matches(name, branches));
    if (matching.length === 0) {
      const remedy = "name the branches that releases are made from: ritual.branches in the configuration";
      return fail(
        "branch",
        `${origin} has none of the branches that may be released from: ${allowed}`,
        remedy,
      );
    }
    const found = await holding(world, sought, matching, signal);
    if (found !== null) return ok("branch", `${short(commit)} is on ${printable(found, 100)} of ${origin}`);
    if (sought.shallow) return cutOff(commit, origin);
    const here = await holdingHere(world.git, commit, branches, signal);
    const remedy =
      here === null
        ? `merge it into one of them, or name its branch in ritual.branches: git branch --remotes --contains ${short(commit)}`
        : `git push ${shellWord(remote)} ${shellWord(here)}`;
    return fail(
      "branch",
      `${short(commit)} is on no branch of ${origin} that may be released from: ${allowed}`,
      remedy,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GitFailure)) throw error;
    const remedy = error instanceof RemoteRefused ? error.remedy : `git fetch ${shellWord(origin)}`;
    const message = `which branches of ${origin} hold ${short(commit)} cannot be told: ${printable(error.message, 300)}`;
    return { question: "branch", status: "unknown", message, remedy };
  }
}

function matches(name: string, branches: readonly string[]): boolean {
  return branches.includes(name) || picomatch.isMatch(name, [...branches], { nonegate: true });
}

/** The branch that is checked out, if it may be released from and holds the commit: it was not pushed. */
async function holdingHere(
  git: IntegrityWorld["git"],
  commit: string,
  branches: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  const repository = await git.repository();
  if (repository.state !== "ready" || repository.branch === null) return null;
  const { branch, commit: head } = repository;
  return matches(branch, branches) && (await git.isAncestor(commit, head, signal)) ? branch : null;
}

/** A branch that has the commit behind it; null: none of them. */
async function holding(
  { git, tags, token }: Pick<IntegrityWorld, "git" | "tags" | "token">,
  { commit, remote, shallow }: SoughtCommit,
  heads: readonly (readonly [name: string, tip: string])[],
  signal: AbortSignal,
): Promise<string | null> {
  const atTip = heads.find(([, tip]) => tip === commit);
  if (atTip) return atTip[0];
  // It may be behind any of them.
  if (shallow && (await git.resolve(commit, signal)) === null) return null;
  const missing: [name: string, tip: string][] = [];
  for (const [name, tip] of heads) {
    if ((await git.resolve(tip, signal)) === null) missing.push([name, tip]);
    else if (await git.isAncestor(commit, tip, signal)) return name;
  }
  // In a clone that is cut off, this could bring all of the history.
  if (shallow) return null;
  for (const [name, tip] of missing.slice(0, mostFetched)) {
    await tags.fetchHead({ remote, token }, name, signal);
    if (await git.isAncestor(commit, tip, signal)) return name;
  }
  if (missing.length > mostFetched)
    throw new GitFailure(`${missing.length - mostFetched} of its branches are not in this clone`);
  return null;
}

function cutOff(commit: string, origin: string): IntegrityFinding {
  return {
    question: "branch",
    status: "unknown",
    message: `This clone is shallow: which branches hold ${short(commit)} cannot be told from it`,
    remedy: `git fetch --unshallow --tags ${shellWord(origin)} (actions/checkout: fetch-depth: 0)`,
  };
}
