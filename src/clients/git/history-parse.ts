export interface TagRef {
  readonly name: string;
  /** The object it leads to, most often a commit. */
  readonly commit: string;
}

export interface RemoteSettings {
  /** As configured, and after git's `insteadOf`. Both may hold credentials. */
  readonly urls: readonly string[];
  /** Where pushes go instead, as configured; empty where they go to the same place. */
  readonly pushUrls: readonly string[];
  /** Whether its tags are fetched: false after `clone --no-tags`. */
  readonly tags: boolean;
}

/** `git show-ref --tags --dereference`: an annotated tag has a second line, `…^{}`, with what it leads to. */
export function parseTagRefs(text: string): readonly TagRef[] {
  const tags = new Map<string, string>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" refs/tags/");
    if (space < 0) continue;
    const name = line.slice(space + " refs/tags/".length);
    tags.set(name.endsWith("^{}") ? name.slice(0, -3) : name, line.slice(0, space));
  }
  return [...tags].map(([name, commit]) => ({ name, commit }));
}

/** `git config -z --get-regexp`: key LF value NUL … */
export function parseRemote(text: string, name: string): RemoteSettings | null {
  const entries = text.split("\0").map((entry) => {
    const [key = "", ...value] = entry.split("\n");
    return { key, value: value.join("\n") };
  });
  const url = entries.find(({ key }) => key === `remote.${name}.url`)?.value;
  if (url === undefined) return null;
  const rewritten = entries
    .flatMap(({ key, value }) => {
      const base = /^url\.(.+)\.insteadof$/s.exec(key)?.[1];
      return base !== undefined && value !== "" && url.startsWith(value) ? [{ base, value }] : [];
    })
    .sort((a, b) => b.value.length - a.value.length)
    .map(({ base, value }) => base + url.slice(value.length))
    .slice(0, 1);
  const pushUrls = entries.flatMap(({ key, value }) => (key === `remote.${name}.pushurl` ? [value] : []));
  const noTags = entries.some(({ key, value }) => key === `remote.${name}.tagopt` && value === "--no-tags");
  return { urls: [url, ...rewritten], pushUrls, tags: !noTags };
}
