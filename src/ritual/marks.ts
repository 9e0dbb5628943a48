import type { Mark } from "../core/marks.ts";

export type { Mark, Marks } from "../core/marks.ts";
export { lastMark } from "../core/marks.ts";

/** What leases, `released` and `complete` are about. */
export const ritualKey = "ritual";
/** How long a lease holds when it is not renewed. */
export const leaseMs = 3 * 60_000;
/** How often it is renewed while a step works. */
export const renewMs = 60_000;

/** Who asks for a lease. */
export interface Claimant {
  /** For people. */
  readonly by: string;
  /** Unique: `publicHolderId()` of clients/host/public-holder.ts. */
  readonly run: string;
  /** Full name of the commit that the ritual is about. */
  readonly commit?: string;
  /** A link to the CI run; null outside CI. */
  readonly url?: string | null;
}

/** Whether a run may act now, and who holds it up where it may not. */
export type LeaseState =
  | { readonly state: "free" }
  | { readonly state: "mine"; readonly until: string }
  | {
      readonly state: "taken";
      readonly by: string;
      readonly run: string;
      readonly since: string;
      readonly until: string;
      readonly detail?: string;
    };

/** The lease as it stands. @param isDead whether that run is known to have ended: `isKnownDead` of clients/host/public-holder.ts */
export function leaseState(
  marks: readonly Mark[],
  { run, now, isDead }: { run: string; now: number; isDead: (run: string) => boolean },
): LeaseState {
  const about = marks.filter(
    ({ kind, key }) => key === ritualKey && (kind === "lease" || kind === "released"),
  );
  const last = about.at(-1);
  if (last?.kind !== "lease") return { state: "free" };
  const end = endOf(last);
  const until = new Date(end).toISOString();
  if (last.run === run) return { state: "mine", until };
  // Another machine's clock may be wrong; one that is a day ahead is not believed.
  const isLive = end > now && end - now <= longestAhead;
  if (!isLive || isDead(last.run)) return { state: "free" };
  const first = about.slice(about.findLastIndex(({ run: other }) => other !== last.run) + 1)[0] ?? last;
  return {
    state: "taken",
    by: last.by,
    run: last.run,
    since: first.at,
    until,
    ...(last.detail === undefined ? {} : { detail: last.detail }),
  };
}

const longestAhead = 24 * 3_600_000;

/** When a lease ends: no later than twice the time that one is given. */
function endOf({ at, until }: Mark): number {
  const began = Date.parse(at);
  return Math.min(until === undefined ? began : Date.parse(until), began + 2 * leaseMs);
}

/** A lease from now on. */
export function leaseMark({ by, run, url }: Claimant, now: number): Mark {
  const at = new Date(now).toISOString();
  const until = new Date(now + leaseMs).toISOString();
  return { kind: "lease", key: ritualKey, at, by, run, until, ...(url ? { detail: url } : {}) };
}

/** The end of a run's lease. */
export function releasedMark({ by, run }: Claimant, now: number): Mark {
  return { kind: "released", key: ritualKey, at: new Date(now).toISOString(), by, run };
}
