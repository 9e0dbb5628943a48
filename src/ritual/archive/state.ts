import type { ReleaseFolder } from "../../clients/release-folder.ts";
import type { Store } from "../../clients/stores/store.ts";
import { type Observed, StepFailure } from "../../core/step.ts";
import { count, printable } from "../../core/text.ts";
import { readCard } from "./card.ts";
import { changedSince, isWhole, type Made, readMade } from "./make.ts";
import { type ArchiveSubject, archiveNames, isSameSubject } from "./manifest.ts";
import { isSameArchive } from "./store-all.ts";

/** What one store has of a release. */
export interface StoreState {
  readonly store: Store;
  /** `same`: this very archive, or, as long as none is made here, one of the same commit; `hollow`: its card alone. */
  readonly state: "same" | "none" | "other" | "hollow" | "unknown";
  readonly why?: StepFailure;
}

export interface ArchiveState {
  /** Null: to be made, or to be made anew. What is in a store is final, whatever changes here. */
  readonly made: Made | null;
  /** What is not as it was when the archive was made. */
  readonly changed: readonly string[];
  /** What the archive that a store has lacks, or cannot be made with again. */
  readonly lacking: readonly string[];
  readonly stores: readonly StoreState[];
}

/**
 * How far the archive of a release is.
 * @param sound stores whose archive was read by this process and is as its card says; added to
 * @throws StepFailure when the folder cannot be read; the signal's reason
 */
export async function archiveState(
  folder: ReleaseFolder,
  subject: ArchiveSubject,
  { stores, sound }: { readonly stores: readonly Store[]; readonly sound: Set<Store> },
  signal: AbortSignal,
): Promise<ArchiveState> {
  const found = readMade(folder, subject);
  const changed = found ? await changedSince(found, folder, signal) : [];
  const whole = found && (await isWhole(found, folder, signal)) ? found : null;
  let isFinal = false;
  const states = await Promise.all(
    stores.map(async (store): Promise<StoreState> => {
      try {
        const card = await readCard(store, subject.tag, signal);
        if (card === null) return { store, state: "none" };
        if (card === "other" || !isSameSubject(card, subject)) return { store, state: "other" };
        if (whole && !isSameArchive(card, whole.card)) return { store, state: "other" };
        isFinal = true;
        if (sound.has(store)) return { store, state: "same" };
        const tar = await store.stat(archiveNames(subject.tag).tar, signal);
        // What is gone can be stored again by who has it.
        if (tar?.sha256 !== card.gzip.sha256)
          return { store, state: tar === null && whole ? "none" : "hollow" };
        sound.add(store);
        return { store, state: "same" };
      } catch (why) {
        signal.throwIfAborted();
        if (why instanceof StepFailure) return { store, state: "unknown", why };
        throw why;
      }
    }),
  );
  const made = changed.length === 0 || isFinal ? whole : null;
  const then = new Set(found?.manifest.files.map(({ name }) => name));
  const lacking = isFinal ? changed.filter((name) => made === null || !then.has(name)) : [];
  return { made, changed, lacking, stores: states };
}

export function observed({ tag }: ArchiveSubject, state: ArchiveState): Observed {
  const { made, lacking, stores } = state;
  const names = (wanted: StoreState["state"]) =>
    stores.filter(({ state }) => state === wanted).map(({ store }) => store.name);
  const { card, tar } = archiveNames(tag);
  const byHand = `look at ${card} there; if it is of no use any more, remove it and the archive by hand`;
  const [other] = names("other");
  if (other) {
    const message = `${other} has another archive of ${printable(tag, 100)}: what is stored is never written over`;
    return { state: "conflict", message, remedy: byHand };
  }
  const [hollow] = names("hollow");
  if (hollow) {
    const message = `${hollow} has ${card}, and not the archive that it is about`;
    const remedy = `remove ${card} there by hand, and the archive if there is one; then run the same command again`;
    return { state: "conflict", message, remedy };
  }
  const same = names("same");
  if (lacking.length > 0)
    return {
      state: "conflict",
      message: `${some(lacking)} came after ${printable(tag, 100)} was archived${into(same)}: the archive is final, and would be without`,
      remedy: `to keep that archive: remove the release's folder, it is restored from there; to archive all of it: remove ${card} and ${tar} there by hand`,
    };
  const unready = stores.find(({ why }) => why?.final);
  if (unready?.why) {
    const { message, remedy } = unready.why;
    return { state: "conflict", message, ...(remedy ? { remedy } : {}) };
  }
  const none = names("none");
  const unknown = stores.find(({ state }) => state === "unknown");
  if (!made && (stores.length === 0 || none.length > 0))
    return { state: "needed", message: `the archive of ${printable(tag, 100)} will be made${into(none)}` };
  const stays = asItWas(state);
  if (none.length > 0)
    return {
      state: "needed",
      message: `the archive of ${printable(tag, 100)} will be stored${into(none)}${stays && `; ${stays}`}`,
    };
  if (unknown) {
    const { message = "it could not be asked", remedy } = unknown.why ?? {};
    return { state: "unknown", message, ...(remedy ? { remedy } : {}) };
  }
  const files = made ? `${count(made.card.files, "file")} ` : "";
  return {
    state: "done",
    message: `${files}of ${printable(tag, 100)} archived${into(same)}${stays && `; ${stays}`}`,
  };
}

/** What is not in an archive that is final; empty where there is nothing to say. */
function asItWas({ made, changed }: ArchiveState): string {
  return made === null || changed.length === 0
    ? ""
    : `${some(changed)} changed since: what is in a store is final, and stays as it was`;
}

function some(names: readonly string[]): string {
  const first = names.slice(0, 3).map((name) => printable(name, 100));
  return `${first.join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
}

function into(stores: readonly string[]): string {
  return stores.length === 0 ? "" : ` in ${stores.join(", ")}`;
}
