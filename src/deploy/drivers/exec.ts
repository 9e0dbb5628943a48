import type { Json } from "../../core/json.ts";
import { StepFailure } from "../../core/step.ts";
import { shellWord } from "../../core/text.ts";
import type { DeployRequest, Driver, RestorePoint, Run, WayBack } from "../driver.ts";
import { createCall, type ExecPrograms, type ExecWorld } from "../exec/program.ts";
import { registerLock } from "../state/lock.ts";
import { registerMemory } from "../state/memory.ts";
import { changeState, type PlaceState, type Register } from "../state/register.ts";

export interface ExecOptions {
  readonly request: DeployRequest;
  /** The application's name: of its lock and its memory. */
  readonly name: string;
  readonly programs: ExecPrograms;
  readonly world: ExecWorld;
  /** Where the lock and the memory are. */
  readonly register: Register;
  /** Good releases that are remembered. */
  readonly keep: number;
}

/**
 * A program of the user's with five verbs. It reads one JSON object and prints one; what `capture` answers as `kept` is
 * given back to `restore`, and is for nobody else to understand. Lock and memory are ours.
 */
export function createExecDriver({ request, name, programs, world, register, keep }: ExecOptions): Driver {
  const { environment, version, run, manifests } = request;
  const told = { schema: "release-sentinel/exec/v1", environment, version, name, run, manifests };
  const call = createCall(programs, world, told);

  let planned: WayBack | null = null;

  /** What the program needs to come back to a point. */
  async function pointFor(to: RestorePoint, signal: AbortSignal): Promise<Json> {
    if (to.kind === "revision" || to.kind === "image") return { ...to };
    const { state } = await register.read(signal);
    if (to.kind === "captured") {
      if (state.unfinished) return { kind: "captured", kept: state.unfinished.kept };
      throw new StepFailure("nothing has been kept to go back to", undefined, true);
    }
    const found = state.good.find(({ id }) => id === to.good.id);
    if (found) return { kind: "good", kept: found.kept, version: found.version, revision: found.revision };
    throw new StepFailure(`${to.good.version} is not remembered any more`, undefined, true);
  }

  return {
    name: "exec",
    async plan(signal) {
      const [{ state }, { target, changes, images, ...found }] = await Promise.all([
        register.read(signal),
        call("plan", {}, signal),
      ]);
      const { unfinished } = state;
      planned = wayBackOf(state, withoutUndefined(found.wayBack));
      return {
        target: { title: target, name },
        changes,
        images: images.map(({ isNew, ...image }) => ({
          ...image,
          ...(isNew === undefined ? {} : { isNew }),
        })),
        wayBack: planned,
        proofs: found.proofs.map(withoutUndefined),
        unfinished: unfinished?.run ?? null,
      };
    },
    async capture(current: Run, signal) {
      const { state } = await register.read(signal);
      const before = state.unfinished;
      const { message, kept } = before
        ? { kept: before.kept, message: `the way back is still the one that run ${before.run.id} has kept` }
        : await call("capture", { run: current }, signal);
      await changeState(
        register,
        (now) => {
          const first = now.unfinished ?? { kept: kept as Json, wayBack: planned };
          return { ...now, unfinished: { ...first, run: current } };
        },
        signal,
      );
      return message;
    },
    async apply(signal) {
      return (await call("apply", {}, signal)).message;
    },
    async status(expected, signal) {
      return withoutUndefined(await call("status", { expected }, signal));
    },
    async restore(to, signal) {
      return (await call("restore", { to: await pointFor(to, signal) }, signal)).message;
    },
    lock: registerLock(register),
    memory: registerMemory(register, {
      keep,
      isSomething: ({ wayBack }) => wayBack?.state === "ready",
      async keepNow(good, signal) {
        const { kept, revision } = await call("capture", { run: good }, signal);
        return { kept: kept as Json, revision: revision || good.version };
      },
    }),
    byHand() {
      const input = JSON.stringify({ ...told, expected: "applied", verb: "status" });
      return [`printf '%s' ${shellWord(input)} | ${programs.verbs.status.map(shellWord).join(" ")}`];
    },
    async close() {},
  };
}

/** What an unfinished run has kept is the way back, whatever is there now; the memory knows versions better than the program. */
function wayBackOf({ unfinished, good, current }: PlaceState, seen: WayBack): WayBack {
  const first = unfinished?.wayBack ?? seen;
  const version = first.state === "nothing" ? null : good.find(({ id }) => id === current)?.version;
  return { ...first, version: version ?? first.version };
}

/** Absent is absent: `exactOptionalPropertyTypes` as the driver's words have it. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as never;
}
