import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";

const partBytes = 256 * 1024;

/** Bytes and lower-case hex of their SHA-256. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/** What a file holds, read once in parts. @throws the system's error; the signal's reason */
export async function contentOf(path: string, signal: AbortSignal): Promise<Content> {
  const counting = counter();
  for await (const part of partsOf(path, signal)) counting.add(part);
  return counting.content();
}

/** A file in parts. @throws the system's error; the signal's reason; StepFailure for what is no ordinary file */
export async function* partsOf(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { O_RDONLY, O_NONBLOCK } = (await import("node:fs")).constants;
  // A pipe that nobody writes to must not be waited for.
  const file = await open(path, O_RDONLY | (O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile())
      throw new StepFailure(`${printable(path, 300)} is no ordinary file`, undefined, true);
    for (;;) {
      signal.throwIfAborted();
      const part = Buffer.allocUnsafe(partBytes);
      const { bytesRead } = await file.read(part, 0, part.length, null);
      if (bytesRead === 0) return;
      yield part.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

export interface Counter {
  add(part: Uint8Array): void;
  content(): Content;
}

export function counter(): Counter {
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    add(part) {
      hash.update(part);
      bytes += part.length;
    },
    content: () => ({ bytes, sha256: hash.digest("hex") }),
  };
}

/**
 * Makes a file that is not there yet, whole and on the disk, or not at all.
 * @throws what `write` throws; the system's error
 */
export async function makeFile<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, "wx", 0o644);
  try {
    const made = await write(file);
    await file.sync();
    await file.close();
    return made;
  } catch (error) {
    await file.close().catch(() => {});
    rmSync(path, { force: true });
    throw error;
  }
}

/** The same from parts that come one by one; what they were. @throws StepFailure when there is more than that */
export function fileOf(
  path: string,
  parts: AsyncIterable<Buffer>,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Content> {
  return makeFile(path, async (file) => {
    const counting = counter();
    let bytes = 0;
    for await (const part of parts) {
      bytes += part.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      counting.add(part);
      await file.writeFile(part);
    }
    return counting.content();
  });
}

export function tooLarge(maxBytes: number): StepFailure {
  return new StepFailure(`it has more than ${count(maxBytes, "byte")}`, undefined, true);
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: "no space left",
  EDQUOT: "the quota is used up",
  EFBIG: "the file may not become so large",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "read-only file system",
  ENOENT: "it is not there",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "it is a folder",
  EIO: "input/output error",
};

/** The system's error in words, as what could not be done. Anything else is thrown as it is. */
export function systemTrouble(error: unknown, what: string, remedy: string): never {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof StepFailure || typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) throw error;
  throw new StepFailure(`${what}: ${words[code] ?? code}`, remedy);
}
