import { lstatSync, statSync } from "node:fs";
import { monotonicMs } from "../../core/clock.ts";
import { sleep } from "../../core/sleep.ts";

/** How long others may hold a lock, and nothing comes of it, before that is an answer. */
const localMs = 10_000;
/** The same where they ask a remote, which may take half a minute for what it gets, and as much for what it gives. */
export const remotePatienceMs = 90_000;
/** SQLite's codes: another process holds the lock. */
const busy = new Set([5, 6]);

/** Held until it is released, or until this process ends. */
export interface Held {
  release(): void;
}

export interface Lock {
  /** Waits for it. @throws LockFailure; the signal's reason when aborted */
  take(signal: AbortSignal): Promise<Held>;
  close(): void;
}

/** The lock could not be had. `code` is the system's, SQLite's as text, `BUSY` or `STRANGE`. */
export class LockFailure extends Error {
  override readonly name = "LockFailure";
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * A lock between processes that the operating system holds, and lets go of when its owner dies: so there is no stale
 * one to be told from a live one. It is the writer's lock of an empty SQLite database; nothing is ever written into it.
 * @param progress changes while those who hold it get on: then waiting for it is no waste
 * @param patienceMs how long nothing may come of it
 */
export function createLock(
  path: string,
  progress: () => number | undefined,
  patienceMs: number = localMs,
): Lock {
  let opened: Opened | undefined;
  const close = () => {
    opened?.database.close();
    opened = undefined;
  };

  function tryToTake(): boolean {
    assertPlain(path);
    if (opened && inode(path) !== opened.inode) close();
    try {
      opened ??= open(path);
      opened.begin.run();
    } catch (error) {
      close();
      const { errcode = 0, message } = error as Error & { errcode?: number };
      if (busy.has(errcode & 0xff)) return false;
      throw error instanceof LockFailure ? error : new LockFailure(`SQLITE ${errcode}`, message);
    }
    // Deleted or replaced meanwhile: what we hold is not what the others will ask for.
    const still = inode(path);
    opened.inode ??= still;
    if (still !== undefined && still === opened.inode) return true;
    close();
    return false;
  }

  return {
    async take(signal) {
      let [since, seen] = [monotonicMs(), progress()];
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        if (tryToTake()) return { release: () => opened?.end.run() };
        const now = progress();
        if (now !== seen) [since, seen] = [monotonicMs(), now];
        if (monotonicMs() - since > patienceMs)
          throw new LockFailure("BUSY", `others have held it for ${patienceMs / 1000} s`);
        // At random, lest all come back at once; the rarer, the more there must be who wait.
        const pauseMs = 1 + Math.random() * Math.min(4 + tries * 2, 100);
        await sleep(pauseMs, signal);
      }
    },
    close,
  };
}

type Statement = Pick<ReturnType<InstanceType<Sqlite["DatabaseSync"]>["prepare"]>, "run">;

interface Opened {
  readonly database: InstanceType<Sqlite["DatabaseSync"]>;
  readonly begin: Statement;
  readonly end: Statement;
  /** Undefined while the file may not have been made yet. */
  inode: number | undefined;
}

function open(path: string): Opened {
  const { DatabaseSync } = loadSqlite();
  const before = inode(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  // Else it would lay a journal beside the lock, for a database that never gets a page.
  database.exec("PRAGMA journal_mode = MEMORY");
  const [begin, end] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("ROLLBACK")];
  return { database, begin, end, inode: before };
}

type Sqlite = Pick<typeof import("node:sqlite"), "DatabaseSync">;
let sqlite: Sqlite | undefined;

function loadSqlite(): Sqlite {
  if (sqlite) return sqlite;
  // Node 22 tells every user that the module is experimental; opening, locking and closing have not changed since.
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    sqlite = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
  if (!sqlite) throw new LockFailure("STRANGE", "this Node.js was built without SQLite");
  return sqlite;
}

function inode(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/** SQLite would play back a journal that somebody has laid beside the lock: into the lock, or wherever that leads. */
function assertPlain(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !(found.isFile() && found.size === 0))
    throw new LockFailure("STRANGE", `${path} is not an empty file`);
  const beside = ["-journal", "-wal"].find((suffix) => lstatSync(path + suffix, { throwIfNoEntry: false }));
  if (beside) throw new LockFailure("STRANGE", `${path}${beside} should not be there`);
}
