import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** The beginning of a regular file as text; null for a link, a folder, a pipe, and for what is not there or may not be read. */
export function readHead(path: string, maxBytes: number): string | null {
  // Whoever opens a pipe waits for its other end.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let file: number;
  try {
    file = openSync(path, flags);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(file).isFile()) return null;
    const buffer = Buffer.alloc(Math.min(maxBytes, fstatSync(file).size));
    const length = readSync(file, buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, length);
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
