import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SentinelError } from "../core/errors.ts";
import { fateOf, holderId } from "./host/holder.ts";
import { makeFolder } from "./make-folder.ts";

/** A folder of this process's own under TMPDIR, that nobody else may read. */
export interface OwnFolder {
  readonly path: string;
  /** Removes it; also done when the process ends. Never throws. */
  remove(): void;
}

const prefix = "release-sentinel-";
const ours = /^release-sentinel-[A-Za-z0-9]{6}$/;
const holderFile = "holder";
/** Where nobody can say whether the holder lives, age does. */
const oldMs = 7 * 24 * 3_600_000;

/** Of this process, and not yet removed. */
const held = new Set<string>();
let swept: string | undefined;

/**
 * The one way to a temporary folder. The first one also removes what runs that were killed have left behind.
 * @throws SentinelError `temporary-folder`
 */
export function makeOwnFolder(): OwnFolder {
  try {
    return make(tmpdir());
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown cause";
    throw new SentinelError(
      "temporary-folder",
      `no temporary folder can be made (${cause})`,
      "name one that can be written: TMPDIR=/path",
    );
  }
}

/** @throws the system's error */
function make(place: string): OwnFolder {
  makeFolder(place);
  if (swept !== place) sweep(place);
  swept = place;
  const path = realpathSync(mkdtempSync(join(place, prefix)));
  // A second Ctrl-C ends the process at once.
  if (held.size === 0) process.once("exit", removeHeld);
  held.add(path);
  const folder = { path, remove: () => remove(path) };
  try {
    writeFileSync(join(path, holderFile), holderId());
  } catch (error) {
    folder.remove();
    throw error;
  }
  return folder;
}

function remove(path: string): void {
  // A git that is being ended may still write: at the very end it is tried again.
  if (!held.has(path) || !removeAll(path)) return;
  held.delete(path);
  if (held.size === 0) process.removeListener("exit", removeHeld);
}

function removeHeld(): void {
  for (const path of held) removeAll(path);
}

function sweep(place: string): void {
  let names: string[] = [];
  try {
    names = readdirSync(place);
  } catch {
    // then there is none of ours in it
  }
  for (const name of names) {
    if (ours.test(name) && isLeft(join(place, name))) removeAll(join(place, name));
  }
}

/** Ours by its owner and by who it says that holds it; and that process is gone, or it is old and nobody can say. */
function isLeft(path: string): boolean {
  try {
    const found = lstatSync(path);
    if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) return false;
    const holder = join(path, holderFile);
    if (!lstatSync(holder).isFile()) return false;
    const fate = fateOf(readFileSync(holder, "utf8"));
    return fate === "gone" || (fate === "unknown" && Date.now() - found.mtimeMs > oldMs);
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
