import { randomUUID } from "node:crypto";
import {
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

const hints: Readonly<Record<string, string>> = {
  ENOENT: "make the folder first",
  ENXIO: "it is a pipe that nobody reads: begin to read it first, or name a file",
};

/** A pipe or a device cannot be renamed into. Whoever opens a pipe waits for a reader, and hears no signal meanwhile. */
function writeInto(target: string, text: string | Uint8Array): void {
  const probe = openSync(target, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0));
  try {
    writeFileSync(target, text);
  } finally {
    closeSync(probe);
  }
}

/** A link stays one: what it leads to is written. */
function meant(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Writes a report whole or not at all; answers what went wrong. */
export function writeReportFile(cwd: string, path: string, text: string | Uint8Array): SentinelError[] {
  const target = meant(resolve(cwd, path));
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    if (statSync(target, { throwIfNoEntry: false })?.isFile() === false) writeInto(target, text);
    else {
      writeFileSync(temporary, text, { flag: "wx" });
      renameSync(temporary, target);
    }
    return [];
  } catch (error) {
    rmSync(temporary, { force: true });
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    const hint = hints[cause] ?? "check the folder's permissions and space";
    return [
      new SentinelError(
        "report-unwritable",
        `cannot write the report ${printable(path, 200)} (${cause})`,
        hint,
      ),
    ];
  }
}
