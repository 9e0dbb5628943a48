import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { monotonicMs } from "../core/clock.ts";

const maxBytes = 64 * 1024;
/** For the other side of a pipe to write; a regular file never waits. */
const patienceMs = 2000;
const pauseMs = 10;

/**
 * Reads files that secrets are in. One may also be a pipe (`<(vault read …)`) or a device: it is read once, remembered,
 * and not waited for for long.
 * @throws Error whose message is a few words, or which has the system's `code`
 */
export function createSecretFiles(): (path: string) => string {
  const gone = new Map<string, () => string>();
  return (path) => {
    const known = gone.get(path);
    if (known) return known();
    // A pipe that nobody writes to would hold `open` itself for ever.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = fstatSync(file);
      if (stat.isFile()) return readAll(file, { patienceMs: 0, isPipe: false });
      const answer = settled(() => readAll(file, { patienceMs, isPipe: stat.isFIFO() }));
      gone.set(path, answer);
      return answer();
    } finally {
      closeSync(file);
    }
  };
}

function readAll(file: number, source: { patienceMs: number; isPipe: boolean }): string {
  const until = monotonicMs() + source.patienceMs;
  const buffer = Buffer.alloc(maxBytes + 1);
  let size = 0;
  for (;;) {
    const read = readSome(file, buffer, size);
    if (read !== undefined && read > 0) {
      size += read;
      if (size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024} KiB`);
      continue;
    }
    // Until somebody has opened the other side, a pipe looks as if it were at its end.
    const isEnd = read === 0 && (size > 0 || !source.isPipe);
    if (isEnd) return buffer.toString("utf8", 0, size);
    if (monotonicMs() >= until) throw new Error("it was not written to its end in time");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
  }
}

/** Undefined: there is nothing to read yet. */
function readSome(file: number, into: Buffer, offset: number): number | undefined {
  try {
    return readSync(file, into, offset, into.length - offset, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}

/** What a call came to, to be asked for again. */
function settled<T>(call: () => T): () => T {
  try {
    const value = call();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
