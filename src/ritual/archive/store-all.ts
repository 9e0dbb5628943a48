import { join } from "node:path";
import { makeOwnFolder } from "../../clients/own-folder.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import { contentOf } from "../../clients/stores/local.ts";
import { type NewFile, type Store, StoreConflict } from "../../clients/stores/store.ts";
import { StepFailure } from "../../core/step.ts";
import { archivePlace, type Card, cardText, readCard } from "./card.ts";
import type { Made } from "./make.ts";
import { archiveNames, isSameSubject } from "./manifest.ts";
import { tarOf } from "./unpack.ts";

/** What came of one store. */
export type Kept =
  | { readonly store: Store; readonly answer: "stored" | "there" }
  | { readonly store: Store; readonly failure: StepFailure };

/** Puts something into every store; one that fails leaves the others alone. @throws the signal's reason */
export async function inEach(
  stores: readonly Store[],
  put: (store: Store) => Promise<"stored" | "there">,
  signal: AbortSignal,
): Promise<readonly Kept[]> {
  return Promise.all(
    stores.map(async (store): Promise<Kept> => {
      try {
        return { store, answer: await put(store) };
      } catch (failure) {
        signal.throwIfAborted();
        if (failure instanceof StepFailure) return { store, failure };
        throw failure;
      }
    }),
  );
}

/**
 * Puts the archive into a store, then its card: whoever finds the card finds the archive.
 * @throws StoreConflict when another archive is there; StepFailure; the signal's reason
 */
export async function storeArchive(
  store: Store,
  made: Made,
  folder: ReleaseFolder,
  signal: AbortSignal,
): Promise<"stored" | "there"> {
  const { card } = made;
  const names = archiveNames(card.tag);
  const place = archivePlace(card.tag);
  const there = await readCard(store, card.tag, signal);
  if (there !== null && !isSameArchive(there, card))
    throw new StoreConflict(store.name, await newFile(folder, place.card, names.card, signal), null);
  const tar: NewFile = {
    name: names.tar,
    path: join(folder.path, place.tar),
    ...card.gzip,
    contentType: "application/gzip",
  };
  let stored = card;
  let answer: "stored" | "there" = "there";
  try {
    answer = await store.put(tar, signal);
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    // A run that was killed before its card, on a Node with another zlib, has packed the same tar otherwise.
    stored = { ...card, gzip: await sameTar(store, card, error, signal) };
  }
  if (there !== null) return answer;
  await putCard(store, stored, signal);
  return "stored";
}

export function isSameArchive(found: Card | "other", card: Card): boolean {
  return found !== "other" && isSameSubject(found, card) && found.tar.sha256 === card.tar.sha256;
}

async function putCard(store: Store, card: Card, signal: AbortSignal): Promise<void> {
  const { card: name } = archiveNames(card.tag);
  await inTemp(async (folder) => {
    const { writeFile } = await import("node:fs/promises");
    const path = join(folder, name);
    await writeFile(path, cardText(card));
    const file = { name, path, ...(await contentOf(path, signal)), contentType: "application/json" };
    try {
      await store.put(file, signal);
    } catch (error) {
      // Somebody was quicker with the card of the same archive.
      const there = error instanceof StoreConflict ? await readCard(store, card.tag, signal) : null;
      if (there === null || !isSameArchive(there, card)) throw error;
    }
  });
}

/** The digest of what is stored, if it unpacks to the same. @throws the conflict */
async function sameTar(store: Store, card: Card, conflict: StoreConflict, signal: AbortSignal) {
  return inTemp(async (folder) => {
    const to = join(folder, "there.tar.gz");
    const found = await store.get(archiveNames(card.tag).tar, to, 2 * card.tar.bytes + 1024, signal);
    if (found === null) throw conflict;
    const tar = await tarOf(to, card.tar.bytes, signal).catch((error) => {
      throw error instanceof StepFailure ? conflict : error;
    });
    if (tar.sha256 !== card.tar.sha256) throw conflict;
    return { bytes: found.bytes, sha256: found.sha256 };
  });
}

/** A file of the release's folder, for a store. @throws StepFailure; the system's error */
export async function newFile(
  folder: ReleaseFolder,
  from: string,
  name: string,
  signal: AbortSignal,
): Promise<NewFile> {
  const path = join(folder.path, from);
  const types: Readonly<Record<string, string>> = {
    json: "application/json",
    md: "text/markdown; charset=utf-8",
  };
  const contentType = types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return { name, path, ...(await contentOf(path, signal)), contentType };
}

async function inTemp<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = makeOwnFolder();
  try {
    return await work(folder.path);
  } finally {
    folder.remove();
  }
}
