import type { HistoryReader } from "../../clients/git/history.ts";
import type { ReleaseTag } from "../../clients/git/release-tags.ts";
import { compareVersions, parseVersion } from "../../core/version.ts";
import type { ReleasedChanges } from "./types.ts";

/** A commit, as far as it matters whose change it is. */
export interface LogEntry {
  readonly hash: string;
  readonly parents: readonly string[];
  /** Seconds since 1970. */
  readonly at: number;
}

/**
 * The releases by their versions, with the commits that each was the first to have. Of those that were tagged before
 * `since` only the last is read, and without its commits. @throws GitFailure
 */
export async function releasedChanges(
  history: Pick<HistoryReader, "log" | "cutOff">,
  tags: readonly ReleaseTag[],
  since: number,
  signal: AbortSignal,
): Promise<readonly ReleasedChanges[]> {
  const sorted = byVersion(tags);
  const base = sorted.findLastIndex(({ at }) => at < since);
  const first = sorted[base];
  const wanted = sorted.slice(base + 1);
  const tip = wanted.at(-1);
  if (tip === undefined) return sorted.slice(base).map((tag) => ({ ...tag, written: [] }));
  const log = new Map<string, LogEntry>();
  for await (const commits of history.log({ from: first?.commit ?? null, to: tip.commit }, signal)) {
    for (const { hash, parents, at } of commits) log.set(hash, { hash, parents, at });
  }
  const cut = await history.cutOff(signal);
  const before = first === undefined ? [] : [{ ...first, written: [] }];
  return [...before, ...share(wanted, log, cut)];
}

function byVersion(tags: readonly ReleaseTag[]): readonly ReleaseTag[] {
  return [...tags].sort((a, b) => {
    const [x, y] = [parseVersion(a.tag), parseVersion(b.tag)];
    return x && y ? compareVersions(x, y) : a.at - b.at;
  });
}

/** Gives every commit to the first release that has it; merges are no changes of their own. */
export function share(
  releases: readonly ReleaseTag[],
  log: ReadonlyMap<string, LogEntry>,
  cut: ReadonlySet<string>,
): readonly ReleasedChanges[] {
  const given = new Set<string>();
  return releases.map((release) => {
    const written: number[] = [];
    const open = [release.commit];
    let isWhole = true;
    for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
      const commit = log.get(hash);
      if (commit === undefined || given.has(hash)) continue;
      given.add(hash);
      if (cut.has(hash)) isWhole = false;
      if (commit.parents.length < 2) written.push(commit.at * 1000);
      open.push(...commit.parents);
    }
    return { ...release, written: isWhole ? written : null };
  });
}
