import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Mark, Marks } from "../../core/marks.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { createLock, type Held } from "../ledger/lock.ts";
import { prepare } from "../ledger/place.ts";
import { makeFolder } from "../make-folder.ts";
import { asIs, markLine, maskedMark, readMark } from "./mark-text.ts";

const mostBytes = 4 * 1024 * 1024;

/** A ritual's marks in a file of this work tree: other machines do not know them. */
export function createLocalMarks(place: {
  /** The work tree's top folder. */
  readonly root: string;
  /** The common git folder of all work trees. */
  readonly commonDir: string;
  /** The folder of the lock: without it, in the git folder. */
  readonly beside?: string;
  /** A version: its name is part of the file's. */
  readonly tag: string;
  readonly mask?: (text: string) => string;
}): Marks {
  const { root, commonDir, beside = join(commonDir, "release-sentinel"), tag, mask = asIs } = place;
  const path = join(root, ".release-sentinel", "ritual", `${tag}.jsonl`);
  const lock = createLock(join(beside, "ritual.lock"), () => statSync(path, { throwIfNoEntry: false })?.size);

  /** The marks, and where the next one belongs: a line that was cut off was never acknowledged. */
  function readAll(): { readonly marks: readonly Mark[]; readonly end: number } {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > mostBytes) throw strange(path, `more than ${mostBytes} bytes`);
    const bytes = size === 0 ? Buffer.alloc(0) : readFileSync(path);
    const end = bytes.lastIndexOf(10) + 1;
    const lines = bytes.toString("utf8", 0, end).split("\n").slice(0, -1);
    const marks = lines.map((line, n) => {
      const mark = readMark(line);
      if (mark === undefined) throw strange(path, `line ${n + 1}`);
      return mark;
    });
    return { marks, end };
  }

  async function locked<T>(verb: "read" | "write", signal: AbortSignal, use: () => T): Promise<T> {
    let held: Held | undefined;
    try {
      makeFolder(beside);
      held = await lock.take(signal);
      return use();
    } catch (error) {
      signal.throwIfAborted();
      throw trouble(error, verb, path);
    } finally {
      held?.release();
    }
  }

  function openFile(): number {
    // Makes the folder that ignores itself.
    prepare({
      path: join(root, ".release-sentinel", "ritual"),
      lock: join(beside, "ritual.lock"),
      twin: join(beside, "ritual"),
    });
    makeFolder(dirname(path));
    return openSync(path, existsSync(path) ? "r+" : "wx+", 0o600);
  }

  return {
    where: `this machine only: ${path}`,
    read: (signal) => locked("read", signal, () => readAll().marks),
    append: (mark, allowed, signal) =>
      locked("write", signal, () => {
        const { marks, end } = readAll();
        if (!allowed(marks)) return null;
        const written = maskedMark(mark, mask);
        const file = openFile();
        try {
          ftruncateSync(file, end);
          const line = Buffer.from(`${markLine(written)}\n`);
          for (let at = 0; at < line.length; ) at += writeSync(file, line, at, line.length - at, end + at);
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        return [...marks, written];
      }),
    async prove(signal) {
      try {
        await locked("write", signal, () => {
          readAll();
          mayWrite(path);
        });
        return [
          {
            state: "notice",
            message: `The ritual's marks are kept on this machine only (${path}): another one may send again what this one has sent`,
          },
        ];
      } catch (error) {
        if (!(error instanceof StepFailure)) throw error;
        const remedy = error.remedy === undefined ? {} : { remedy: error.remedy };
        return [{ state: "conflict", message: error.message, ...remedy }];
      }
    },
    close: () => lock.close(),
  };
}

/** Asks, and makes nothing: whoever tries it dry finds the work tree as it was. @throws as accessSync does */
function mayWrite(path: string): void {
  if (existsSync(path) || dirname(path) === path) accessSync(path, constants.W_OK);
  else mayWrite(dirname(path));
}

function strange(path: string, what: string): StepFailure {
  return new StepFailure(
    `the ritual's marks are not as this version writes them (${path}): ${what}`,
    `see what was sent, and move the file away: ${path}`,
  );
}

function trouble(error: unknown, verb: "read" | "write", path: string): StepFailure {
  if (error instanceof StepFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new StepFailure(
    `cannot ${verb} the ritual's marks (${path}): ${printable(code ?? message, 200)}`,
    "see that this account may write there, and that there is space left",
    code === "EROFS" || code === "EACCES",
  );
}
