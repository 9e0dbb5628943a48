import { resolve } from "node:path";
import type { FileReader } from "../clients/files.ts";
import { baseOf } from "../clients/matched-files.ts";
import { StepFailure } from "../core/step.ts";
import { printable } from "../core/text.ts";

/** A file that becomes a part of the release. */
export interface Asset {
  /** What it is called there; unique. */
  readonly name: string;
  /** As it was found: from the top of the work tree, or from where the command was started. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Files that somebody has named. */
export interface AssetPattern {
  /** A path or a glob, with `/`. */
  readonly glob: string;
  /** The folder that it is relative to, and must not lead out of. */
  readonly root: string;
  /** What people call that folder. */
  readonly place: string;
}

/** With the file itself, which a saved plan does not name: another machine has it elsewhere. */
export interface FoundAsset extends Asset {
  readonly file: string;
}

/** What the forge makes of a file's name, so that it is found again under it. */
export function assetName(path: string): string {
  const name = path.split("/").at(-1) ?? path;
  return name.replace(/[^\w.+@~-]+/g, ".").replace(/^\.+/, "default.") || "file";
}

/**
 * The files that the patterns name, hashed.
 * @param matcher makes a test of a glob
 * @returns the globs that name nothing, besides
 * @throws StepFailure for two files of one name, or one that cannot be read
 */
export async function findAssets(
  patterns: readonly AssetPattern[],
  {
    files,
    matcher,
    signal,
  }: {
    files: FileReader;
    matcher: (glob: string) => (path: string) => boolean;
    signal: AbortSignal;
  },
): Promise<{ readonly assets: readonly FoundAsset[]; readonly missing: readonly string[] }> {
  const found = await Promise.all(
    patterns.map(async (pattern) => {
      const { glob, root } = pattern;
      const short = glob.replace(/^\.\//, "");
      const there = await files
        .find(root, baseOf(short), matcher(short), signal)
        .catch((error) => unreadable(glob, error));
      return there.map(({ path, bytes }) => ({ path, bytes, file: resolve(root, path), pattern }));
    }),
  );
  for (const { glob, place } of patterns) {
    if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)|(^|[/\\])\.git([/\\]|$)/i.test(glob)) {
      throw outside(glob, place);
    }
  }
  const missing = patterns.filter((_, i) => found[i]?.length === 0).map(({ glob }) => glob);
  const each = [...new Map(found.flat().map((one) => [one.file, one])).values()];
  const names = new Map<string, string>();
  for (const { path } of each) {
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
    each.map(async ({ path, bytes, file, pattern: { root, place } }) => {
      if (!(await files.isInside(root, file))) throw outside(path, place);
      const sha256 = await files.sha256(file, signal).catch((error) => unreadable(path, error));
      return { name: assetName(path), path, bytes, sha256, file };
    }),
  );
  return { assets, missing };
}

function outside(path: string, place: string): StepFailure {
  return new StepFailure(
    `asset ${printable(path, 200)} is not in ${place}`,
    `name it from the top of ${place}, such as dist/app.tgz; a link may not lead out of it`,
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
