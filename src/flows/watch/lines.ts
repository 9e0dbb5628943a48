import { lastMinute, minuteMs } from "../../watch/time.ts";
import type { SignalState } from "../../watch/types.ts";
import { span } from "../../watch/words.ts";
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
  let saidIn = Number.NEGATIVE_INFINITY;
  return (seen) => {
    const { decision, changes, looks } = seen;
    // Nobody has numbers at the very beginning.
    const news = looks > 1 || decision.final ? changes : changes.filter(({ state }) => state !== "no-data");
    const changed = news.map(({ signal, message, state, excused }): WatchLine => {
      const why = excused === undefined ? "" : ` [${excused}]`;
      return {
        level: excused === undefined ? levels[state] : "info",
        message: `${signal}: ${message}${why}`,
      };
    });
    const unique = [...new Map(changed.map((line) => [line.message, line])).values()];
    const minute = lastMinute(decision.at);
    if (decision.final || minute === saidIn) return unique;
    saidIn = minute;
    return [...unique, { level: "info", message: progress(environment, seen) }];
  };
}

/** `Watching prod: 4 min of 10 min, 3 ok, 1 no-data`. */
function progress(environment: string, { decision, startedAt, endsAt }: WatchSeen): string {
  const passed = Math.max(0, Math.min(decision.at, endsAt) - startedAt);
  const counts = new Map<string, number>();
  for (const { state } of decision.readings) counts.set(state, (counts.get(state) ?? 0) + 1);
  const tally = [...counts].map(([state, n]) => `${n} ${state}`);
  const evidence = decision.evidence.map(({ metric, message }) => `${metric}: ${message}`);
  const so = `${span(Math.floor(passed / minuteMs) * minuteMs)} of ${span(endsAt - startedAt)}`;
  return `Watching ${environment}: ${[so, ...tally, ...evidence].join(", ")}`;
}
