import type { ReadCommit } from "./commit.ts";
import type { Revert } from "./revert.ts";

/** Where the commits of a range are that a revert could mean; the newest has 0. */
interface Places {
  /** By the first seven characters of their hashes. */
  readonly byStart: Map<string, number[]>;
  readonly bySubject: Map<string, number[]>;
  readonly byPullRequest: Map<number, number[]>;
}

/**
 * Finds reverts whose target is in the same range: neither is a change. A revert of a revert lets the first one stand.
 * @returns the hashes of all that cancel out
 */
export function cancelledOut(commits: readonly ReadCommit[]): ReadonlySet<string> {
  const gone = new Set<string>();
  if (!commits.some(({ message }) => message.revert)) return gone;
  const places = placesOf(commits);
  for (const [place, { hash, message }] of commits.entries()) {
    if (!message.revert || gone.has(hash)) continue;
    const targets = targetsOf(message.revert, place, commits, places)
      .map((target) => commits[target]?.hash ?? "")
      .filter((target) => !gone.has(target));
    if (targets.length === 0) continue;
    gone.add(hash);
    for (const target of targets) gone.add(target);
  }
  return gone;
}

/** One look at every commit, for those that the reverts speak of. */
function placesOf(commits: readonly ReadCommit[]): Places {
  const reverts = commits.flatMap(({ message: { revert } }) => (revert ? [revert] : []));
  const byStart = sought(reverts.flatMap(({ hashes }) => hashes.map(startOf)));
  const bySubject = sought(reverts.flatMap(({ subject }) => (subject === null ? [] : [subject])));
  const byPullRequest = sought(
    reverts.flatMap(({ pullRequest }) => (pullRequest === null ? [] : [pullRequest])),
  );
  for (const [place, { hash, message }] of commits.entries()) {
    byStart.get(startOf(hash))?.push(place);
    bySubject.get(message.subject)?.push(place);
    if (message.pullRequest !== null) byPullRequest.get(message.pullRequest)?.push(place);
  }
  return { byStart, bySubject, byPullRequest };
}

function sought<Key>(keys: readonly Key[]): Map<Key, number[]> {
  return new Map(keys.map((key) => [key, []]));
}

function startOf(hash: string): string {
  return hash.slice(0, 7);
}

/** The commits that a revert names; if it names none of this range, the nearest older one that it describes. */
function targetsOf(
  { hashes, pullRequest, subject }: Revert,
  place: number,
  commits: readonly ReadCommit[],
  { byStart, bySubject, byPullRequest }: Places,
): readonly number[] {
  const named = hashes.flatMap((hash) => {
    const places = byStart.get(startOf(hash)) ?? [];
    return places.filter((other) => commits[other]?.hash.startsWith(hash)).slice(0, 1);
  });
  if (named.length > 0) return named;
  const described = [
    ...(pullRequest === null ? [] : (byPullRequest.get(pullRequest) ?? [])),
    ...(subject === null ? [] : (bySubject.get(subject) ?? [])),
  ];
  return described.filter((other) => other > place).slice(0, 1);
}
