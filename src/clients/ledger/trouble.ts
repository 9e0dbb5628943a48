import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import { LockFailure } from "./lock.ts";
import { DamagedTail } from "./tail.ts";

const elsewhere = "RS_LEDGER=/path/ledger.jsonl keeps it elsewhere, RS_LEDGER=off does without";

const causes: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["there is no space left", "free some space"],
  SCARCE: ["less than 8 MiB are free, and its next entries may need them", "free some space"],
  EDQUOT: ["the quota is used up", "free some space"],
  EROFS: ["the file system is read-only", elsewhere],
  EACCES: ["it may not be written", elsewhere],
  EPERM: ["it may not be written", elsewhere],
  ELOOP: ["it is a symbolic link", elsewhere],
  ENOTDIR: ["its folder is a file or a symbolic link", elsewhere],
  EISDIR: ["it is a folder", elsewhere],
  BUSY: ["another process holds its lock", "see which one: fuser .git/release-sentinel/ledger.lock"],
};

/** Why a ledger's file cannot be written, for people. */
export function unwritable(error: unknown, path: string): SentinelError {
  if (error instanceof SentinelError) return error;
  const shown = printable(path, 200);
  if (error instanceof DamagedTail) {
    return new SentinelError(
      "ledger-unwritable",
      `cannot write the ledger ${shown}: ${error.message}`,
      "release-sentinel ledger verify; then move the file away, and the next run begins a new one",
    );
  }
  const code = codeOf(error);
  const [cause, remedy] = causes[code] ?? [
    error instanceof LockFailure ? `it cannot be locked: ${printable(error.message, 200)}` : code,
    elsewhere,
  ];
  return new SentinelError("ledger-unwritable", `cannot write the ledger ${shown}: ${cause}`, remedy);
}

/** Why a ledger's file cannot be read. */
export function unreadable(error: unknown, path: string): SentinelError {
  const cause = error instanceof DamagedTail ? error.message : codeOf(error);
  return new SentinelError(
    "ledger-unreadable",
    `cannot read the ledger ${printable(path, 200)}: ${cause}`,
    "see that it is there and may be read: RS_LEDGER names it",
  );
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException)?.code ?? (error instanceof Error ? error.message : "unknown cause");
}
