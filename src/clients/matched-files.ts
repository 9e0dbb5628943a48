import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { none } from "./files.ts";

export interface MatchedFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  /** `outside`: a link that leads out of the root, or nowhere; `other`: a pipe, a socket, a device. */
  readonly kind: "file" | "outside" | "other";
}

/** Never a part of what is looked through. */
const hidden: ReadonlySet<string> = new Set([".git", ".release-sentinel"]);

/**
 * What a pattern names below a folder, sorted; folders themselves and what is behind links to folders are left out.
 * @param base the folder, or the file, before the pattern's first wildcard; relative, inside
 * @throws the system's error; the signal's reason
 */
export async function matchedFiles(
  root: string,
  base: string,
  matches: (path: string) => boolean,
  signal: AbortSignal,
): Promise<readonly MatchedFile[]> {
  const top = await realpath(root);
  const found: MatchedFile[] = [];
  const take = async (path: string): Promise<void> => {
    const full = join(top, path);
    const target = await realpath(full).catch(() => null);
    const info = target === null ? null : await stat(target);
    if (info?.isDirectory()) return;
    const isInside = target?.startsWith(`${top}${sep}`) ?? false;
    found.push({ path, kind: !isInside ? "outside" : info?.isFile() ? "file" : "other" });
  };
  const visit = async (folder: string): Promise<void> => {
    signal.throwIfAborted();
    for (const entry of await readdir(join(top, folder), { withFileTypes: true }).catch(none)) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!hidden.has(entry.name)) await visit(path);
      } else if (matches(path)) await take(path);
    }
  };
  const info = await lstat(join(top, base)).catch(() => null);
  if (info?.isDirectory()) await visit(base);
  else if (info && matches(base)) await take(base);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The folder before a pattern's first wildcard, or the path itself where there is none. */
export function baseOf(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  return (first < 0 ? parts : parts.slice(0, first)).join("/");
}
