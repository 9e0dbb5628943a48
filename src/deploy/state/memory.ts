import type { Json } from "../../core/json.ts";
import type { GoodRelease, Memory, Rejection, Run, Status } from "../driver.ts";
import { changeState, type PlaceState, type Register } from "./register.ts";

type Unfinished = NonNullable<PlaceState["unfinished"]>;

export interface MemoryOptions {
  /** Good releases that are remembered. */
  readonly keep: number;
  /** What is needed to come back to what runs now. */
  keepNow(run: Run, signal: AbortSignal): Promise<{ readonly kept: Json; readonly revision: string }>;
  /** Whether there is anything to go back to in what was kept before a run. */
  isSomething(unfinished: Unfinished): boolean;
}

/** The memory of a place, in its register. */
export function registerMemory(register: Register, { keep, keepNow, isSomething }: MemoryOptions): Memory {
  return {
    async read(signal) {
      const { state } = await register.read(signal);
      const { good, rejected, current, unfinished } = state;
      return { good, rejected, current, unfinished: unfinished?.run ?? null };
    },
    async good(run, status, signal) {
      const { kept, revision } = await keepNow(run, signal);
      const release = { ...goodRelease(run, status, revision), kept };
      await changeState(
        register,
        (state) => ({
          ...state,
          good: [
            release,
            ...foundBefore(state, isSomething),
            ...state.good.filter(({ id }) => id !== run.id),
          ].slice(0, keep),
          current: run.id,
          unfinished: null,
        }),
        signal,
      );
    },
    async rolledBack(rejected, current, signal) {
      await changeState(
        register,
        (state) => ({ ...state, rejected: added(state.rejected, rejected), current, unfinished: null }),
        signal,
      );
    },
    async pardon(digests, signal) {
      await changeState(
        register,
        (state) => ({
          ...state,
          rejected: state.rejected.filter(({ digest }) => !digests.includes(digest)),
        }),
        signal,
      );
    },
  };
}

/** What ran before the first release of ours: it is a way back as good as any, though nobody has verified it. */
function foundBefore(
  { current, unfinished }: PlaceState,
  isSomething: MemoryOptions["isSomething"],
): PlaceState["good"] {
  if (current !== null || unfinished === null || !isSomething(unfinished)) return [];
  const { run, kept, wayBack } = unfinished;
  return [
    {
      id: `before ${run.id}`,
      version: wayBack?.version ?? "unknown",
      commit: null,
      verifiedAt: run.startedAt,
      actor: "unknown",
      revision: "",
      digests: [],
      kept,
    },
  ];
}

/** What the memory keeps of a run that ended well. */
export function goodRelease(run: Run, { digests = [] }: Status, revision: string): GoodRelease {
  const { id, version, commit, actor, images } = run;
  const verifiedAt = new Date().toISOString();
  return { id, version, commit, actor, revision, digests, verifiedAt, ...(images ? { images } : {}) };
}

/** So that what is rejected does not grow for ever. */
const mostRejections = 100;

function added(before: readonly Rejection[], more: readonly Rejection[]): readonly Rejection[] {
  const others = before.filter(({ digest }) => !more.some((other) => other.digest === digest));
  return [...more, ...others].slice(0, mostRejections);
}
