import { type Dirent, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createReleaseFolder } from "../../clients/release-folder.ts";
import { systemTrouble } from "../../clients/stores/local.ts";
import type { Store } from "../../clients/stores/store.ts";
import { parseSpan } from "../../core/days.ts";
import { StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import { compareVersions, parseVersion } from "../../core/version.ts";
import { type Card, parseCard, readCard } from "./card.ts";
import { type ArchiveSubject, archiveNames } from "./manifest.ts";
import type { ArchiveSettings, KeepSettings } from "./settings.ts";

/** A release that goes from one place. */
export interface Removal {
  /** `folder /srv/releases`, or the release folders of this machine. */
  readonly from: string;
  readonly tag: string;
  /** Why, in words: `300 days old; 20 newer ones are kept`. */
  readonly why: string;
  /** In the order in which they go. */
  readonly names: readonly string[];
  remove(signal: AbortSignal): Promise<void>;
}

/** What there is to be kept or not. */
interface Held {
  readonly card: Card;
  readonly names: readonly string[];
  remove(signal: AbortSignal): Promise<void>;
}

/**
 * What goes from the stores and from this machine's release folders by the rules: whatever neither rule keeps. The newest
 * never goes, nor does the release that this is about; rehearsals have rules of their own, and what another project keeps
 * in the same place, or nobody knows who, is left alone. Reads only.
 * @param folders where this machine's release folders are
 * @throws StepFailure when a store cannot be asked, or it is not known whose release this is; the signal's reason
 */
export async function removals(
  keep: ArchiveSettings["keep"],
  {
    stores,
    folders,
    now,
    ...of
  }: { stores: readonly Store[]; folders: string; now: number } & Pick<ArchiveSubject, "tag" | "project">,
  signal: AbortSignal,
): Promise<readonly Removal[]> {
  if (keep === undefined) return [];
  if (of.project === null)
    throw new StepFailure(
      "the remote's URL names no host, so it is not known which releases are this project's",
    );
  const all: Removal[] = [];
  const judge = (from: string, held: readonly Held[]) => {
    for (const [isRehearsal, rules] of [
      [false, keep],
      [true, keep.rehearsals ?? {}],
    ] as const) {
      const some = held.filter(({ card }) => card.rehearsal === isRehearsal && card.project === of.project);
      all.push(...gone(some, rules, { from, tag: of.tag, now }));
    }
  };
  for (const store of stores) judge(store.name, await heldBy(store, signal));
  judge(`release folders in ${printable(folders, 300)}`, heldHere(folders));
  return all;
}

function gone(
  held: readonly Held[],
  { releases, age }: KeepSettings,
  { from, tag, now }: { from: string; tag: string; now: number },
): Removal[] {
  if (releases === undefined && age === undefined) return [];
  const newestFirst = [...held].sort((a, b) => newer(b.card, a.card));
  const youngMs = age === undefined ? undefined : parseSpan(age);
  return newestFirst.flatMap(({ card, names, remove }, i) => {
    const old = now - Date.parse(card.taggedAt);
    const isKept =
      i < Math.max(1, releases ?? 0) || card.tag === tag || (youngMs !== undefined && old <= youngMs);
    if (isKept) return [];
    const why = `${count(Math.floor(old / 86_400_000), "day")} old; ${count(i, "newer one")} there`;
    return [{ from, tag: card.tag, why, names, remove }];
  });
}

/** Positive where the first is the newer one; tags of the same second by their versions. */
function newer(one: Card, other: Card): number {
  const time = Date.parse(one.taggedAt) - Date.parse(other.taggedAt);
  const [a, b] = [parseVersion(one.tag), parseVersion(other.tag)];
  return time || (a && b ? compareVersions(a, b) : 0);
}

/** Only what has a card of ours: other files are not looked at. */
async function heldBy(store: Store, signal: AbortSignal): Promise<readonly Held[]> {
  const names = await store.list(signal);
  const tags = (names ?? []).flatMap((name) => /^release-(v.+)\.json$/.exec(name)?.[1] ?? []);
  const held: Held[] = [];
  for (const tag of tags) {
    const card = await readCard(store, tag, signal);
    if (card === null || card === "other") continue;
    const { tar, card: last } = archiveNames(tag);
    // The card goes last, so that a removal that was interrupted is found again.
    const own = [`VERIFICATION-${tag}.md`, `VERIFICATION-${tag}.json`, tar].filter((name) =>
      names?.includes(name),
    );
    const all = [...own, last];
    held.push({
      card,
      names: all,
      async remove(until) {
        for (const name of all) await store.remove(name, until);
      },
    });
  }
  return held;
}

/** Release folders whose archive was made: one that is still being worked in has none. */
function heldHere(folders: string): readonly Held[] {
  return entriesOf(folders).flatMap((entry) => {
    const tag = entry.isDirectory() ? /^release-(v.+)$/.exec(entry.name)?.[1] : undefined;
    if (tag === undefined) return [];
    const path = join(folders, entry.name);
    const text =
      createReleaseFolder(path)
        .read(`archive/${archiveNames(tag).card}`)
        ?.toString("utf8") ?? "";
    const card = parseCard(text);
    if (card?.tag !== tag) return [];
    const remove = () =>
      rm(path, { recursive: true, force: true }).catch((error) =>
        systemTrouble(error, `${printable(path, 300)} cannot be removed`, "remove it by hand"),
      );
    return [{ card, names: [entry.name], remove }];
  });
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    return systemTrouble(
      error,
      `${printable(folder, 300)} cannot be listed`,
      "see that the folder may be read",
    );
  }
}

/** Removes; answers a line for each, and one for each that could not go. @throws the signal's reason */
export async function removeAll(
  all: readonly Removal[],
  signal: AbortSignal,
): Promise<{ readonly removed: readonly string[]; readonly failed: readonly string[] }> {
  const removed: string[] = [];
  const failed: string[] = [];
  for (const one of all) {
    try {
      await one.remove(signal);
      removed.push(`removed ${removalLine(one)}`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StepFailure)) throw error;
      failed.push(`${printable(one.tag, 100)} could not be removed from ${one.from}: ${error.message}`);
    }
  }
  return { removed, failed };
}

/** `v1.0.0 from folder /srv/releases (400 days old; 20 newer ones there)` */
export function removalLine({ tag, from, why }: Removal): string {
  return `${printable(tag, 100)} from ${from} (${why})`;
}
