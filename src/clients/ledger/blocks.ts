import { read } from "node:fs";

const blockBytes = 1024 * 1024;
const newline = 0x0a;
/** What goes on for longer without a line break is handed on as it is. */
const longest = 16 * blockBytes;

/**
 * A file's bytes up to `size` in blocks that end with a line break; only the last may lack it. The next block is read
 * while one is used; a block is valid until another is asked for.
 */
export async function* fileBlocks(file: number, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  let offset = 0;
  let spare = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)] as const;
  const next = (): Promise<Buffer> => {
    const start = offset;
    offset = Math.min(size, start + blockBytes);
    spare = [spare[1], spare[0]];
    return readAt(file, spare[0].subarray(0, offset - start), start);
  };
  let rest: Buffer = Buffer.alloc(0);
  let coming = next();
  for (;;) {
    signal.throwIfAborted();
    const bytes = await coming;
    if (bytes.length === 0) break;
    coming = next();
    // Lest it counts as unhandled while the consumer is at work: it is awaited next.
    coming.catch(() => {});
    const cut = bytes.lastIndexOf(newline) + 1;
    if (cut === 0 && rest.length < longest) {
      rest = Buffer.concat([rest, bytes]);
      continue;
    }
    if (rest.length === 0) yield bytes.subarray(0, cut);
    else yield* joined(rest, bytes, cut);
    rest = Buffer.from(bytes.subarray(cut));
  }
  if (rest.length > 0) yield rest;
}

/** The line that two reads have cut comes alone, so that the rest need not be copied. */
function* joined(rest: Buffer, bytes: Buffer, cut: number): Generator<Buffer> {
  const first = bytes.indexOf(newline) + 1;
  yield Buffer.concat([rest, bytes.subarray(0, first)]);
  if (cut > first) yield bytes.subarray(first, cut);
}

/** Fills a buffer; less only where the file ends before. */
async function readAt(file: number, into: Buffer, start: number): Promise<Buffer> {
  let filled = 0;
  while (filled < into.length) {
    const n = await new Promise<number>((resolve, reject) => {
      read(file, into, filled, into.length - filled, start + filled, (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      );
    });
    if (n === 0) break;
    filled += n;
  }
  return into.subarray(0, filled);
}
