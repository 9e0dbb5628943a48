import type { Aftermath, RunName } from "./runs.ts";

/** What a policy, or a check in shadow mode, would have done: one check. */
export interface CheckRow {
  readonly check: string;
  /** Runs in which the check was asked. */
  readonly runs: number;
  /** Runs that it would have stopped, and did not. */
  readonly wouldStop: number;
  /** Runs that it stopped, and would not have. */
  readonly wouldLetPass: number;
  /** Runs of which it cannot be told. */
  readonly unknown: number;
  /** Of those that it would have stopped: releases that were rolled back later. */
  readonly laterBad: number;
  /** Of those that it would have stopped: releases that went out and were not rolled back. */
  readonly laterGood: number;
  /** Of those that it would have stopped, or let pass: the entries' numbers. */
  readonly named: readonly number[];
  /** Why it cannot be told, and how often. */
  readonly why: readonly { readonly reason: string; readonly runs: number }[];
}

export type Effect = "same" | "would-stop" | "would-let-pass";

interface Counting {
  runs: number;
  readonly stop: RunName[];
  readonly pass: RunName[];
  unknown: number;
  readonly why: Map<string, number>;
}

/** Counts by check. */
export class Tally {
  readonly #checks = new Map<string, Counting>();

  effect(check: string, run: RunName, effect: Effect): void {
    const counting = this.#of(check);
    counting.runs++;
    if (effect === "would-stop") counting.stop.push(run);
    if (effect === "would-let-pass") counting.pass.push(run);
  }

  unknown(check: string, reason: string): void {
    const counting = this.#of(check);
    counting.runs++;
    counting.unknown++;
    counting.why.set(reason, (counting.why.get(reason) ?? 0) + 1);
  }

  /** Checks with the greatest effect first. */
  rows(aftermath: Aftermath, wanted: (check: string) => boolean = () => true): readonly CheckRow[] {
    return [...this.#checks]
      .filter(([check]) => wanted(check))
      .map(([check, { runs, stop, pass, unknown, why }]) => {
        const later = stop.map((run) => aftermath.of(run).what);
        return {
          check,
          runs,
          wouldStop: stop.length,
          wouldLetPass: pass.length,
          unknown,
          laterBad: later.filter((what) => what === "bad").length,
          laterGood: later.filter((what) => what === "good").length,
          named: [...stop, ...pass].map(({ seq }) => seq).sort((a, b) => a - b),
          why: [...why].map(([reason, times]) => ({ reason, runs: times })).sort((a, b) => b.runs - a.runs),
        };
      })
      .sort(
        (a, b) =>
          b.wouldStop + b.wouldLetPass - (a.wouldStop + a.wouldLetPass) ||
          b.unknown - a.unknown ||
          (a.check < b.check ? -1 : 1),
      );
  }

  #of(check: string): Counting {
    const known = this.#checks.get(check);
    if (known) return known;
    const fresh = { runs: 0, stop: [], pass: [], unknown: 0, why: new Map<string, number>() };
    this.#checks.set(check, fresh);
    return fresh;
  }
}
