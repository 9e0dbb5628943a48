import type { WatchClock } from "../../src/flows/watch/clock.ts";
import type { SavedWatch, WatchRun, WatchSeen } from "../../src/flows/watch/watch.ts";
import type { Receipt } from "../../src/watch/receipt.ts";
import type { WatchSettings } from "../../src/watch/settings.ts";
import { policyFrom, queriesFrom } from "../../src/watch/settings-policy.ts";
import { minuteMs } from "../../src/watch/time.ts";
import type { Answer, SignalQuery, Source, SourceProof, TimeRange } from "../../src/watch/types.ts";

/** 2026-11-21T10:00:00Z. */
export const begun = Date.UTC(2026, 10, 21, 10);

/** What a minute of a service was like: counts, a level, nothing, or an error of the source. */
export type Minute = { total: number; bad: number } | { level: number } | null | Error;

/** A source that knows every minute up to the clock's. */
export function scriptedSource(
  minute: (query: SignalQuery, n: number) => Minute,
  clock: { now(): number },
  proofs: readonly SourceProof[] = [{ state: "ok", message: "it answers" }],
): Source & { readonly asked: TimeRange[]; readonly proved: (TimeRange | undefined)[] } {
  const asked: TimeRange[] = [];
  const proved: (TimeRange | undefined)[] = [];
  return {
    id: "prometheus",
    asked,
    proved,
    async prove(_queries, _signal, over) {
      proved.push(over);
      return proofs;
    },
    async read(query, range) {
      asked.push(range);
      const base = { sent: [`sum(rate(${query.kind}))`], tookMs: 3, range };
      const buckets: unknown[] = [];
      for (let start = range.from; start < Math.min(range.to, clock.now()); start += minuteMs) {
        const found = minute(query, (start - begun) / minuteMs);
        if (found instanceof Error) return { ...base, state: "telemetry-error", why: found.message };
        if (found) buckets.push({ start, ...found });
      }
      if (buckets.length === 0) return { ...base, state: "no-data", why: "no series" };
      const state = query.kind === "saturation" ? "levels" : "counts";
      return { ...base, state, buckets } as Answer;
    },
    close: async () => {},
  };
}

/** A clock that goes on only when somebody waits. */
export function steppingClock(start = begun): WatchClock & { jump(ms: number): void; waits: number[] } {
  let now = start;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    jump: (ms) => {
      now += ms;
    },
    async wait(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      now += Math.max(ms, 1);
      // Real time passes too, so that a test can interrupt.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    },
  };
}

export interface Watched {
  readonly run: WatchRun;
  readonly saves: SavedWatch[];
  readonly seen: WatchSeen[];
  readonly receipts: Receipt[];
  readonly alarms: Parameters<WatchRun["alarm"]>[0][];
  readonly proofs: SourceProof[];
}

/** A run of a watch that remembers what it tells. */
export function watched(
  settings: WatchSettings,
  from: Source,
  clock: WatchClock,
  more: Partial<WatchRun> = {},
): Watched {
  const told = { saves: [], seen: [], receipts: [], alarms: [], proofs: [] } as Omit<Watched, "run">;
  const about = { environment: "prod", version: "v1.4.2" };
  const policy = policyFrom(settings);
  const run: WatchRun = {
    ...about,
    commit: null,
    source: from.id,
    deployedAt: clock.now(),
    policy,
    queries: queriesFrom(settings, policy, about),
    from,
    saved: null,
    resume: "release-sentinel watch --env prod",
    clock,
    signal: new AbortController().signal,
    save: (saved) => void told.saves.push(structuredClone(saved)),
    record: async (receipt) => void told.receipts.push(receipt),
    alarm: async (alarm) => void told.alarms.push(alarm),
    seen: (seen) => void told.seen.push(seen),
    proven: (proof) => void told.proofs.push(proof),
    ...more,
  };
  return { run, ...told };
}
