import type { ReadCommit } from "./commit.ts";

/** For every commit of a range, the merge that brought it in; none for those that were made in place. */
export type BroughtInBy = ReadonlyMap<string, ReadCommit>;

/**
 * Follows first parents from the newest commit, then each merge's other parents, the oldest merge first: what an older
 * merge brought in, a newer one did not. Every commit is looked at once.
 */
export function broughtIn(commits: readonly ReadCommit[]): BroughtInBy {
  if (!commits.some(({ parents }) => parents.length > 1)) return new Map();
  const inRange = new Map(commits.map((commit) => [commit.hash, commit]));
  const seen = new Set<string>();
  const by = new Map<string, ReadCommit>();
  // The next branch to follow is the last one.
  const branches: { start: string; merge: ReadCommit | null }[] = [];

  const follow = (start: string, merge: ReadCommit | null) => {
    const merges: ReadCommit[] = [];
    let commit = inRange.get(start);
    while (commit && !seen.has(commit.hash)) {
      seen.add(commit.hash);
      if (merge) by.set(commit.hash, merge);
      if (commit.parents.length > 1) merges.push(commit);
      commit = inRange.get(commit.parents[0] ?? "");
    }
    for (const found of merges)
      for (const parent of found.parents.slice(1)) branches.push({ start: parent, merge: found });
  };
  // A log that was cut has more than one beginning.
  for (const { hash } of commits) {
    if (seen.has(hash)) continue;
    follow(hash, null);
    for (let next = branches.pop(); next; next = branches.pop()) follow(next.start, next.merge);
  }
  return by;
}
