import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/** What a file may be read by: nobody else, unless it is said. */
const ownMode = 0o600;

/** Replaces a file: it is the old one or the new one, whatever happens meanwhile. Folders are made. @throws the system's error */
export function writeWhole(path: string, content: string | Uint8Array, mode: number = ownMode): void {
  throughDraft(path, content, mode, (draft) => renameSync(draft, path));
}

/** Makes a file that is not there yet, whole or not at all. Folders are made. @throws the system's error, `EEXIST` when it is there */
export function writeNew(path: string, content: string | Uint8Array, mode: number = ownMode): void {
  throughDraft(path, content, mode, (draft) => {
    try {
      linkSync(draft, path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Some file systems have no links.
      if (code === "EEXIST" || existsSync(path)) throw error;
      return renameSync(draft, path);
    }
    rmSync(draft);
  });
}

function throughDraft(
  path: string,
  content: string | Uint8Array,
  mode: number,
  put: (draft: string) => void,
): void {
  makeFolder(dirname(path));
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(draft, "wx", mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    put(draft);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** So that a new name in it outlives a power cut too. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
