import type { GitHubPull } from "../../clients/github/types.ts";
import { commitUrl, pullRequestUrl } from "../notes/forge.ts";
import { issueReference } from "../notes/links.ts";
import type { Change, Notes } from "../notes/model.ts";
import { oneLine } from "../notes/text.ts";
import { type Concern, concernOf } from "./labels.ts";
import type { ClosedIssue, Overlay, OverlayChange, OverlayPullRequest } from "./model.ts";
import type { Stretch, Tracked } from "./pulls.ts";
import type { PathFacts } from "./risky.ts";

export interface OverlayFacts {
  readonly notes: Notes;
  /** Each one once. */
  readonly changes: readonly Change[];
  readonly stretch: Stretch;
  readonly paths: PathFacts;
  /** Null: from git alone. */
  readonly tracked: Tracked | null;
  readonly reason: string | null;
  readonly mask: (text: string) => string;
}

/** What a reader should see first, of everything that is known. Pure. */
export function overlayOf(facts: OverlayFacts): Overlay {
  const { notes, changes, stretch, paths, tracked, reason, mask } = facts;
  const pulls = tracked?.pulls ?? [];
  const because = reasonsOf(facts, pulls);
  const byNumber = new Map(pulls.map((pull) => [pull.number, webAddress(pull.url)]));
  const addressOf = ({ hash, pullRequest }: Change) => {
    if (pullRequest === null) return notes.forge && commitUrl(notes.forge, hash);
    return notes.forge ? pullRequestUrl(notes.forge, pullRequest) : (byNumber.get(pullRequest) ?? null);
  };
  const concerned = (concern: Concern) =>
    changes.flatMap((change) => {
      const why = because(change, concern);
      return why === null ? [] : [shown(change, concern, why, addressOf(change))];
    });
  const migrations = paths.risky.find(({ label, configured }) => label === "migration" && !configured);
  return {
    source: {
      kind: tracked ? "github" : "git",
      reason: reason === null ? null : oneLine(mask(reason)),
      incomplete: tracked?.incomplete ?? [],
    },
    breaking: concerned("breaking"),
    security: concerned("security"),
    migrations: { changes: concerned("migration"), paths: migrations?.paths ?? [] },
    risky: paths.risky,
    newcomers: notes.contributors.filter(({ first }) => first).map(({ name, login }) => ({ name, login })),
    issues: issuesOf(facts),
    pullRequests: pulls.map((pull) => pullOf(pull, notes, mask)),
    labels: labelsOf(pulls, mask),
    totals: {
      commits: stretch.hashes.size,
      changes: changes.length,
      pullRequests: tracked ? pulls.length : stretch.numbers.length,
      contributors: notes.contributors.length,
    },
  };
}

/** Why a change is of some concern; null: it is not. */
function reasonsOf(
  { paths, mask }: OverlayFacts,
  pulls: readonly GitHubPull[],
): (change: Change, concern: Concern) => string | null {
  const byNumber = new Map(pulls.map((pull) => [pull.number, pull]));
  const byCommit = new Map(pulls.map((pull) => [pull.mergeCommit, pull]));
  return (change, concern) => {
    if (concern !== "migration" && change[concern]) return "its commit says so";
    if (concern === "migration" && paths.migrating.has(change.hash)) return "its files";
    const pull =
      (change.pullRequest !== null && byNumber.get(change.pullRequest)) || byCommit.get(change.hash);
    const label = pull?.labels.find((name) => concernOf(name) === concern);
    return label === undefined ? null : `label ${oneLine(mask(label), 100)}`;
  };
}

function shown(change: Change, concern: Concern, because: string, url: string | null): OverlayChange {
  const { text, scope, hash, pullRequest, breakingNotes, advisories } = change;
  const notes =
    concern === "breaking"
      ? breakingNotes.filter((note) => note !== text)
      : advisories.filter((id) => !text.includes(id));
  return {
    text: scope === null ? text : `${scope}: ${text}`,
    hash,
    pullRequest,
    url,
    notes: concern === "migration" ? [] : notes,
    because,
  };
}

function issuesOf({ tracked, stretch, notes, mask }: OverlayFacts): readonly ClosedIssue[] {
  const issues = (tracked?.closes ?? stretch.closes).map((reference): ClosedIssue => {
    const found = tracked?.issues.get(reference);
    const guess = issueReference(reference, notes.forge).url;
    return {
      reference: oneLine(mask(reference)),
      title: found ? oneLine(mask(found.title)) : null,
      url: guess ?? (found ? webAddress(found.url) : null),
    };
  });
  const number = ({ reference }: ClosedIssue) => Number(reference.split("#").at(-1));
  return issues.sort((a, b) => number(a) - number(b) || (a.reference < b.reference ? -1 : 1));
}

function pullOf(
  { number, title, url, author, labels, mergedAt }: GitHubPull,
  { forge }: Notes,
  mask: (text: string) => string,
): OverlayPullRequest {
  return {
    number,
    title: oneLine(mask(title)),
    url: forge ? pullRequestUrl(forge, number) : webAddress(url),
    author: author === null ? null : oneLine(mask(author), 100),
    labels: labels.map((label) => oneLine(mask(label), 100)).sort(),
    mergedAt: mergedAt ?? "",
  };
}

/** An answer's address is shown only if it leads to the web. */
function webAddress(url: string): string | null {
  return /^https?:\/\/[^\s()<>"]+$/.test(url) ? url : null;
}

function labelsOf(pulls: readonly GitHubPull[], mask: (text: string) => string): Overlay["labels"] {
  const counts = new Map<string, number>();
  for (const { labels } of pulls) {
    for (const label of new Set(labels.map((name) => oneLine(mask(name), 100))))
      counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const all = [...counts].map(([name, count]) => ({ name, count }));
  return all.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
