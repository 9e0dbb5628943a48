import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";

export interface FoundFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly bytes: number;
}

/** Reads the work tree's files, tracked or not. */
export interface FileReader {
  /**
   * Regular files under `root` that a pattern names, sorted by path. `base` is the folder before the pattern's first wildcard.
   * Links are followed for a file, not into folders.
   */
  find(
    root: string,
    base: string,
    matches: (path: string) => boolean,
    signal: AbortSignal,
  ): Promise<readonly FoundFile[]>;
  /** Whether a file, links followed, lies in a folder. */
  isInside(root: string, path: string): Promise<boolean>;
  /** Lower-case hex SHA-256 of a file's content. @throws the system's error; the signal's reason */
  sha256(path: string, signal: AbortSignal): Promise<string>;
}

export function createFiles(): FileReader {
  const hashes = new Map<string, Promise<string>>();
  return {
    async find(root, base, matches, signal) {
      const found: FoundFile[] = [];
      const visit = async (folder: string): Promise<void> => {
        signal.throwIfAborted();
        for (const entry of await readdir(folder, { withFileTypes: true }).catch(none)) {
          const full = join(folder, entry.name);
          if (entry.isDirectory()) {
            if (entry.name !== ".git") await visit(full);
            continue;
          }
          const path = relative(root, full).split(sep).join("/");
          if (!matches(path)) continue;
          const info = await stat(full);
          if (info.isFile()) found.push({ path, bytes: info.size });
        }
      };
      const start = join(root, base);
      const info = await stat(start).catch(() => undefined);
      if (info?.isFile() && matches(base)) return [{ path: base, bytes: info.size }];
      if (info?.isDirectory()) await visit(start);
      return found.sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async isInside(root, path) {
      return (await realpath(path)).startsWith(`${await realpath(root)}${sep}`);
    },
    async sha256(path, signal) {
      // Large files are asked about more than once in a run; one that was built anew has another time.
      const { size, mtimeMs, ino } = await stat(path);
      const key = JSON.stringify([path, size, mtimeMs, ino]);
      const known = hashes.get(key) ?? hashOf(path, signal);
      hashes.set(key, known);
      return known.catch((error) => {
        hashes.delete(key);
        throw error;
      });
    },
  };
}

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal }).catch((error) => {
    // The stream's own error would not say what has ended it.
    signal.throwIfAborted();
    throw error;
  });
  return hash.digest("hex");
}

/** Of a folder that is not there, or no folder. */
export function none(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}
