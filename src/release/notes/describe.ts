import type { Unit } from "./changes.ts";
import { isDependencyBump, isDependencyScope } from "./dependencies.ts";
import type { Forge } from "./forge.ts";
import type { Message } from "./message.ts";
import type { Change, ChangeKind } from "./model.ts";
import { isBot } from "./people.ts";
import type { Rest } from "./rest.ts";

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

/** A unit of history as one change: what it is, and what it breaks. */
export function describe({ commit, pullRequest, within }: Unit, forge: Forge | null): Change {
  const { hash, short, message } = commit;
  const { conventional } = message;
  const { title } = message;
  const { text, closes } = withoutClosing(conventional?.description ?? title);
  const bump = isDependencyBump(text, conventional, () => isBot(commit.author));
  const all = within.length === 0 ? message.rest : together(message, within);
  // What a bump quotes is about the dependency.
  const breakingNotes = bump ? none : all.breakingNotes;
  // A merge request is `!12` there: `(#12)` is an issue.
  const isIssue = message.pullRequest !== null && forge?.kind === "gitlab" && message.mark === "#";
  const closed = bump
    ? none
    : closes.length === 0 && !isIssue
      ? all.closes
      : [...new Set([...(isIssue ? [String(pullRequest)] : []), ...closes, ...all.closes])];
  return {
    hash,
    short,
    kind: bump ? "dependency" : kindOf(message),
    type: conventional?.type ?? null,
    scope:
      conventional?.scope && !(bump && isDependencyScope(conventional.scope)) ? conventional.scope : null,
    title,
    text,
    breaking: breakingNotes.length > 0 || conventional?.breaking === true,
    breakingNotes,
    security:
      all.advisories.length > 0 ||
      (text.startsWith("[") && /^\[security\]/i.test(text)) ||
      isDeclared(message) ||
      within.some((inner) => isDeclared(inner.message)),
    advisories: all.advisories,
    pullRequest: isIssue ? null : pullRequest,
    closes: isIssue || pullRequest === null ? closed : without(closed, String(pullRequest)),
  };
}

const none: readonly string[] = [];

/** A pull request that closes itself, by its own number. */
function without(references: readonly string[], own: string): readonly string[] {
  return references.includes(own) ? references.filter((reference) => reference !== own) : references;
}

/** What a pull request's commits say besides its title; those that break say so although the title does not. */
function together(
  message: Message,
  within: Unit["within"],
): Pick<Rest, "breakingNotes" | "advisories" | "closes"> {
  const rests = [message.rest, ...within.map((inner) => inner.message.rest)];
  const breaks = within.flatMap(({ message: { conventional, rest } }) =>
    conventional?.breaking && rest.breakingNotes.length === 0 ? [conventional.description] : [],
  );
  return {
    breakingNotes: [...new Set([...rests.flatMap((rest) => rest.breakingNotes), ...breaks])],
    advisories: [...new Set(rests.flatMap((rest) => rest.advisories))],
    closes: [...new Set(rests.flatMap((rest) => rest.closes))],
  };
}

function kindOf({ revert, conventional }: Message): ChangeKind {
  if (revert) return "revert";
  return (conventional && kinds.get(conventional.type)) ?? "other";
}

function isDeclared({ conventional }: Message): boolean {
  if (!conventional) return false;
  const { type, scope } = conventional;
  return type === "security" || (type === "fix" && scope !== null && /^security$/i.test(scope));
}

/** `…, closes #12` at the end is a reference; among the words it would close the issue again wherever it is posted. */
function withoutClosing(text: string): { text: string; closes: readonly string[] } {
  if (!text.includes("#")) return { text, closes: none };
  const end = /^(.*\S)[\s,;(]+(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? #(\d{1,9})\)?\.?$/i.exec(text);
  return end?.[1] ? { text: end[1], closes: [end[2] ?? ""] } : { text, closes: none };
}
