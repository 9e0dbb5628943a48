import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../clients/make-folder.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import { contentOf, systemTrouble } from "../../clients/stores/local.ts";
import { StepFailure } from "../../core/step.ts";
import { archivePlace, type Card, cardSchema, cardText, readOwnCard } from "./card.ts";
import { contents, copyIncluded, type Include, wanted } from "./collect.ts";
import {
  type ArchiveSubject,
  isOutsideArchive,
  isSameSubject,
  largestBytes,
  type Manifest,
  manifestFile,
  manifestSchema,
  manifestText,
  mostFiles,
  readManifest,
  subjectOf,
  sumsFile,
  sumsText,
} from "./manifest.ts";
import { packArchive } from "./pack.ts";

/** An archive in the release's folder. */
export interface Made {
  readonly card: Card;
  readonly manifest: Manifest;
}

/** The archive that the folder has; null where there is none of this release, or not all of it. @throws StepFailure */
export function readMade(folder: ReleaseFolder, subject: ArchiveSubject): Made | null {
  const card = readOwnCard(folder, subject.tag);
  const manifest = readManifest(folder, subject);
  return card && manifest && isSameSubject(card, subject) ? { card, manifest } : null;
}

/** Names of what differs from the manifest, or came since, or is gone. @throws StepFailure */
export async function changedSince(
  { manifest }: Made,
  folder: ReleaseFolder,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const now = new Map((await contents(folder, signal)).map(({ name, sha256 }) => [name, sha256]));
  const then = new Map(manifest.files.map(({ name, sha256 }) => [name, sha256]));
  const all = new Set([...now.keys(), ...then.keys()]);
  return [...all].filter((name) => now.get(name) !== then.get(name)).sort();
}

/** Whether the archive itself is as its card says. */
export async function isWhole({ card }: Made, folder: ReleaseFolder, signal: AbortSignal): Promise<boolean> {
  const path = join(folder.path, archivePlace(card.tag).tar);
  const content = await contentOf(path, signal).catch(() => null);
  signal.throwIfAborted();
  return content?.sha256 === card.gzip.sha256;
}

/**
 * Makes the archive of everything in the folder and of what is included: manifest, sums, archive, card, in this order, each
 * whole or not at all.
 * @throws StepFailure; the signal's reason
 */
export async function makeArchive(
  folder: ReleaseFolder,
  subject: ArchiveSubject,
  include: Include,
  signal: AbortSignal,
): Promise<Made> {
  await copyIncluded(include, folder, await wanted(include, folder, signal), signal);
  // With the manifest and the sums.
  const files = 2 + folder.list().filter((name) => !isOutsideArchive(name)).length;
  if (files > mostFiles) throw tooMuch(`has ${files} files, and may have ${mostFiles}`);
  const manifest: Manifest = {
    schema: manifestSchema,
    ...subjectOf(subject),
    files: await contents(folder, signal),
  };
  folder.write(manifestFile, manifestText(manifest));
  folder.write(sumsFile, sumsText(manifest));
  return pack(folder, manifest, signal);
}

/** The archive of a manifest that is there. @throws StepFailure; the signal's reason */
export async function pack(folder: ReleaseFolder, manifest: Manifest, signal: AbortSignal): Promise<Made> {
  const place = archivePlace(manifest.tag);
  const to = join(folder.path, place.tar);
  const draft = `${to}.tmp`;
  try {
    makeFolder(dirname(to));
    await rm(draft, { force: true });
    const digests = await packArchive(manifest, { root: folder.path, to: draft, signal });
    if (digests.tar.bytes > largestBytes)
      throw tooMuch(`has ${digests.tar.bytes} bytes, and may have ${largestBytes}`);
    await rename(draft, to);
    const card: Card = {
      schema: cardSchema,
      ...subjectOf(manifest),
      files: manifest.files.length,
      ...digests,
    };
    folder.write(place.card, cardText(card));
    return { card, manifest };
  } catch (error) {
    await rm(draft, { force: true });
    systemTrouble(
      error,
      `the archive cannot be written in ${folder.path}`,
      "make room for it, or name another folder: --folder DIR",
    );
  }
}

/** No machine would fetch it again. */
function tooMuch(what: string): StepFailure {
  const remedy = "name less in ritual.archive.include, or pack many files into one before";
  return new StepFailure(`the archive ${what}`, remedy, true);
}
