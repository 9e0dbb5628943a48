import picomatch from "picomatch";
import type { Matcher } from "../gate/decide.ts";

/** Globs over names; compiled once each. `*` does not cross a `/`. */
export function createMatcher(): Matcher {
  const compiled = new Map<string, (text: string) => boolean>();
  return (globs) => {
    const key = JSON.stringify(globs);
    const known = compiled.get(key);
    if (known) return known;
    const match = picomatch(globs as string | string[], { dot: true, nonegate: true });
    compiled.set(key, match);
    return match;
  };
}
