import { existsSync } from "node:fs";
import { copyFile, lstat, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../clients/make-folder.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import { systemTrouble } from "../../clients/stores/local.ts";
import type { Store } from "../../clients/stores/store.ts";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import { archivePlace, type Card, cardSchema, cardText, readCard } from "./card.ts";
import { readMade } from "./make.ts";
import {
  type ArchiveSubject,
  archiveNames,
  isSameSubject,
  largestBytes,
  manifestFile,
  subjectOf,
  sumsFile,
} from "./manifest.ts";
import { unpackArchive } from "./unpack.ts";

const draft = /^\.(restore|log)-/;
/** After this a draft is what a killed run left behind. */
const staleMs = 24 * 3_600_000;

/** What came of looking for a release's archive. */
export interface Restored {
  /** The store that it was fetched from; null: nothing was fetched. */
  readonly from: string | null;
  /** One sentence, where there is something to say. */
  readonly message: string | null;
  /** Stores that could not be asked, or have something that is not used: one line each. */
  readonly warnings: readonly string[];
}

/**
 * Fetches what a ritual of this tag AND commit has archived into the release's folder, so that a fresh machine goes on where
 * another one was. A folder that has its archive is left alone, and so is every file that is there.
 * @throws StepFailure when the folder cannot be written; the signal's reason
 */
export async function restoreFolder(
  stores: readonly Store[],
  folder: ReleaseFolder,
  release: ArchiveSubject,
  signal: AbortSignal,
): Promise<Restored> {
  const warnings: string[] = [];
  await sweep(folder);
  if (readMade(folder, release)) return { from: null, message: null, warnings };
  for (const store of stores) {
    try {
      const card = await readCard(store, release.tag, signal);
      if (card !== null && (card === "other" || !isSameSubject(card, release))) {
        warnings.push(`${store.name} has something else under the name of ${printable(release.tag, 100)}`);
        continue;
      }
      const files = await fetchInto(store, { card, release }, folder, signal);
      if (files === null) continue;
      const message = `${count(files, "file")} of ${printable(release.tag, 100)} restored from ${store.name}`;
      return { from: store.name, message, warnings };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StepFailure)) throw error;
      warnings.push(`nothing restored from ${store.name}: ${error.message}`);
    }
  }
  return { from: null, message: null, warnings };
}

/**
 * How many files were put into the folder; null: there is no archive. One without a card is what a run that was killed
 * between the two has left: its own manifest says what it is.
 */
async function fetchInto(
  store: Store,
  { card, release }: { readonly card: Card | null; readonly release: ArchiveSubject },
  folder: ReleaseFolder,
  signal: AbortSignal,
): Promise<number | null> {
  const maxBytes = card?.tar.bytes ?? largestBytes;
  if (maxBytes > largestBytes)
    throw new StepFailure(`its archive unpacks to ${count(maxBytes, "byte")}`, undefined, true);
  const place = archivePlace(release.tag);
  const unusable = (error: unknown) =>
    systemTrouble(
      error,
      `it cannot be unpacked in ${folder.path}`,
      "make room for it, or name another folder: --folder DIR",
    );
  const temp = await draftIn(folder).catch(unusable);
  try {
    const fetched = join(temp, "archive.tar.gz");
    const most = card?.gzip.bytes ?? largestBytes;
    const found = await store.get(archiveNames(release.tag).tar, fetched, most, signal);
    if (card === null && found === null) return null;
    if (found === null || (card && found.sha256 !== card.gzip.sha256))
      throw new StepFailure("the archive there is not the one that its card is about", undefined, true);
    const unpacked = join(temp, "files");
    const expected = { subject: release, maxBytes, ...(card && { sha256: card.tar.sha256 }) };
    const { manifest, tar } = await unpackArchive(fetched, expected, { to: unpacked, signal });
    const kept = manifest.files.filter(({ name }) => !existsSync(join(folder.path, name)));
    for (const { name } of [...kept, { name: manifestFile }, { name: sumsFile }]) {
      const to = join(folder.path, name);
      makeFolder(dirname(to));
      await rename(join(unpacked, name), to);
    }
    makeFolder(join(folder.path, dirname(place.tar)));
    await copyFile(fetched, join(folder.path, place.tar));
    // Last: with it the folder has its archive.
    const { bytes, sha256 } = found;
    const own = { schema: cardSchema, ...subjectOf(manifest), files: manifest.files.length, tar } as const;
    folder.write(place.card, cardText(card ?? { ...own, gzip: { bytes, sha256 } }));
    return kept.length;
  } catch (error) {
    return unusable(error);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** Removes what killed runs have left; what cannot be removed is tried again next time. */
async function sweep({ path }: ReleaseFolder): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names.filter((one) => draft.test(one))) {
    const place = join(path, name);
    const info = await lstat(place).catch(() => null);
    if (info && Date.now() - info.mtimeMs > staleMs)
      await rm(place, { recursive: true, force: true }).catch(() => {});
  }
}

async function draftIn({ path }: ReleaseFolder): Promise<string> {
  makeFolder(path);
  return mkdtemp(join(path, ".restore-"));
}
