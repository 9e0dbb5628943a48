import { fstatSync } from "node:fs";
import type { Writable } from "node:stream";
import { SentinelError } from "../core/errors.ts";

/** What a command writes to. Real streams in the program, buffers in tests. */
export interface Terminal {
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

/** What is being written: an answer that was asked for, a command to the CI's runner, a line that is masked, or words for the log. */
let writing: "answer" | "command" | "masked" | "words" = "words";

function as<T>(what: typeof writing, write: () => T): T {
  writing = what;
  try {
    return write();
  } finally {
    writing = "words";
  }
}

/** Marks what is written meanwhile as a command that the CI's runner is to obey. */
export function asCommand<T>(write: () => T): T {
  return as("command", write);
}

/** What is written meanwhile is masked already: masked once more as a whole, a line of JSON would be none. */
export function asMasked<T>(write: () => T): T {
  return as("masked", write);
}

/**
 * Takes from a text what a CI's runner would obey: GitHub obeys `::command::` where a line begins and, as Azure Pipelines and
 * TeamCity do with theirs, `##[command]` anywhere in it; file names, commit messages and servers' answers may hold that.
 */
export function tamed(text: string): string {
  return text.replace(/##(?=(?:vso|teamcity)?\[)/g, "##\u200b").replace(/^([^\S\r\n]*)::/gm, "$1\u200b::");
}

/**
 * From here on only the tool writes to stdout, and everything else that this process prints (a plugin's console.log)
 * goes to stderr, masked. In a log that a runner obeys, no command is left that is not ours.
 */
export function guardStreams(mask: (text: string) => string, env: NodeJS.ProcessEnv): void {
  const isObeyed = env["GITHUB_ACTIONS"] === "true" || Boolean(env["TF_BUILD"] || env["TEAMCITY_VERSION"]);
  const tame = isObeyed ? tamed : (text: string) => text;
  // A file is no log: it gets what was asked for, byte by byte.
  const tameAnswer = isObeyed && !isFile(process.stdout) ? tamed : (text: string) => text;
  const toStdout = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  const toStderr = process.stderr.write.bind(process.stderr) as (...args: unknown[]) => boolean;
  const guarded =
    (write: typeof toStdout) =>
    (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      if (writing === "command") return write(chunk, ...rest);
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      if (writing === "answer") return write(tameAnswer(text), ...rest);
      return toStderr(tame(writing === "masked" ? text : mask(text)), ...rest);
    };
  process.stdout.write = guarded(toStdout) as typeof process.stdout.write;
  process.stderr.write = guarded(toStderr) as typeof process.stderr.write;
}

function isFile(stream: { readonly fd?: number }): boolean {
  try {
    return stream.fd !== undefined && fstatSync(stream.fd).isFile();
  } catch {
    return false;
  }
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
    as("answer", () =>
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
    as("answer", () => stream.write("", done));
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
