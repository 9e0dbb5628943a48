import type { Writable } from "node:stream";
import { SentinelError } from "../core/errors.ts";

/** What a command writes to. Real streams in the program, buffers in tests. */
export interface Terminal {
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

let ours = false;

/** Marks what is written meanwhile as the tool's own. */
export function own<T>(write: () => T): T {
  ours = true;
  try {
    return write();
  } finally {
    ours = false;
  }
}

/**
 * From here on only the tool writes to stdout, and everything else that this process prints (a plugin's console.log)
 * goes to stderr, masked.
 */
export function guardStreams(mask: (text: string) => string): void {
  const toStdout = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  const toStderr = process.stderr.write.bind(process.stderr) as (...args: unknown[]) => boolean;
  const guarded =
    (write: typeof toStdout) =>
    (chunk: string | Uint8Array, ...rest: unknown[]): boolean =>
      ours
        ? write(chunk, ...rest)
        : toStderr(mask(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")), ...rest);
  process.stdout.write = guarded(toStdout) as typeof process.stdout.write;
  process.stderr.write = guarded(toStderr) as typeof process.stderr.write;
}

/**
 * Writes all of a text and waits until it is out. A reader that has left (EPIPE) is not an error: it has what it wanted.
 * @throws SentinelError `report-unwritable` when the text cannot be written
 */
export function writeOut(stream: Writable, text: string, name = "standard output"): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return resolve();
      reject(
        new SentinelError(
          "report-unwritable",
          `cannot write to ${name}: ${error.code ?? error.message}`,
          "free some space, or write elsewhere",
        ),
      );
    };
    if (stream.destroyed) return resolve();
    stream.once("error", failed);
    own(() =>
      stream.write(text, (error) => {
        stream.off("error", failed);
        if (error) failed(error);
        else resolve();
      }),
    );
  });
}

/** A reader that takes nothing for so long is not waited for. */
const drainMs = 10_000;

/** Waits until all that was written is with its reader: a process that ends takes along what is still on its way. */
export function drained(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, drainMs);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    stream.once("error", done);
    own(() => stream.write("", done));
  });
}

/** In columns. A terminal that says 0 does not know: containers and programs that play one often do. */
export function widthOf({ columns }: { readonly columns?: number }, otherwise = 80): number {
  return columns || otherwise;
}

/** Colour as users ask for it: NO_COLOR and --no-color win, FORCE_COLOR comes next, then it depends on the stream. */
export function wantsColor(env: NodeJS.ProcessEnv, flag: boolean, isTTY: boolean): boolean {
  if (!flag || env["NO_COLOR"] || env["TERM"] === "dumb") return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return isTTY;
}
