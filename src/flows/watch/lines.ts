import { count } from "../../core/text.ts";
import { firstMinute, lastMinute, minuteMs } from "../../watch/time.ts";
import type { Reading, SignalState } from "../../watch/types.ts";
import { passed, span } from "../../watch/words.ts";
import { settledMs, type WatchSeen } from "./watch.ts";

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
  let saidFirst = false;
  /** Of criteria that had nothing at the very beginning, when nobody has numbers. */
  const withheld = new Set<string>();
  return (seen) => {
    const { decision, changes, startedAt, endsAt } = seen;
    const firstAt = firstMinute(startedAt) + minuteMs + settledMs;
    const isEarly = decision.at < firstAt && !decision.final;
    const isNews = (reading: Reading) => {
      if (isEarly && reading.state === "no-data") {
        withheld.add(nameOf(reading));
        return false;
      }
      return changes.includes(reading) || withheld.has(nameOf(reading));
    };
    const news = decision.readings.filter(isNews);
    if (!isEarly) withheld.clear();
    const changed = news.map((reading): WatchLine => {
      const { message, state, excused } = reading;
      const why = excused === undefined ? "" : ` [${excused}]`;
      return {
        level: excused === undefined ? levels[state] : "info",
        message: `${labelOf(reading, decision.readings)}: ${message}${why}`,
      };
    });
    const unique = [...new Map(changed.map((line) => [line.message, line])).values()];
    if (isEarly) {
      if (saidFirst) return unique;
      saidFirst = true;
      const longer = firstAt > endsAt ? ", and on until there is a whole minute" : "";
      const message = `Watching ${environment} for ${span(endsAt - startedAt)}${longer}: first numbers at ${utc(firstAt)}`;
      return [...unique, { level: "info", message }];
    }
    const minute = lastMinute(decision.at);
    if (decision.final || minute === saidIn) return unique;
    saidIn = minute;
    return [...unique, { level: "info", message: progress(environment, seen) }];
  };
}

function nameOf({ signal, criterion }: Reading): string {
  return `${signal} ${criterion}`;
}

/** `shop/errors`; with the criterion where the signal has several. */
function labelOf({ signal, criterion }: Reading, all: readonly Reading[]): string {
  const isAlone = all.filter((one) => one.signal === signal).length < 2;
  return isAlone ? signal : `${signal} (${criterion})`;
}

/** `19:07:16 UTC`. */
function utc(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

/** `Watching prod: 4 min of 10 min, 3 of 4 criteria ok, 1 no-data`. */
function progress(environment: string, { decision, startedAt, endsAt }: WatchSeen): string {
  const counts = new Map<string, number>();
  for (const { state } of decision.readings) counts.set(state, (counts.get(state) ?? 0) + 1);
  const all = count(decision.readings.length, "criterion", "criteria");
  const { ok = 0, ...others } = Object.fromEntries(counts);
  const tally = [`${ok} of ${all} ok`, ...Object.entries(others).map(([state, n]) => `${n} ${state}`)];
  const evidence = decision.evidence.map(({ metric, message }) => `${metric}: ${message}`);
  const so = `${passed(Math.max(0, Math.min(decision.at, endsAt) - startedAt))} of ${span(endsAt - startedAt)}`;
  return `Watching ${environment}: ${[so, ...tally, ...evidence].join(", ")}`;
}
