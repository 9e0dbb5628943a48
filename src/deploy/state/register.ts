import type { Json } from "../../core/json.ts";
import { StepFailure } from "../../core/step.ts";
import type { GoodRelease, LockHolder, Rejection, Run, WayBack } from "../driver.ts";

/** What is known of one application on one environment, for drivers whose place cannot keep it. Plain JSON without secrets. */
export interface PlaceState {
  readonly schema: "release-sentinel/place/v1";
  readonly lock: LockHolder | null;
  /** Newest first, each with what the driver needs to come back to it. */
  readonly good: readonly (GoodRelease & { readonly kept: Json })[];
  readonly rejected: readonly Rejection[];
  readonly current: string | null;
  /** With the way back as it was before anything was touched. */
  readonly unfinished: {
    readonly run: Run;
    readonly kept: Json;
    readonly wayBack: WayBack | null;
    /** What its runs were about to write, where the driver can tell that from what others write. */
    readonly wrote?: Json;
  } | null;
}

export const emptyState: PlaceState = {
  schema: "release-sentinel/place/v1",
  lock: null,
  good: [],
  rejected: [],
  current: null,
  unfinished: null,
};

/** Where such a state is kept: it is read whole, and replaced only if nobody else has replaced it meanwhile. */
export interface Register {
  /** `tag` names what was read. */
  read(signal: AbortSignal): Promise<{ readonly state: PlaceState; readonly tag: string }>;
  /** False: it is not what was read any more, and nothing was written. */
  replace(state: PlaceState, tag: string, signal: AbortSignal): Promise<boolean>;
}

const tries = 50;

/**
 * Changes the state whatever others change at the same time.
 * @param change answers null when nothing is to be changed
 * @throws StepFailure when others are always quicker
 */
export async function changeState(
  register: Register,
  change: (state: PlaceState) => PlaceState | null,
  signal: AbortSignal,
): Promise<PlaceState> {
  for (let i = 0; i < tries; i++) {
    signal.throwIfAborted();
    const { state, tag } = await register.read(signal);
    const next = change(state);
    if (next === null) return state;
    if (await register.replace(next, tag, signal)) return next;
  }
  throw new StepFailure("what is remembered of this place is changed by others all the time", "try again");
}
