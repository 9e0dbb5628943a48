import type { Conventional } from "./conventional.ts";
import type { Change } from "./model.ts";

const bump =
  /^(?:\[security\] )?(?:bump|update|upgrade)s? (?:the )?(?:dependency |module |package )?(\S{1,200})(?: (?:requirement )?from v?(\S{1,100}))? to v?(\S{1,100}?)(?: \[security\])?(?: in \S+)?$/i;

/** Whether a change only takes another version of what the project uses. */
export function isDependencyBump(
  text: string,
  conventional: Conventional | null,
  isBot: () => boolean,
): boolean {
  if (conventional?.type === "deps" || (conventional?.scope && isDependencyScope(conventional.scope)))
    return true;
  if (!/^(?:\[[Ss]ecurity\] )?(?:[Bb]ump|[Uu]pdate|[Uu]pgrade|[Ll]ock file)/.test(text)) return false;
  // By a person, of a project that does not say `deps`: only what names both versions is surely one.
  return isBot() || bump.exec(text)?.[2] !== undefined;
}

export function isDependencyScope(scope: string): boolean {
  return /^(?:deps|dependencies$)/i.test(scope);
}

/** Several steps of one dependency are one: from the first version to the last. Newest first. */
export function mergedBumps(changes: readonly Change[]): readonly Change[] {
  const newest = new Map<string, number>();
  const merged: Change[] = [];
  for (const change of changes) {
    const [, name = "", from] = bump.exec(change.text) ?? [];
    const place = newest.get(name);
    const before = place === undefined ? undefined : merged[place];
    if (name === "" || place === undefined || !before) {
      if (name !== "") newest.set(name, merged.length);
      merged.push(change);
      continue;
    }
    const advisories = [...new Set([...before.advisories, ...change.advisories])];
    merged[place] = { ...before, text: from ? startingAt(before.text, from) : before.text, advisories };
  }
  return merged;
}

function startingAt(text: string, from: string): string {
  return text.replace(/ from (v?)\S+ to /i, (_whole, v: string) => ` from ${v}${from} to `);
}
