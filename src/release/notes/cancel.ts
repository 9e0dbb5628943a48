import type { ReadCommit } from "./commit.ts";

/** Where the commits of a range are; the newest has 0. */
interface Places {
  readonly byHash: ReadonlyMap<string, number>;
  /** Hashes by their first seven characters. */
  readonly byStart: ReadonlyMap<string, readonly string[]>;
  readonly bySubject: ReadonlyMap<string, readonly number[]>;
  readonly byPullRequest: ReadonlyMap<number, readonly number[]>;
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
    const targets = targetsOf(message.revert, place, places)
      .map((target) => commits[target]?.hash ?? "")
      .filter((target) => !gone.has(target));
    if (targets.length === 0) continue;
    gone.add(hash);
    for (const target of targets) gone.add(target);
  }
  return gone;
}

function placesOf(commits: readonly ReadCommit[]): Places {
  const [byHash, byStart] = [new Map<string, number>(), new Map<string, string[]>()];
  const [bySubject, byPullRequest] = [new Map<string, number[]>(), new Map<number, number[]>()];
  const add = <Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value) => {
    const values = map.get(key);
    if (values) values.push(value);
    else map.set(key, [value]);
  };
  for (const [place, { hash, message }] of commits.entries()) {
    byHash.set(hash, place);
    add(byStart, hash.slice(0, 7), hash);
    add(bySubject, message.subject, place);
    if (message.pullRequest !== null) add(byPullRequest, message.pullRequest, place);
  }
  return { byHash, byStart, bySubject, byPullRequest };
}

/** The commits that a revert names; if it names none of this range, the nearest older one that it describes. */
function targetsOf(
  { hashes, pullRequest, subject }: NonNullable<ReadCommit["message"]["revert"]>,
  place: number,
  places: Places,
): readonly number[] {
  const named = hashes.flatMap((hash) => places.byHash.get(hash) ?? abbreviated(hash, places) ?? []);
  if (named.length > 0) return named;
  const described = [
    ...(pullRequest === null ? [] : (places.byPullRequest.get(pullRequest) ?? [])),
    ...(subject === null ? [] : (places.bySubject.get(subject) ?? [])),
  ];
  return described.filter((other) => other > place).slice(0, 1);
}

function abbreviated(start: string, { byHash, byStart }: Places): number | undefined {
  const full = byStart.get(start.slice(0, 7))?.find((hash) => hash.startsWith(start));
  return full === undefined ? undefined : byHash.get(full);
}
