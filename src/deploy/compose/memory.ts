import type { GoodRelease, Lock, Memory, TargetRecord } from "../driver.ts";
import { registerMemory } from "../state/memory.ts";
import { containersOf } from "./containers.ts";
import { hold, letGo } from "./images.ts";
import type { Kept } from "./kept.ts";
import { createLock, lazyLock } from "./lock.ts";
import { asStep, type ComposePlace } from "./place.ts";
import { type Findings, runsAsKept } from "./plan.ts";

/** The lock of a project, on its engine. */
export function composeLock(place: ComposePlace): Lock {
  const lock = lazyLock(async (signal) => createLock(place.docker, await place.project(signal)));
  return {
    acquire: (claim, signal) => asStep(place, signal, () => lock.acquire(claim, signal)),
    renew: (signal) => asStep(place, signal, () => lock.renew(signal)),
    release: (signal) => asStep(place, signal, () => lock.release(signal)),
  };
}

/**
 * The memory of a project, on its engine, with the images that it takes to go back.
 * @param look finds out what runs now
 */
export function composeMemory(
  place: ComposePlace,
  keep: number,
  look: (signal: AbortSignal) => Promise<Findings>,
): Memory {
  const { docker } = place;
  const open = async (signal: AbortSignal) =>
    registerMemory(await place.record(signal), {
      keep,
      isSomething: ({ kept }) => Object.keys((kept as unknown as Kept).services).length > 0,
      async keepNow(run, inner) {
        const { now, stored, project } = await look(inner);
        const kept: Kept = { ...now, version: run.version };
        await hold(docker, project, kept, inner);
        const numbers = stored?.good.map(({ revision }) => Number(revision) || 0) ?? [];
        return { kept: JSON.parse(JSON.stringify(kept)), revision: String(Math.max(0, ...numbers) + 1) };
      },
    });

  /** Images that are kept for nobody any more cost room, and no more than that. */
  async function letGoOfOthers(signal: AbortSignal): Promise<void> {
    const stored = await (await place.record(signal)).stored(signal);
    const needed = stored?.good.map(({ kept }) => kept as unknown as Kept) ?? [];
    await letGo(docker, await place.project(signal), needed, signal).catch(() => {});
  }

  return {
    read: (signal) =>
      asStep(place, signal, async () => {
        const [project, record] = await Promise.all([place.project(signal), place.record(signal)]);
        const found = await (await open(signal)).read(signal);
        if (found.current === null || found.unfinished !== null) return withoutKept(found);
        const [stored, containers] = await Promise.all([
          record.stored(signal),
          containersOf(docker, project, signal),
        ]);
        // Somebody may have changed it since by other means.
        const runs = stored !== null && runsAsKept(stored, containers);
        return withoutKept(runs ? found : { ...found, current: null });
      }),
    good: (run, status, signal) =>
      asStep(place, signal, async () => {
        await (await open(signal)).good(run, status, signal);
        await letGoOfOthers(signal);
      }),
    rolledBack: (rejected, current, signal) =>
      asStep(place, signal, async () => {
        await (await open(signal)).rolledBack(rejected, current, signal);
        await letGoOfOthers(signal);
      }),
    pardon: (digests, signal) =>
      asStep(place, signal, async () => (await open(signal)).pardon(digests, signal)),
  };
}

/** What is kept with a release holds the values of its variables: it is nobody's but the driver's. */
function withoutKept(record: TargetRecord): TargetRecord {
  const good = record.good.map((release): GoodRelease => {
    const { id, version, commit, verifiedAt, actor, revision, digests, images } = release;
    return { id, version, commit, verifiedAt, actor, revision, digests, ...(images ? { images } : {}) };
  });
  return { ...record, good };
}
