import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { count } from "../../core/text.ts";
import { syncFolder } from "../whole-file.ts";
import { fileBlocks } from "./blocks.ts";
import { createLock, type Held, LockFailure } from "./lock.ts";
import { openStrangeTwin, openToAppend, openToRead, type Place, prepare } from "./place.ts";
import type { Anchor, Appended, LedgerStore } from "./store.ts";
import { linesBackwards, readTail, type Tail } from "./tail.ts";
import { unreadable, unwritable } from "./trouble.ts";

/** Room for two of the largest entries: what is begun, and how it ended. */
const leastFreeBytes = 8 * 1024 * 1024;

/** A ledger in one file, shared by the processes of a machine. */
export function createFileStore(place: Place): LedgerStore {
  const { path } = place;
  const lock = createLock(place.lock, () => statSync(path, { throwIfNoEntry: false })?.size);

  async function locked<T>(signal: AbortSignal, use: () => T): Promise<T> {
    let held: Held | undefined;
    try {
      prepare(place);
      held = await lock.take(signal);
      return use();
    } catch (error) {
      signal.throwIfAborted();
      throw unwritable(error, path);
    } finally {
      held?.release();
    }
  }

  /** How much of it is there to read: not a line that somebody is writing right now, where that can be known. */
  async function settledSize(file: number, signal: AbortSignal): Promise<number> {
    try {
      (await lock.take(signal)).release();
    } catch (error) {
      if (!(error instanceof LockFailure)) throw error;
    }
    return fstatSync(file).size;
  }

  async function* reading<T>(
    signal: AbortSignal,
    use: (file: number, size: number) => Iterable<T> | AsyncIterable<T>,
  ): AsyncGenerator<T> {
    let file: number | undefined;
    try {
      file = openToRead(place);
      if (file !== undefined) yield* use(file, await settledSize(file, signal));
    } catch (error) {
      signal.throwIfAborted();
      throw unreadable(error, path);
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  return {
    kind: "file",
    where: path,
    async head(signal) {
      for await (const { head } of reading(signal, (file, size) => [readTail(file, size)])) return head;
      return null;
    },
    append: (build, signal) =>
      locked(signal, () => {
        const { file, created, restored } = openToAppend(place);
        try {
          const notices = restored
            ? [`The ledger had been deleted: ${path} was restored from its copy in .git`]
            : [];
          const tail = readTail(file, fstatSync(file).size);
          if (tail.torn) notices.push(setAside(file, tail, path));
          const lines = build(tail.head);
          write(file, `${tail.unfinished ? "\n" : ""}${lines.text}`, tail.end);
          // The new size is part of what it brings to the disk.
          fdatasyncSync(file);
          if (created || restored) syncFolder(dirname(path));
          return { head: lines.head, notices } satisfies Appended;
        } finally {
          closeSync(file);
        }
      }),
    blocks: (signal) => reading(signal, (file, size) => fileBlocks(file, size, signal)),
    backwards: (signal) => reading(signal, linesBackwards),
    witnesses: async () => strangeTwin(place),
    probe: (signal) =>
      locked(signal, () => {
        const { file } = openToAppend(place);
        try {
          readTail(file, fstatSync(file).size);
          const { bavail, bsize } = statfsSync(dirname(path));
          if (bavail * bsize < leastFreeBytes)
            throw Object.assign(new Error("nearly full"), { code: "SCARCE" });
        } finally {
          closeSync(file);
        }
      }),
    close: () => lock.close(),
  };
}

function strangeTwin(place: Place): Anchor[] {
  const file = openStrangeTwin(place);
  if (file === undefined) return [];
  try {
    const { head } = readTail(file, fstatSync(file).size);
    return head === null ? [] : [{ sha256: head.sha256, seq: head.seq, from: "the ledger's copy in .git" }];
  } catch (error) {
    throw unreadable(error, place.twin ?? place.path);
  } finally {
    closeSync(file);
  }
}

/** Takes the bytes of a write that was cut off out of the ledger; they are kept beside it. Answers what to tell. */
function setAside(file: number, { end }: Tail, path: string): string {
  const size = fstatSync(file).size;
  const time = new Date().toISOString().replaceAll(":", "-");
  const aside = join(dirname(path), `${basename(path).replace(/\.jsonl$/, "")}.torn-${time}.jsonl`);
  const copy = openSync(aside, "wx");
  try {
    const bytes = Buffer.alloc(64 * 1024);
    for (let at = end; at < size; ) {
      const n = readSync(file, bytes, 0, bytes.length, at);
      if (n === 0) break;
      writeSync(copy, bytes, 0, n);
      at += n;
    }
    fsyncSync(copy);
  } finally {
    closeSync(copy);
  }
  ftruncateSync(file, end);
  return `The ledger's last line was cut off (${count(size - end, "byte")}, never acknowledged): set aside in ${aside}`;
}

/** All or nothing: what a full disk has cut off is taken back. */
function write(file: number, text: string, end: number): void {
  const bytes = Buffer.from(text);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  } catch (error) {
    try {
      ftruncateSync(file, end);
    } catch {
      // then the next one sets it aside
    }
    throw error;
  }
}
