import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bodyOf, digestOf, readHeader, unixLines } from "./header.ts";
import type { Target } from "./target.ts";

/**
 * Where one file stands.
 * - `current`: as it would be written. `needed`: not there.
 * - `edited`: written by `init`, and changed since by somebody. `outdated`: written by `init`, by nobody changed, and it
 *   would be written otherwise now.
 * - `foreign`: somebody else's file is in its place. `refused`: its place is no place to write to.
 */
export type FileState = "current" | "needed" | "edited" | "outdated" | "foreign" | "refused";

export interface JudgedFile {
  readonly target: Target;
  readonly state: FileState;
  /** The file that is there: of this name, or of another name for the same thing. From the top, with `/`. */
  readonly there: string;
  /** Its text, with LF; null where there is none, or none that can be read. */
  readonly text: string | null;
  /** Why it is refused. */
  readonly why?: string;
}

/**
 * Looks at the place of one file, without writing.
 * @param args what its header should say; where it says something else, it is out of date. Left out: whatever it says
 * @throws the system's error when a file is there and cannot be read
 */
export function judgeFile(root: string, target: Target, args?: readonly string[]): JudgedFile {
  const why = wayTo(root, target.path);
  if (why !== null) return { target, state: "refused", there: target.path, text: null, why };
  const there = [target.path, ...(target.aliases ?? [])].find((path) => isThere(join(root, path)));
  if (there === undefined) return { target, state: "needed", there: target.path, text: null };
  const text = textOf(join(root, there));
  return { target, state: text === null ? "foreign" : compare(text, target.body, args), there, text };
}

function compare(text: string, wanted: string, args: readonly string[] | undefined): FileState {
  const body = bodyOf(text);
  const header = readHeader(text);
  if (digestOf(body) === digestOf(wanted))
    return header && args && header.args.join(" ") !== args.join(" ") ? "outdated" : "current";
  if (!header) return "foreign";
  return digestOf(body) === header.digest ? "outdated" : "edited";
}

/** A link that leads nowhere is there too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

const mostBytes = 1024 * 1024;

function textOf(path: string): string | null {
  const info = lstatSync(path);
  if (!info.isFile() || info.size > mostBytes) return null;
  return unixLines(readFileSync(path, "utf8"));
}

/** Why a path is no place for a file, by what is on the way to it; null where nothing is. Git takes no file from behind a link. */
function wayTo(root: string, path: string): string | null {
  const parts = path.split("/").slice(0, -1);
  for (let n = 1; n <= parts.length; n++) {
    const shown = parts.slice(0, n).join("/");
    const found = lstatSync(join(root, shown), { throwIfNoEntry: false });
    if (!found) return null;
    if (found.isSymbolicLink()) return `${shown} is a link, and git takes no file from behind one`;
    if (!found.isDirectory()) return `${shown} is a file, not a folder`;
  }
  return null;
}

/** The folder that a file goes to, or the nearest one above it that is there. */
export function nearestFolder(path: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (existsSync(folder) || dirname(folder) === folder) return folder;
  }
}
