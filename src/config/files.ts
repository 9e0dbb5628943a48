import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { GitReader } from "../clients/git/reader.ts";
import { SentinelError } from "../core/errors.ts";
import { printable } from "../core/text.ts";

/** No policy that people write is longer. */
const maxConfigBytes = 1024 * 1024;

/** Where a policy's files come from: the work tree, or a ref that the judged change cannot touch. */
export interface PolicyFiles {
  /** For messages: empty, or ` at main`. */
  readonly suffix: string;
  /** A file's text; undefined when there is none. @throws SentinelError `config-unreadable` */
  read(path: string): Promise<string | undefined>;
  /** The folder of an npm package as seen from a folder; undefined when it is not installed. */
  packageFolder(name: string, from: string): string | undefined;
  /** A real path from which a program or plugin named by the policy can be run. */
  materialise(path: string): Promise<string>;
}

const names = ["release-sentinel.yaml", "release-sentinel.yml", "release-sentinel.json", "package.json"];

/** The configuration of a folder: the first of the known names; package.json counts when it has our key. */
export async function findIn(files: PolicyFiles, folder: string): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    const text = await files.read(path);
    if (text === undefined) continue;
    if (name !== "package.json" || hasOurKey(text)) return path;
  }
  return undefined;
}

/** Whether a package.json has our key at its top; a broken one is not ours to complain about. */
function hasOurKey(text: string): boolean {
  try {
    const { "release-sentinel": ours } = JSON.parse(text) as { "release-sentinel"?: unknown };
    return typeof ours === "object" && ours !== null;
  } catch {
    return false;
  }
}

/** Looks in a folder and the ones above it, up to the top of the repository. */
export async function findUpwards(files: PolicyFiles, start: string): Promise<string | undefined> {
  // Outside a repository nothing above is ours: anybody may have put a file into /tmp.
  const top = topOf(start) ?? start;
  for (let folder = start; ; folder = dirname(folder)) {
    const found = await findIn(files, folder);
    if (found || folder === top) return found;
  }
}

/** The folder with `.git` in it. */
function topOf(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function tooLarge(path: string, bytes: number): SentinelError {
  const limit = maxConfigBytes / 1024 / 1024;
  return new SentinelError(
    "config-unreadable",
    `${path}: the configuration has ${(bytes / 1024 / 1024).toFixed(1)} MiB; the limit is ${limit} MiB`,
    "name the right file with --config",
  );
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SentinelError(
      "config-unreadable",
      `${path}: the configuration is not UTF-8 text`,
      "save it as UTF-8",
    );
  }
}

/** A package's folder, looked up as Node does: node_modules of this folder and of those above it. */
function packageFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Files of the work tree. */
export const workTreeFiles: PolicyFiles = {
  suffix: "",
  async read(path) {
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      // A link to nothing is a policy that got lost, not one that was never there.
      if (!stat && lstatSync(path, { throwIfNoEntry: false }))
        throw Object.assign(new Error(), { code: "a link to nothing" });
      if (!stat) return undefined;
      if (stat.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
      if (!stat.isFile()) throw Object.assign(new Error(), { code: "not a regular file" });
      if (stat.size > maxConfigBytes) throw tooLarge(path, stat.size);
      return decode(readFileSync(path), path);
    } catch (error) {
      if (error instanceof SentinelError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? "unknown cause";
      if (code === "ENOTDIR") return undefined;
      const hint =
        code === "EISDIR" ? "it is a folder: name the file in it" : "check that the file may be read";
      throw new SentinelError(
        "config-unreadable",
        `${printable(path, 300)}: cannot read the configuration (${code})`,
        hint,
      );
    }
  },
  packageFolder,
  materialise: async (path) => path,
};

export interface RefFilesOptions {
  readonly git: GitReader;
  readonly ref: string;
  readonly commit: string;
  /** Top of the judged work tree. */
  readonly root: string;
  /** Where this tool is installed: packages are taken from there, if that is outside the judged tree. */
  readonly toolFolder: string;
  /** A folder with the ref's files, made on first use. */
  readonly checkout: () => Promise<string>;
}

/** Files of a ref, never those of the judged work tree. Files outside the work tree are nobody's change, and read as they are. */
export function refFiles({ git, ref, commit, root, toolFolder, checkout }: RefFilesOptions): PolicyFiles {
  const realRoot = realpathSync(root);
  /**
   * The path below the top of the judged work tree; empty for the top itself, undefined outside of it.
   * The way to the tree may lead over links; from the tree on the names count, since the tree's own links are not trusted.
   */
  const inside = (path: string): string | undefined => {
    const parts = resolve(root, path).split(sep);
    for (let n = 1; n <= parts.length; n++) {
      const real = realOf(parts.slice(0, n).join(sep) || sep);
      if (real === undefined) return undefined;
      const below = relative(realRoot, real);
      if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) continue;
      return [...below.split(sep), ...parts.slice(n)].filter((part) => part !== "").join("/");
    }
    return undefined;
  };
  return {
    suffix: ` at ${ref}`,
    async read(path) {
      const below = inside(path);
      if (below === undefined) return workTreeFiles.read(path);
      if (below === "") return undefined;
      // 20 times the limit: a file that is too large is named so, not called missing.
      const content = await git.fileAt(commit, below, maxConfigBytes * 20).catch((error: Error) => {
        throw new SentinelError(
          "config-unreadable",
          `${below} at ${ref}: ${error.message}`,
          "make it a regular file there",
        );
      });
      if (content && content.length > maxConfigBytes) throw tooLarge(`${below} at ${ref}`, content.length);
      return content ? decode(content, `${below} at ${ref}`) : undefined;
    },
    packageFolder(name) {
      return inside(toolFolder) === undefined ? packageFolder(name, toolFolder) : undefined;
    },
    async materialise(path) {
      const below = inside(path);
      return below === undefined ? path : join(await checkout(), below);
    },
  };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
