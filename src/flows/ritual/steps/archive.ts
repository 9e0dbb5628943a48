import type { ReleaseFolder } from "../../../clients/release-folder.ts";
import type { Store } from "../../../clients/stores/store.ts";
import { type Proof, StepFailure } from "../../../core/step.ts";
import { count, printable } from "../../../core/text.ts";
import { type ArchiveMarks, claimArchive, observedByAll } from "../../../ritual/archive/claim.ts";
import { type Include, wanted } from "../../../ritual/archive/collect.ts";
import { type Made, makeArchive, pack, readMade } from "../../../ritual/archive/make.ts";
import { archiveNames, isOutsideArchive, whatIs } from "../../../ritual/archive/manifest.ts";
import { restoreFolder } from "../../../ritual/archive/restore.ts";
import { removalLine, removals, removeAll } from "../../../ritual/archive/retention.ts";
import type { ArchiveSettings } from "../../../ritual/archive/settings.ts";
import { archiveState } from "../../../ritual/archive/state.ts";
import { inEach, type Kept, storeArchive } from "../../../ritual/archive/store-all.ts";
import { releaseFile } from "../../../ritual/integrity/keep.ts";
import type { Payload, RitualContext, RitualStep, StepReport } from "../../../ritual/step.ts";

export interface ArchiveStepWorld extends ArchiveMarks {
  readonly settings: ArchiveSettings;
  /** Those that take this release: a rehearsal is never put on the GitHub Release. */
  readonly stores: readonly Store[];
  /** Top of the work tree. */
  readonly root: string;
  /** Where this machine's release folders are. */
  readonly folders: string;
  readonly matcher: Include["matcher"];
  readonly holdsSecret: Include["holdsSecret"];
}

/** Everything that the ritual made, and what is included, in one archive, in every store. */
export function createArchiveStep(world: ArchiveStepWorld): RitualStep {
  const { settings, stores, root, folders, matcher, holdsSecret } = world;
  const known = { stores, sound: new Set<Store>() };
  const include: Include = { root, patterns: settings.include ?? [], matcher, holdsSecret };

  const toGo = ({ release }: RitualContext, signal: AbortSignal) =>
    removals(settings.keep, { ...release, stores, folders, now: Date.now() }, signal);

  return {
    name: "archive",
    title: "Archive what belongs to the release",
    async observe({ release, folder }, signal) {
      return observedByAll(world, release, await archiveState(folder, release, known, signal), signal);
    },
    async prove({ folder }, signal) {
      const proofs = await Promise.all(stores.map((store) => provedBy(store, signal)));
      return [...proofs.flat(), ...(await includedProofs(include, folder, signal))];
    },
    async preview(context, signal) {
      const { release, folder } = context;
      const { tar } = archiveNames(release.tag);
      const there = folder.list().filter((name) => !isOutsideArchive(name));
      const included = await wanted(include, folder, signal).then(
        (paths) => paths.map((path) => `files/${path}`),
        (error: unknown) => [`<${inWords(error)}>`],
      );
      const names = [...new Set([releaseFile, ...there, ...included])].sort();
      const body = names.map((name) => `${name}: ${whatIs(name)}\n`).join("");
      const list = `${body}<and what the steps before it make>\nMANIFEST.json\nSHA256SUMS\n`;
      const places =
        stores.length > 0 ? stores.map(({ name }) => `${tar} in ${name}`) : [`file archive/${tar}`];
      return [
        ...places.map((to): Payload => ({ to, type: "text/plain", body: list })),
        ...(await goingPayload(context, signal)),
      ];
    },
    async run(context, signal) {
      const { folder } = context;
      const made = await madeHere(context, signal);
      if (stores.length > 0) await claimArchive(world, made.card, signal);
      const kept = await inEach(stores, (store) => storeArchive(store, made, folder, signal), signal);
      mustBeInAll(kept);
      const { removed, failed } = await cleaned(context, signal);
      const { card } = made;
      return {
        message: `${count(card.files, "file")} archived (${size(card.gzip.bytes)})${kept.length > 0 ? ` in ${names(kept)}` : ` in ${printable(folder.path, 300)}`}`,
        excerpt: [
          `${archiveNames(card.tag).tar} sha256 ${card.gzip.sha256}`,
          `tar sha256 ${card.tar.sha256}`,
          ...removed,
        ].join("\n"),
        warnings: [
          ...failed,
          ...(stores.length === 0 ? [`${nowhere(settings)}: the archive is on this machine only`] : []),
        ],
      } satisfies StepReport;
    },
  };

  /** The one archive that there is, or a new one where no store has any. @throws StepFailure */
  async function madeHere({ release, folder }: RitualContext, signal: AbortSignal): Promise<Made> {
    const look = async () => {
      const state = await archiveState(folder, release, known, signal);
      const now = await observedByAll(world, release, state, signal);
      if (now.state === "conflict") throw new StepFailure(now.message, now.remedy, true);
      return { state, now };
    };
    const { state, now } = await look();
    if (state.made) return state.made;
    const has = state.stores.flatMap((one) => (one.state === "same" ? [one.store] : []));
    if (has.length === 0) {
      if (now.state === "unknown") throw new StepFailure(now.message, now.remedy);
      return makeArchive(folder, release, include, signal);
    }
    // Another one would stand against it in the stores for good.
    const there = readMade(folder, release);
    if (there) return pack(folder, there.manifest, signal);
    const { warnings } = await restoreFolder(has, folder, release, signal);
    const { made } = (await look()).state;
    if (made) return made;
    throw new StepFailure(
      `${printable(release.tag, 100)} is archived, and that archive cannot be fetched: ${warnings.join("; ")}`,
      "see to that store, and run the same command again",
    );
  }

  async function goingPayload(context: RitualContext, signal: AbortSignal): Promise<Payload[]> {
    const going = await toGo(context, signal).catch((error) => {
      if (error instanceof StepFailure) return [];
      throw error;
    });
    if (going.length === 0) return [];
    return [
      {
        to: "removed by ritual.archive.keep",
        type: "text/plain",
        body: going.map((one) => `${removalLine(one)}\n`).join(""),
      },
    ];
  }

  /** What cannot be cleaned up is said, and stops nothing. */
  async function cleaned(context: RitualContext, signal: AbortSignal) {
    try {
      return await removeAll(await toGo(context, signal), signal);
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      return { removed: [], failed: [`nothing was removed by ritual.archive.keep: ${error.message}`] };
    }
  }
}

function nowhere({ stores = [] }: ArchiveSettings): string {
  return stores.length === 0
    ? "no store is configured (ritual.archive.stores)"
    : "no store of ritual.archive.stores takes a rehearsal";
}

async function includedProofs(
  include: Include,
  folder: ReleaseFolder,
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  try {
    await wanted(include, folder, signal);
    return [];
  } catch (error) {
    const { remedy } = error as Partial<StepFailure>;
    return [{ state: "conflict", message: inWords(error), ...(remedy ? { remedy } : {}) }];
  }
}

/** @throws what is not said for people */
function inWords(error: unknown): string {
  if (error instanceof StepFailure) return error.message;
  throw error;
}

async function provedBy(store: Store, signal: AbortSignal): Promise<readonly Proof[]> {
  try {
    return await store.prove(signal);
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    const { message, remedy } = error;
    // One that is down keeps the others from nothing: it is met again, and named, when it is its turn.
    return [{ state: "notice", message, ...(remedy ? { remedy } : {}) }];
  }
}

/** @throws StepFailure that names what has it, and what does not */
function mustBeInAll(kept: readonly Kept[]): void {
  const failures = kept.flatMap((one) => ("failure" in one ? [one.failure] : []));
  const [first] = failures;
  if (first === undefined) return;
  const stored = kept.filter((one) => "answer" in one);
  const where = stored.length > 0 ? `; it is in ${names(stored)}` : "";
  const message = failures.map(({ message: one }) => one).join("; ");
  throw new StepFailure(
    `the archive is not in every store: ${message}${where}`,
    first.remedy,
    failures.every(({ final }) => final),
  );
}

function names(kept: readonly Kept[]): string {
  return kept.map(({ store }) => store.name).join(", ");
}

function size(bytes: number): string {
  if (bytes < 1024) return count(bytes, "byte");
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
