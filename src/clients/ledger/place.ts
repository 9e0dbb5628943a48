import {
  chmodSync,
  constants,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../make-folder.ts";

/** Where a ledger's file is, and what stands around it. All paths are absolute. */
export interface Place {
  readonly path: string;
  /** Its lock's file. */
  readonly lock: string;
  /** A hard link to the same file, out of reach of `git clean -fdx`; absent where the user has named the path. */
  readonly twin?: string;
}

const noFollow = constants.O_NOFOLLOW ?? 0;

/** Makes the folders. The default place is inside the work tree: its folder ignores itself, so that the tree stays clean. */
export function prepare({ path, lock, twin }: Place): void {
  makeFolder(dirname(lock));
  const folder = dirname(path);
  if (twin === undefined) {
    makeFolder(folder);
    return;
  }
  makeFolder(dirname(twin));
  if (!lstatSync(folder, { throwIfNoEntry: false })) makeIgnored(folder, dirname(twin));
  // A pull request may bring a link that leads out of the tree.
  if (!lstatSync(folder).isDirectory()) throw Object.assign(new Error("a link"), { code: "ENOTDIR" });
  const ignore = join(folder, ".gitignore");
  if (!lstatSync(ignore, { throwIfNoEntry: false })?.size) writeFileSync(ignore, "*\n", { flag: "w" });
}

/** The folder appears with what ignores it, or not at all: between the two the work tree would be dirty. */
function makeIgnored(folder: string, aside: string): void {
  const made = mkdtempSync(join(aside, "new-"));
  try {
    writeFileSync(join(made, ".gitignore"), "*\n");
    chmodSync(made, 0o755);
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Another process was quicker, or the git folder is on another disk.
    if ((error as NodeJS.ErrnoException).code === "EXDEV") makeFolder(folder);
    else if (!lstatSync(folder, { throwIfNoEntry: false })) throw error;
  }
}

/** Opens the file to be added to; made if need be. `created`: there was none, and no twin. */
export function openToAppend({ path, twin }: Place): {
  readonly file: number;
  readonly created: boolean;
  readonly restored: boolean;
} {
  const there = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const twinThere = twin !== undefined && lstatSync(twin, { throwIfNoEntry: false }) !== undefined;
  if (!there && twinThere) linkSync(twin, path);
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | noFollow;
  const file = openSync(path, flags, 0o666);
  if (twin !== undefined && !twinThere) keepTwin(path, twin);
  return { file, created: !there && !twinThere, restored: !there && twinThere };
}

/** Without it the ledger is no less right, only easier to lose: another file system, or none that knows links. */
function keepTwin(path: string, twin: string): void {
  try {
    linkSync(path, twin);
  } catch {
    // said in the documentation, not on every run
  }
}

/** Opens it to be read: the twin where the file itself was deleted. Undefined when there is neither. */
export function openToRead({ path, twin }: Place): number | undefined {
  for (const candidate of twin === undefined ? [path] : [path, twin]) {
    if (!statSync(candidate, { throwIfNoEntry: false })) continue;
    return openSync(candidate, constants.O_RDONLY | noFollow);
  }
  return undefined;
}

/** The twin, where it is another file by now: somebody has put the ledger's file in the place of the old one. */
export function openStrangeTwin({ path, twin }: Place): number | undefined {
  if (twin === undefined) return undefined;
  const [file, other] = [path, twin].map((name) => statSync(name, { throwIfNoEntry: false }));
  return file && other && (file.ino !== other.ino || file.dev !== other.dev)
    ? openSync(twin, constants.O_RDONLY)
    : undefined;
}
