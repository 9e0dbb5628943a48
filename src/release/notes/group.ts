import { mergedBumps } from "./dependencies.ts";
import type { Change, ChangeKind, Group } from "./model.ts";

const titles: readonly (readonly [ChangeKind, string])[] = [
  ["feature", "Features"],
  ["fix", "Fixes"],
  ["performance", "Performance"],
  ["revert", "Reverts"],
  ["documentation", "Documentation"],
  ["dependency", "Dependencies"],
  ["other", "Other changes"],
  ["internal", "Internal"],
];

/**
 * What breaks first, then what is about security, whatever their type; then the rest by type. A history that is not
 * kept in the conventional way is one list without a heading.
 */
export function groupsOf(changes: readonly Change[]): readonly Group[] {
  const breaking = changes.filter((change) => change.breaking);
  const security = changes.filter((change) => change.security && !change.breaking);
  const rest = changes.filter((change) => !change.breaking && !change.security);
  const first: Group[] = [
    { kind: "breaking" as const, title: "Breaking changes", changes: byScope(breaking) },
    { kind: "security" as const, title: "Security", changes: byScope(mergedBumps(security)) },
  ].filter((group) => group.changes.length > 0);
  return [...first, ...(isConventional(changes) ? byKind(rest) : oneList(rest, first.length > 0))];
}

function isConventional(changes: readonly Change[]): boolean {
  const typed = changes.filter(({ type }) => type !== null).length;
  return typed * 3 > changes.length;
}

function byKind(changes: readonly Change[]): Group[] {
  const kinds = new Map<ChangeKind, Change[]>(titles.map(([kind]) => [kind, []]));
  for (const change of changes) kinds.get(change.kind)?.push(change);
  return titles.flatMap(([kind, title]) => {
    const ofKind = kinds.get(kind) ?? [];
    if (ofKind.length === 0) return [];
    return [{ kind, title, changes: byScope(kind === "dependency" ? mergedBumps(ofKind) : ofKind) }];
  });
}

/** Bumps come last: they are many, and say little. */
function oneList(changes: readonly Change[], needsTitle: boolean): Group[] {
  const bumps = mergedBumps(changes.filter(({ kind }) => kind === "dependency"));
  const others = changes.filter(({ kind }) => kind !== "dependency").map(asWritten);
  const list: Group = {
    kind: "other",
    title: needsTitle || bumps.length > 0 ? "Changes" : null,
    changes: others,
  };
  const dependencies: Group = { kind: "dependency", title: "Dependencies", changes: bumps };
  return [list, dependencies].filter((group) => group.changes.length > 0);
}

/** In a free-form history `tests: …` is no type, but how somebody writes. */
function asWritten(change: Change): Change {
  return { ...change, kind: "other", scope: null, text: change.title };
}

/** Those of one scope stay together, where the first of them stands; what has none comes first. */
function byScope(changes: readonly Change[]): readonly Change[] {
  const scopes = new Map<string, Change[]>([["", []]]);
  for (const change of changes) {
    const scope = change.scope ?? "";
    const list = scopes.get(scope);
    if (list) list.push(change);
    else scopes.set(scope, [change]);
  }
  const all: Change[] = [];
  for (const list of scopes.values()) for (const change of list) all.push(change);
  return all;
}
