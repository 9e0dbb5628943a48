import { resolve } from "node:path";
import type { FileReader } from "../clients/files.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";

/** A file that becomes a part of the release. */
export interface Asset {
  /** What it is called there; unique. */
  readonly name: string;
  /** Relative to the top of the work tree. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What the forge makes of a file's name, so that it is found again under it. */
export function assetName(path: string): string {
  const name = path.split("/").at(-1) ?? path;
  return name.replace(/[^\w.+@~-]+/g, ".").replace(/^\.+/, "default.") || "file";
}

/** The folder before a pattern's first wildcard, or the path itself where there is none. */
function baseOf(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  return (first < 0 ? parts : parts.slice(0, first)).join("/");
}

/**
 * The files that the patterns name, hashed.
 * @param matcher makes a test of a glob
 * @returns the patterns that name nothing, besides
 * @throws StepFailure for two files of one name, or one that cannot be read
 */
export async function findAssets(
  patterns: readonly string[],
  {
    root,
    files,
    matcher,
    signal,
  }: {
    root: string;
    files: FileReader;
    matcher: (glob: string) => (path: string) => boolean;
    signal: AbortSignal;
  },
): Promise<{ readonly assets: readonly Asset[]; readonly missing: readonly string[] }> {
  const found = await Promise.all(
    patterns.map((given) => {
      const pattern = given.replace(/^\.\//, "");
      return files
        .find(root, baseOf(pattern), matcher(pattern), signal)
        .catch((error) => unreadable(given, error));
    }),
  );
  for (const pattern of patterns) {
    if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)|(^|[/\\])\.git([/\\]|$)/i.test(pattern)) {
      throw outside(pattern);
    }
  }
  const missing = patterns.filter((_, i) => found[i]?.length === 0);
  const paths = [...new Map(found.flat().map((file) => [file.path, file])).values()];
  const names = new Map<string, string>();
  for (const { path } of paths) {
    const name = assetName(path);
    const other = names.get(name);
    if (other !== undefined) {
      throw new StepFailure(
        `two assets would both be called ${printable(name, 200)}: ${printable(other, 200)} and ${printable(path, 200)}`,
        "give them different names, or leave one out of `release.assets`",
      );
    }
    names.set(name, path);
  }
  const assets = await Promise.all(
    paths.map(async ({ path, bytes }) => {
      if (!(await files.isInside(root, resolve(root, path)))) throw outside(path);
      const sha256 = await files
        .sha256(resolve(root, path), signal)
        .catch((error) => unreadable(path, error));
      return { name: assetName(path), path, bytes, sha256 };
    }),
  );
  return { assets, missing };
}

function outside(path: string): StepFailure {
  return new StepFailure(
    `asset ${printable(path, 200)} is not in the work tree`,
    "name it from the top of the work tree, such as dist/app.tgz; a link may not lead out of it",
  );
}

function unreadable(path: string, error: unknown): never {
  if (error instanceof Error && "code" in error && error.name !== "AbortError") {
    throw new StepFailure(
      `asset ${printable(path, 200)} cannot be read: ${String(error.code)}`,
      "see that the file may be read",
    );
  }
  throw error;
}

/** The lines of `sha256sum`, sorted by name. */
export function checksums(assets: readonly { readonly name: string; readonly sha256: string }[]): string {
  return [...assets]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join("");
}
