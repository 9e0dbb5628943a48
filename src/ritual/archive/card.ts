import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeOwnFolder } from "../../clients/own-folder.ts";
import type { ReleaseFolder } from "../../clients/release-folder.ts";
import type { Content } from "../../clients/stores/local.ts";
import type { Store } from "../../clients/stores/store.ts";
import { type ArchiveSubject, archiveNames, isContent, isSubject } from "./manifest.ts";

export const cardSchema = "release-sentinel/archive/v1";
const cardBytes = 64 * 1024;

/**
 * What stands beside an archive: which release it is of, and its digests. `tar` is the same wherever and whenever the archive
 * is made from the same files; `gzip`, the file as it is stored, depends on the version of zlib too.
 */
export interface Card extends ArchiveSubject {
  readonly schema: typeof cardSchema;
  /** Without the manifest and the sums. */
  readonly files: number;
  readonly tar: Content;
  readonly gzip: Content;
}

export function cardText(card: Card): string {
  return `${JSON.stringify(card, null, 2)}\n`;
}

/** Null for what is none. */
export function parseCard(text: string): Card | null {
  try {
    const found = JSON.parse(text) as Card | null;
    const isOne = found?.schema === cardSchema && isSubject(found) && Number.isSafeInteger(found.files);
    return isOne && isContent(found.tar) && isContent(found.gzip) ? found : null;
  } catch {
    return null;
  }
}

/** Where the archive and its card lie in the release's folder. */
export function archivePlace(tag: string): { readonly tar: string; readonly card: string } {
  const { tar, card } = archiveNames(tag);
  return { tar: `archive/${tar}`, card: `archive/${card}` };
}

/** Null where there is none. @throws StepFailure */
export function readOwnCard(folder: ReleaseFolder, tag: string): Card | null {
  return parseCard(folder.read(archivePlace(tag).card)?.toString("utf8") ?? "");
}

/** What a store says under the name of a tag's card: null: nothing; `other`: something that is no card of this tag. @throws StepFailure */
export async function readCard(
  store: Store,
  tag: string,
  signal: AbortSignal,
): Promise<Card | "other" | null> {
  const text = await readText(store, archiveNames(tag).card, cardBytes, signal);
  if (text === null) return null;
  const card = parseCard(text);
  return card?.tag === tag ? card : "other";
}

/** @throws StepFailure, also for more than `maxBytes` */
async function readText(
  store: Store,
  name: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | null> {
  const folder = makeOwnFolder();
  try {
    const to = join(folder.path, "card.json");
    return (await store.get(name, to, maxBytes, signal)) && (await readFile(to, "utf8"));
  } finally {
    folder.remove();
  }
}
