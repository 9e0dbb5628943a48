import { randomUUID } from "node:crypto";
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

/** Writes a report whole or not at all; answers what went wrong. */
export function writeReportFile(cwd: string, path: string, text: string | Uint8Array): SentinelError[] {
  const target = resolve(cwd, path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    // A pipe or a device cannot be renamed into.
    if (statSync(target, { throwIfNoEntry: false })?.isFile() === false) writeFileSync(target, text);
    else {
      writeFileSync(temporary, text, { flag: "wx" });
      renameSync(temporary, target);
    }
    return [];
  } catch (error) {
    rmSync(temporary, { force: true });
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    const hint = cause === "ENOENT" ? "make the folder first" : "check the folder's permissions and space";
    return [
      new SentinelError(
        "report-unwritable",
        `cannot write the report ${printable(path, 200)} (${cause})`,
        hint,
      ),
    ];
  }
}
