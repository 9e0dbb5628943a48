import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";
import { writeWhole } from "./whole-file.ts";

/** One release's own folder of artifacts. Names are relative, with `/`: `dashboard/probe.json`. */
export interface ReleaseFolder {
  /** Absolute path. */
  readonly path: string;
  /** Null where there is none. @throws StepFailure when it cannot be read, or its name leads out of the folder */
  read(name: string): Buffer | null;
  /** Writes it whole, or not at all. @throws StepFailure */
  write(name: string, content: string | Uint8Array): void;
  /** Names of all files, sorted. Links are not followed, and not named. */
  list(): readonly string[];
}

export function createReleaseFolder(path: string): ReleaseFolder {
  return {
    path,
    read(name) {
      try {
        return readFileSync(join(path, inside(name)));
      } catch (error) {
        if (isMissing(error)) return null;
        throw trouble(error, `${printable(name, 200)} cannot be read in ${path}`);
      }
    },
    write(name, content) {
      const file = join(path, inside(name));
      try {
        writeWhole(file, content);
      } catch (error) {
        throw trouble(error, `${printable(name, 200)} cannot be written in ${path}`);
      }
    },
    list() {
      try {
        const entries = readdirSync(path, { recursive: true, withFileTypes: true });
        return entries
          .filter((entry) => entry.isFile())
          .map((entry) => nameOf(entry, path))
          .sort();
      } catch (error) {
        if (isMissing(error)) return [];
        throw trouble(error, `${path} cannot be listed`);
      }
    },
  };
}

/** A folder that takes files without writing them: what a dry run would have made is read by the steps after it. */
export function createShadowFolder(folder: ReleaseFolder): ReleaseFolder {
  const written = new Map<string, Buffer>();
  return {
    path: folder.path,
    read: (name) => written.get(inside(name)) ?? folder.read(name),
    write: (name, content) => void written.set(inside(name), Buffer.from(content)),
    list: () => [...new Set([...folder.list(), ...written.keys()])].sort(),
  };
}

function nameOf(entry: Dirent, root: string): string {
  const folder = entry.parentPath.slice(root.length).replaceAll("\\", "/").replace(/^\//, "");
  return folder === "" ? entry.name : `${folder}/${entry.name}`;
}

export function isInside(name: string): boolean {
  return (
    name !== "" &&
    posix.normalize(name) === name &&
    !posix.isAbsolute(name) &&
    !/^\.\.(\/|$)|^\.$|\/$|[\\:\0-\x1f]/.test(name)
  );
}

/** @throws StepFailure for a name that could lead out of the folder */
export function inside(name: string): string {
  if (isInside(name)) return name;
  throw new StepFailure(
    `"${printable(name, 200)}" is no name of a file in the release's folder`,
    undefined,
    true,
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

function trouble(error: unknown, what: string): StepFailure {
  if (error instanceof StepFailure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "unknown cause";
  const words: Readonly<Record<string, string>> = {
    ENOSPC: "no space left",
    EACCES: "permission denied",
    EROFS: "read-only file system",
  };
  return new StepFailure(
    `${what}: ${words[code] ?? code}`,
    "make room for it, or name another folder: --folder DIR",
  );
}
