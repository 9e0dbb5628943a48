import { count } from "../core/text.ts";

/** Characters that GitHub takes as the text of a release. */
export const bodyLimit = 125_000;

const marked = /<!-- release-sentinel: (\S+) ([0-9a-f]{40,64})(?: ([0-9a-f]{64}))? -->\s*$/;

export interface Marker {
  readonly tag: string;
  readonly commit: string;
  /** Which files it was made for; null when that is not said. */
  readonly build: string | null;
}

/** Whose release it is: the last line of a text of ours; null for everybody else's. */
export function markerOf(body: string): Marker | null {
  const [, tag, commit, build = null] = marked.exec(body) ?? [];
  return tag !== undefined && commit !== undefined ? { tag, commit, build } : null;
}

/** The text of the release: the notes, cut where they are too long, and the mark by which it is found again. */
export function releaseBody(notes: string, { tag, commit, build }: Marker & { build: string }): string {
  const end = `\n\n<!-- release-sentinel: ${tag} ${commit} ${build} -->`;
  const text = notes.trimEnd();
  if (text.length + end.length <= bodyLimit) return text + end;
  const more = `\n\n*These notes were cut: all ${count(text.length, "character")} are in the asset RELEASE_NOTES.md.*`;
  return cut(text, bodyLimit - end.length - more.length) + more + end;
}

/** The start of a text, up to a section where that keeps most of it, else to a line, else to a whole character. */
function cut(text: string, length: number): string {
  const start = text.slice(0, /[\ud800-\udbff]/.test(text[length - 1] ?? "") ? length - 1 : length);
  const section = Math.max(...["\n## ", "\n### "].map((heading) => start.lastIndexOf(heading)));
  const line = start.lastIndexOf("\n");
  const at = section > start.length / 2 ? section : line > start.length / 2 ? line : start.length;
  return start.slice(0, at).trimEnd();
}
