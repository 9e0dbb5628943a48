import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A folder, with those above it that are missing. One that is there is as good. Not by Node's `recursive`: on a read-only
 * file system that says ENOENT, and where a file system lets nobody make folders, as /proc, it tries for ever.
 * @param mode of those that are made
 * @throws the system's error
 */
export function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isFolder(path)) return;
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === path) throw error;
    makeFolder(above, mode);
    make(path, mode);
  }
}

/** Another process may have made it meanwhile. */
function make(path: string, mode: number | undefined): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
