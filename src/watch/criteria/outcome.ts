import type { Counts } from "../../core/burn.ts";
import type { SignalState } from "../types.ts";

/** What a criterion finds, before it is asked whose fault it is. */
export interface Outcome {
  readonly state: SignalState;
  readonly message: string;
  readonly arithmetic: Readonly<Record<string, number | string>>;
  /** Well so far, but on the way to a breach: the watch does not end on this. */
  readonly pending: boolean;
  /** The rate (0 to 1), or the level, that it is about; null where there is none. */
  readonly rate: number | null;
  /** What the rate is of; null of a level. */
  readonly counts: Counts | null;
}

/** Outcomes about the same numbers. */
export function outcomesOf({ arithmetic, rate, counts }: Pick<Outcome, "arithmetic" | "rate" | "counts">) {
  return (state: Outcome["state"], message: string, pending = false): Outcome => ({
    state,
    message,
    arithmetic,
    pending,
    rate,
    counts,
  });
}

/** The moment that a criterion is asked about. */
export interface Moment {
  /** The first minute that may count: the first after the deploy. */
  readonly first: number;
  /** The end of the newest whole minute. */
  readonly to: number;
  /** How many bad requests befall together: so many are as good as one. */
  readonly together: number;
}

/** A look may come before its source has the newest minute; when two are missing, there is nothing. */
export const tailMinutes = 2;

/** Without what binary fractions add. */
export function round(value: number): number {
  return Number(value.toPrecision(12));
}
