import { duration } from "../../core/text.ts";
import type { SignalState } from "../../watch/types.ts";
import type { WatchSeen } from "./watch.ts";

export interface WatchLine {
  readonly level: "info" | "warning" | "error";
  readonly message: string;
}

const levels: Readonly<Record<SignalState, WatchLine["level"]>> = {
  ok: "info",
  breach: "error",
  "no-data": "warning",
  "telemetry-error": "warning",
};

/** A watch as lines: one for what has changed, and one a minute. */
export function createWatchLines(environment: string): (seen: WatchSeen) => readonly WatchLine[] {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (seen) => {
    const { decision, changes } = seen;
    const changed = changes.map(({ signal, message, state, excused }): WatchLine => {
      const why = excused === undefined ? "" : ` [${excused}]`;
      return {
        level: excused === undefined ? levels[state] : "info",
        message: `${signal}: ${message}${why}`,
      };
    });
    // Looks are never exactly a minute apart.
    if (decision.final || decision.at - saidAt < 59_000) return changed;
    saidAt = decision.at;
    return [...changed, { level: "info", message: progress(environment, seen) }];
  };
}

/** `Watching prod: 4 min of 10 min, 3 ok, 1 no-data`. */
export function progress(environment: string, seen: WatchSeen): string {
  const { decision, startedAt, endsAt } = seen;
  const passed = Math.max(0, Math.min(decision.at, endsAt) - startedAt);
  const counts = new Map<string, number>();
  for (const { state } of decision.readings) counts.set(state, (counts.get(state) ?? 0) + 1);
  const tally = [...counts].map(([state, n]) => `${n} ${state}`);
  const evidence = decision.evidence.map(({ metric, message }) => `${metric}: ${message}`);
  const parts = [`${duration(passed)} of ${duration(endsAt - startedAt)}`, ...tally, ...evidence];
  return `Watching ${environment}: ${parts.join(", ")}`;
}
