import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A folder, with those above it that are missing. One that is there is as good.
 * @throws the system's error; of a read-only file system too, which Node.js calls ENOENT where it makes several at once
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === path) throw error;
    makeFolder(above);
    mkdirSync(path);
  }
}
