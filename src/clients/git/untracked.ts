import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { GitAnswer, GitCommand } from "./command.ts";
import type { ChangedPath } from "./reader.ts";

/** Whether the repository's own `info/exclude`, which no clone shares, hides anything from `git status`. */
export function hasOwnExcludes(gitDir: string): boolean {
  const lines = text(join(commonFolder(gitDir), "info", "exclude"))?.split("\n") ?? [];
  return lines.some((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** Untracked paths as `git status` names them, with nothing but `.gitignore` files to hide any. */
export async function listUntracked(git: GitCommand, signal?: AbortSignal): Promise<GitAnswer> {
  const rules = ["--exclude-per-directory=.gitignore", "--directory", "--no-empty-directory"];
  return git(["ls-files", "--others", ...rules, "-z", "--full-name", ":/"], { signal });
}

export function parseUntracked(listed: string): readonly ChangedPath[] {
  return listed
    .split("\0")
    .filter((path) => path !== "")
    .map((path) => ({ state: "??", path }));
}

/** Where a linked work tree's repository keeps what all its work trees share. */
function commonFolder(gitDir: string): string {
  const named = text(join(gitDir, "commondir"))?.trim();
  return named ? resolve(gitDir, named) : gitDir;
}

function text(path: string): string | undefined {
  try {
    // Opening a pipe would wait for a writer.
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}
