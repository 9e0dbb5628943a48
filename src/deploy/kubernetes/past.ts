import { KubectlFailure } from "../../clients/kubectl.ts";
import { type Proof, StepFailure } from "../../core/step.ts";
import { count } from "../../core/text.ts";
import type { Memory, RestorePoint, Run } from "../driver.ts";
import { createMemory, refsOf, withCapture } from "./memory.ts";
import type { ObjectRef } from "./object.ts";
import type { Expected } from "./observe.ts";
import { ownerProofs } from "./owners.ts";
import { objectsAt } from "./point.ts";
import { unknown } from "./proof.ts";
import type { Captured, StoredRecord, Wrote } from "./record.ts";
import { recordKey } from "./record.ts";
import { createRecordStore, type RecordPlace } from "./record-store.ts";
import { rehearseBack } from "./rehearse-back.ts";
import { lookAround, restoreObjects } from "./restore.ts";
import { restorePlan } from "./restore-plan.ts";
import { asStep } from "./trouble.ts";

/** What was, kept in the cluster; and the way back to it. */
export interface Past {
  readonly memory: Memory;
  /** All that is remembered, objects included. @throws StepFailure */
  record(signal: AbortSignal): Promise<StoredRecord | null>;
  /**
   * Keeps objects as they are now; of an unfinished run, what it has kept stays. The sentence for people.
   * @param digests that run now
   * @param wrote what the run is about to write
   */
  capture(
    run: Run,
    objects: readonly Captured[],
    digests: readonly string[],
    signal: AbortSignal,
    wrote?: Wrote,
  ): Promise<string>;
  /** By a dry run: would `restore` work? */
  prove(to: RestorePoint, signal: AbortSignal): Promise<readonly Proof[]>;
  /** Puts it back, all of it. Safe to call again. The sentence for people. @throws StepFailure */
  restore(to: RestorePoint, signal: AbortSignal): Promise<string>;
  /** What is to be waited for after `restore`; before it, what was captured. */
  expected(signal: AbortSignal): Promise<readonly Expected[]>;
}

export function createPast(
  place: RecordPlace & {
    /** Objects of the manifest, as far as they are known. */
    readonly refs?: () => readonly ObjectRef[];
    /** Good releases that are remembered. */
    readonly keep: number;
    readonly chunkBytes?: number;
  },
): Past {
  const { kubectl, namespace, name, keep, refs = () => [] } = place;
  const store = createRecordStore(
    place,
    place.chunkBytes === undefined ? {} : { chunkBytes: place.chunkBytes },
  );
  const { secrets } = place;
  let captured: readonly Captured[] | null = null;
  let restored: readonly Captured[] | null = null;

  const at = async (to: RestorePoint, signal: AbortSignal) => {
    const record = await store.read(signal);
    return await objectsAt({ kubectl, namespace, name, record, captured, refs: refs() }, to, signal);
  };

  return {
    memory: createMemory(place, store, keep, () => (captured ? refsOf(captured) : refs())),
    record: (signal) => store.read(signal),
    async capture(run, objects, digests, signal, wrote) {
      const change = (record: StoredRecord) => withCapture(record, run, objects, digests, wrote);
      const after = await store.update(change, signal);
      captured = after.unfinished?.captured ?? objects;
      const there = captured.filter(({ object }) => object !== null).length;
      const where = `Secret ${namespace}/release-sentinel.${recordKey(name)}`;
      if (there === 0) return `kept in ${where} that nothing was here: what is created can be removed again`;
      return `kept ${count(there, "object")} as before in ${where}`;
    },
    async prove(to, signal) {
      try {
        const objects = await at(to, signal);
        const { live, autoscaled } = await lookAround(kubectl, objects, signal, secrets);
        const actions = restorePlan(objects, live, autoscaled);
        const touched = actions.flatMap((action) =>
          action.kind === "replace" || action.kind === "remove" ? [action.live] : [],
        );
        return [...ownerProofs(touched), ...(await rehearseBack(kubectl, actions, autoscaled, signal))];
      } catch (error) {
        if (error instanceof StepFailure) {
          const { message, remedy } = error;
          return [
            { state: error.final ? "conflict" : "unknown", message, ...(remedy !== undefined && { remedy }) },
          ];
        }
        if (!(error instanceof KubectlFailure)) throw error;
        return [unknown(`whether going back would work cannot be found out: ${error.message}`)];
      }
    },
    async restore(to, signal) {
      return await asStep(kubectl, async () => {
        const done = await restoreObjects(kubectl, await at(to, signal), signal, secrets);
        restored = done.expected;
        return done.message;
      });
    },
    async expected(signal) {
      return restored ?? (await asStep(kubectl, () => at({ kind: "captured" }, signal)));
    },
  };
}
