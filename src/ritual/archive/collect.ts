import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { makeFolder } from "../../clients/make-folder.ts";
import { baseOf, matchedFiles } from "../../clients/matched-files.ts";
import { inside, type ReleaseFolder } from "../../clients/release-folder.ts";
import { contentOf, fileOf, partsOf, systemTrouble } from "../../clients/stores/local.ts";
import { StepFailure } from "../../core/step.ts";
import { printable } from "../../core/text.ts";
import { type ArchivedFile, isDraft, isOutsideArchive, whatIs } from "./manifest.ts";

/** A file that is larger is not looked through for secrets. */
const searchedBytes = 64 * 1024 * 1024;
const overlap = 16 * 1024;
export const includedFolder = "files";

export interface Include {
  /** Top of the work tree. */
  readonly root: string;
  readonly patterns: readonly string[];
  /** Makes a test of a glob. */
  readonly matcher: (glob: string) => (path: string) => boolean;
  /** Whether a text holds a secret's value. */
  readonly holdsSecret: (text: string) => boolean;
}

/** What the patterns name in the work tree, by its path there. @throws StepFailure for what may not be archived, or names nothing */
export async function wanted(
  { root, patterns, matcher }: Include,
  folder: ReleaseFolder,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths = new Set<string>();
  for (const given of patterns) {
    const pattern = asGlob(given);
    const shown = printable(given, 200);
    if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)|(^|[/\\])\.git([/\\]|$)/i.test(pattern)) {
      throw refused(
        `ritual.archive.include: ${shown} leads out of the work tree`,
        "name files from the top of the work tree",
      );
    }
    const matches = matcher(pattern);
    const found = await matchedFiles(root, baseOf(pattern), matches, signal);
    const wrong = found.find(({ kind }) => kind !== "file");
    if (wrong) {
      const why =
        wrong.kind === "outside" ? "is a link that leads out of the work tree" : "is no ordinary file";
      throw refused(
        `ritual.archive.include: ${printable(wrong.path, 200)} ${why}`,
        "leave it out, or put the file itself there",
      );
    }
    // A fresh machine has it from the archive, and not in its work tree.
    const isHere =
      found.length > 0 ||
      folder.list().some((name) => isIncluded(name) && matches(name.slice(includedFolder.length + 1)));
    if (!isHere) {
      throw refused(
        `ritual.archive.include: ${shown} names no file`,
        `make the file before the ritual, or take ${shown} out`,
      );
    }
    for (const { path } of found) paths.add(inside(path));
  }
  return [...paths].sort();
}

/** Copies files of the work tree into the release's folder; what an earlier run included, and no pattern names now, goes, and so do its drafts. @throws StepFailure for one that holds a secret, or cannot be copied */
export async function copyIncluded(
  include: Include,
  folder: ReleaseFolder,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const named = include.patterns.map((pattern) => include.matcher(asGlob(pattern)));
  for (const name of folder.list().filter(isIncluded)) {
    const path = name.slice(includedFolder.length + 1);
    if (isDraft(name) || !named.some((matches) => matches(path)))
      await rm(join(folder.path, inside(name)), { force: true });
  }
  for (const path of paths) {
    const to = join(folder.path, includedFolder, path);
    const draft = `${to}.${randomUUID()}.tmp`;
    try {
      makeFolder(dirname(to));
      await fileOf(draft, searched(join(include.root, path), path, include.holdsSecret, signal));
      await rename(draft, to);
    } catch (error) {
      await rm(draft, { force: true });
      systemTrouble(
        error,
        `${printable(path, 200)} cannot be copied into ${folder.path}`,
        "make room for it, or name another folder: --folder DIR",
      );
    }
  }
}

async function* searched(
  full: string,
  path: string,
  holdsSecret: (text: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const decoder = new StringDecoder("utf8");
  let seen = 0;
  let tail = "";
  for await (const part of partsOf(full, signal)) {
    if (seen < searchedBytes) {
      const text = tail + decoder.write(part);
      if (holdsSecret(text)) {
        throw refused(
          `ritual.archive.include: ${printable(path, 200)} holds the value of a secret`,
          "keep the secret out of the file; then change the secret, it was written down",
        );
      }
      tail = text.slice(-overlap);
    }
    seen += part.length;
    yield part;
  }
}

/** Everything that is archived of the folder, hashed, sorted by name. @throws StepFailure */
export async function contents(folder: ReleaseFolder, signal: AbortSignal): Promise<readonly ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  for (const name of folder.list()) {
    if (isOutsideArchive(name)) continue;
    const content = await contentOf(join(folder.path, inside(name)), signal).catch((error) =>
      systemTrouble(
        error,
        `${printable(name, 200)} cannot be read in ${folder.path}`,
        "see that the file may be read",
      ),
    );
    files.push({ name, ...content, what: whatIs(name) });
  }
  return files;
}

/** People write `./dist/*`. */
function asGlob(pattern: string): string {
  return pattern.replace(/^\.\//, "");
}

function isIncluded(name: string): boolean {
  return name.startsWith(`${includedFolder}/`);
}

function refused(message: string, remedy: string): StepFailure {
  return new StepFailure(message, remedy, true);
}
