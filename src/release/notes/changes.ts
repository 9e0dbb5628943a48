import { broughtIn } from "./branches.ts";
import { cancelledOut } from "./cancel.ts";
import type { ReadCommit } from "./commit.ts";
import { isNoise } from "./noise.ts";

/** A commit that stands for a change, and those that came with it. */
export interface Unit {
  readonly commit: ReadCommit;
  /** The pull request that it came with. */
  readonly pullRequest: number | null;
  /** Commits that the pull request's title speaks for. */
  readonly within: readonly ReadCommit[];
}

const none: readonly ReadCommit[] = [];

export interface Circumstances {
  /** Only a part of the files counts: a merge of which nothing is left is not a change. */
  readonly partial: boolean;
  /** The log was cut short: what a merge brought in may be missing. */
  readonly cut: boolean;
}

/**
 * What a range of history changed, newest first, each thing once: without what was taken back within the range, with a
 * pull request's title for the commits that say less than it, without merges and release commits that say nothing.
 */
export function unitsOf(commits: readonly ReadCommit[], circumstances: Circumstances): readonly Unit[] {
  const by = broughtIn(commits);
  const gone = cancelledOut(commits);
  const isGone = (commit: ReadCommit) => {
    for (let at: ReadCommit | undefined = commit; at; at = by.get(at.hash))
      if (gone.has(at.hash)) return true;
    return false;
  };
  const alive = gone.size === 0 ? commits : commits.filter((commit) => !isGone(commit));

  const within = new Map<string, ReadCommit[]>();
  for (const commit of alive) {
    const merge = by.get(commit.hash);
    if (!merge || commit.parents.length > 1) continue;
    const list = within.get(merge.hash);
    if (list) list.push(commit);
    else within.set(merge.hash, [commit]);
  }
  const speaks = (merge: ReadCommit) => speaksForAll(merge, within.get(merge.hash) ?? none, circumstances);
  const units: Unit[] = [];
  for (const commit of alive) {
    const { message } = commit;
    const merge = by.get(commit.hash);
    if (commit.parents.length > 1 || message.merge) {
      const own = within.get(commit.hash) ?? none;
      if (commit.parents.length < 2 || speaks(commit))
        units.push({ commit, pullRequest: message.pullRequest, within: own });
    } else if (!(merge && speaks(merge)) && !isNoise(message.subject)) {
      const pullRequest = message.pullRequest ?? merge?.message.merge?.number ?? null;
      units.push({ commit, pullRequest, within: none });
    }
  }
  return withoutTwins(units);
}

/** A pull request's title says it all, unless its commits are of the conventional sort and the title is not. */
function speaksForAll(
  { message }: ReadCommit,
  own: readonly ReadCommit[],
  { partial, cut }: Circumstances,
): boolean {
  const title = message.merge?.title;
  if (!title || isNoise(title)) return false;
  if (own.length === 0) return cut && !partial;
  return message.conventional !== null || !own.some((commit) => commit.message.conventional);
}

/** A change that was picked onto another branch, rebased, or both squashed and merged, is there twice. */
function withoutTwins(units: readonly Unit[]): readonly Unit[] {
  const hashes = units.some(({ commit }) => commit.message.rest.pickedFrom.length > 0)
    ? new Set(units.map(({ commit }) => commit.hash))
    : new Set<string>();
  // Whoever picks or rebases a commit leaves its author and the moment it was written as they were.
  const moments = new Seen(identity);
  const pullRequests = new Seen(titleOf);
  return units.filter(({ commit, pullRequest, within }) => {
    if (commit.message.rest.pickedFrom.some((hash) => hashes.has(hash))) return false;
    const known = moments.add(commit.at, commit);
    const titled = pullRequest !== null && pullRequests.add(pullRequest, commit);
    for (const inner of within) moments.add(inner.at, inner);
    return within.length > 0 || !(known || titled);
  });
}

/** Commits by a number. They are only told apart where a number comes twice. */
class Seen {
  readonly #byNumber = new Map<number, ReadCommit | Set<string>>();
  readonly #name: (commit: ReadCommit) => string;

  constructor(name: (commit: ReadCommit) => string) {
    this.#name = name;
  }

  /** Whether one of the same name was there before. */
  add(number: number, commit: ReadCommit): boolean {
    const before = this.#byNumber.get(number);
    if (before === undefined) {
      this.#byNumber.set(number, commit);
      return false;
    }
    const names = before instanceof Set ? before : new Set([this.#name(before)]);
    const known = names.has(this.#name(commit));
    this.#byNumber.set(number, names.add(this.#name(commit)));
    return known;
  }
}

function titleOf({ message }: ReadCommit): string {
  return message.title.toLowerCase();
}

function identity({ author, message }: ReadCommit): string {
  return `${author.email} ${message.subject}`;
}
