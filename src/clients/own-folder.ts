import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderId, isDead } from "./host/holder.ts";

/** A folder of this process's own under TMPDIR, that nobody else may read. */
export interface OwnFolder {
  readonly path: string;
  /** Removes it; also done when the process ends. Never throws. */
  remove(): void;
}

const holderFile = "holder";
/** Where nobody can say whether the holder lives, age does. */
const oldMs = 24 * 3_600_000;

/** @throws the system's error */
export function makeOwnFolder(prefix: string): OwnFolder {
  mkdirSync(tmpdir(), { recursive: true });
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  const remove = () => {
    // A git that is being ended may still write: at the very end it is tried again.
    if (removeAll(path)) process.removeListener("exit", remove);
  };
  // A second Ctrl-C ends the process at once.
  process.once("exit", remove);
  writeFileSync(join(path, holderFile), holderId());
  return { path, remove };
}

/** Removes what runs that were killed have left behind. Never throws. */
export function sweepOwnFolders(prefix: string, now: number = Date.now()): void {
  const folder = tmpdir();
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch {
    // then there is none of ours in it
  }
  for (const name of names) {
    if (name.startsWith(prefix) && isLeft(join(folder, name), now)) removeAll(join(folder, name));
  }
}

/** Nobody else's, and its process is known to be gone, or it is of another day. */
function isLeft(path: string, now: number): boolean {
  try {
    const found = lstatSync(path);
    if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) return false;
    return now - found.mtimeMs > oldMs || isDead(readFileSync(join(path, holderFile), "utf8"));
  } catch {
    // It has gone meanwhile, or is only being made.
    return false;
  }
}

function removeAll(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    return true;
  } catch {
    // the next run tries again
    return false;
  }
}
