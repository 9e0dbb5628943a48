import type { Unit } from "./changes.ts";
import { isDependencyBump } from "./dependencies.ts";
import { commitUrl, type Forge, issueUrl, pullRequestMark, pullRequestUrl } from "./forge.ts";
import { type Conventional, withoutPullRequest } from "./message.ts";
import type { Change, ChangeKind, Reference } from "./model.ts";
import { isBot } from "./people.ts";

const kinds: ReadonlyMap<string, ChangeKind> = new Map([
  ["feat", "feature"],
  ["fix", "fix"],
  ["perf", "performance"],
  ["security", "fix"],
  ["revert", "revert"],
  ["docs", "documentation"],
  ["deps", "dependency"],
  ...["refactor", "test", "style", "build", "ci", "chore", "release", "types", "config", "wip"].map(
    (type) => [type, "internal"] as const,
  ),
]);

/** A unit of history as one change: what it is, what it breaks, and where it can be read. */
export function describe({ commit, pullRequest, within }: Unit, forge: Forge | null): Change {
  const { hash, short, message } = commit;
  const all = [message, ...within.map((inner) => inner.message)];
  const { conventional } = message;
  const title = withoutPullRequest(message.merge?.title ?? message.subject).text;
  const plain = conventional?.description ?? title;
  const { text, closes: inText } = withoutClosing(plain);
  const bump = isDependencyBump(text, conventional, isBot(commit.author));
  // What a bump quotes is about the dependency.
  const breakingNotes = bump ? [] : [...new Set(all.flatMap((one) => one.breakingNotes))];
  const closes = bump ? [] : [...new Set([...inText, ...all.flatMap((one) => one.closes)])];
  return {
    hash,
    short,
    url: forge && commitUrl(forge, hash),
    kind: kindOf(conventional, bump, message.revert !== null),
    type: conventional?.type ?? null,
    scope: bump && isDependencyScope(conventional?.scope) ? null : (conventional?.scope ?? null),
    text,
    breaking: breakingNotes.length > 0 || all.some((one) => one.conventional?.breaking),
    breakingNotes: breakingNotes.length > 0 ? breakingNotes : innerBreaks(within),
    security: isSecurity(conventional, title, all),
    advisories: [...new Set(all.flatMap((one) => one.advisories))],
    pullRequest: pullRequest === null ? null : pullRequestReference(pullRequest, forge),
    closes: closes
      .map((reference) => closed(reference, forge))
      .filter(({ text: ref }) => ref !== `#${pullRequest}`),
  };
}

function kindOf(conventional: Conventional | null, bump: boolean, revert: boolean): ChangeKind {
  if (bump) return "dependency";
  if (revert) return "revert";
  if (conventional) return kinds.get(conventional.type) ?? "other";
  return "other";
}

function isDependencyScope(scope: string | null | undefined): boolean {
  return scope !== null && scope !== undefined && /^deps|^dependencies$/i.test(scope);
}

/** Commits of a pull request that break, under a title that does not say so. */
function innerBreaks(within: Unit["within"]): readonly string[] {
  return within.flatMap(({ message: { conventional } }) =>
    conventional?.breaking ? [conventional.description] : [],
  );
}

function isSecurity(
  conventional: Conventional | null,
  title: string,
  all: readonly { readonly advisories: readonly string[]; readonly conventional: Conventional | null }[],
): boolean {
  const declared = ({ type, scope }: Conventional) =>
    type === "security" || (type === "fix" && /^security$/i.test(scope ?? ""));
  return (
    /^\[security\]/i.test(conventional?.description ?? title) ||
    all.some((one) => one.advisories.length > 0 || (one.conventional && declared(one.conventional)))
  );
}

/** `…, closes #12` at the end is a reference; among the words it would close the issue again wherever it is posted. */
function withoutClosing(text: string): { text: string; closes: readonly string[] } {
  const end = /^(.*\S)[\s,;(]+(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? #(\d{1,9})\)?\.?$/i.exec(text);
  return end?.[1] ? { text: end[1], closes: [end[2] ?? ""] } : { text, closes: [] };
}

function pullRequestReference(number: number, forge: Forge | null): Reference {
  return { text: `${pullRequestMark(forge)}${number}`, url: forge && pullRequestUrl(forge, number) };
}

/** `12`, or `owner/name#12`. */
function closed(reference: string, forge: Forge | null): Reference {
  const [number = "", path] = reference.split("#").reverse();
  const text = path ? `${path}#${number}` : `#${number}`;
  return { text, url: forge && issueUrl(forge, Number(number), path) };
}
