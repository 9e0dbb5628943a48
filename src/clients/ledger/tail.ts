import { readSync } from "node:fs";
import { type Head, headOf, readLine } from "./line.ts";

/** How a ledger's file ends. */
export interface Tail {
  /** Of the last whole line; null where there is none. */
  readonly head: Head | null;
  /** Where the next line belongs. */
  readonly end: number;
  /** The last line is whole but for its line break. */
  readonly unfinished: boolean;
  /** Whether there are bytes after `end`: a write that the power or a full disk cut off. */
  readonly torn: boolean;
}

/** The end of the file was written, and is not what was written. */
export class DamagedTail extends Error {
  override readonly name = "DamagedTail";
}

const newline = 0x0a;
const blockBytes = 64 * 1024;
/** Most lines fit. */
const tailBytes = 16 * 1024;
/** Two of the largest lines. What goes on for longer without a line break is none of ours. */
const longest = 16 * 1024 * 1024;

/**
 * Reads the end of a file, and no more of it than needed. @throws DamagedTail
 */
export function readTail(file: number, size: number): Tail {
  let end = size;
  let torn = false;
  while (end > 0) {
    const line = lastLine(file, end);
    const read = readLine(line.bytes);
    if (read !== undefined && read !== "damaged" && read.bodyEnd > 0)
      return {
        head: headOf(read),
        end: line.start + line.bytes.length + (line.finished ? 1 : 0),
        unfinished: !line.finished,
        torn,
      };
    // Blocks that never reached the disk read as zeros; a line of ours has none.
    if (line.finished && !line.bytes.includes(0))
      throw new DamagedTail("its last line is not as it was written");
    torn = true;
    end = line.start;
  }
  return { head: null, end: 0, unfinished: false, torn };
}

interface Line {
  readonly start: number;
  /** Without the line break. */
  readonly bytes: Buffer;
  readonly finished: boolean;
}

/** The line that ends at an offset, with or without its line break. */
function lastLine(file: number, end: number): Line {
  for (let length = Math.min(tailBytes, end); ; length = Math.min(length * 4, end)) {
    const start = end - length;
    const bytes = readExactly(file, start, length);
    const finished = bytes[length - 1] === newline;
    const content = finished ? bytes.subarray(0, -1) : bytes;
    const before = content.lastIndexOf(newline);
    if (before >= 0 || start === 0)
      return { start: start + before + 1, bytes: content.subarray(before + 1), finished };
    if (length >= longest) throw new DamagedTail("its last line has no end");
  }
}

function readExactly(file: number, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const n = readSync(file, bytes, read, length - read, start + read);
    if (n === 0) throw new DamagedTail("it became shorter while it was read");
    read += n;
  }
  return bytes;
}

/** Lines without their line breaks, newest first; what stands after the last line break is passed over. */
export function* linesBackwards(file: number, size: number): Generator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let complete = false;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const bytes = Buffer.concat([readExactly(file, start, end - start), rest]);
    end = start;
    let lineEnd = bytes.length;
    for (
      let at = bytes.lastIndexOf(newline);
      at >= 0;
      at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)
    ) {
      if (complete) yield bytes.subarray(at + 1, lineEnd);
      complete = true;
      lineEnd = at;
    }
    rest = bytes.subarray(0, lineEnd);
  }
  if (complete) yield rest;
}
