import { readFile, stat } from "node:fs/promises";
import { printable } from "../../core/text.ts";
import type { Answer, CountBucket, SignalQuery, Source, SourceProof, TimeRange } from "../types.ts";
import { type K6Summary, parseSummary, partAbove } from "./k6/summary.ts";
import type { K6Options, K6Query } from "./options.ts";

const minuteMs = 60_000;
const largest = 32 * 1024 * 1024;

/** A summary that cannot be used, in words for people. */
class Unusable extends Error {
  /** It is not there yet: the load test may still run. */
  readonly isMissing: boolean;
  constructor(message: string, isMissing = false) {
    super(message);
    this.isMissing = isMissing;
  }
}

/**
 * The end-of-test summary of a load test. It does not say when what happened: its counts are spread evenly over the minutes
 * in which the test ran, which ended when the file was written.
 */
export function createK6Source({ summary: file }: K6Options): Source {
  const shown = printable(file, 200);

  async function load(): Promise<{ summary: K6Summary; endedAt: number }> {
    try {
      const { size, mtimeMs } = await stat(file);
      if (size > largest) throw new Unusable(`${shown} is larger than ${largest / 1024 / 1024} MiB`);
      return { summary: parseSummary(await readFile(file, "utf8")), endedAt: mtimeMs };
    } catch (error) {
      if (error instanceof Unusable) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT")
        throw new Unusable(`${shown} is not there (yet): k6 writes it when the test ends`, true);
      throw new Unusable(code ? `${shown} cannot be read (${code})` : `${shown} ${message}`);
    }
  }

  return {
    id: "k6",
    async prove(queries, signal, over) {
      if (signal.aborted) throw signal.reason;
      try {
        const { summary, endedAt } = await load();
        const beganAt = endedAt - (summary.durationMs ?? minuteMs);
        // What is past will not be written any more.
        if (over && over.to <= Date.now() && (endedAt <= over.from || beganAt >= over.to)) {
          const message = `k6: ${outside(shown, beganAt, endedAt, over)}`;
          return [{ state: "conflict", message, remedy: "say --since when that test began" }];
        }
        return queries.map((query): SourceProof => {
          const { counts, why } = countsOf(query, summary);
          return counts
            ? { state: "ok", message: `k6: ${query.id}: ${shown} tells it` }
            : { state: "conflict", message: `k6: ${query.id}: ${why}` };
        });
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        const state = error.isMissing ? "notice" : "conflict";
        return [
          { state, message: `k6: ${error.message}`, remedy: `k6 run --summary-export ${shown} script.js` },
        ];
      }
    },
    async read(query, range, signal): Promise<Answer> {
      if (signal.aborted) throw signal.reason;
      const sent = [shown];
      try {
        const { summary, endedAt } = await load();
        const { counts, why } = countsOf(query, summary);
        if (!counts) return { state: "no-data", why, sent, tookMs: 0 };
        const beganAt = endedAt - (summary.durationMs ?? minuteMs);
        const buckets = spread(counts, beganAt, endedAt).filter(
          ({ start }) => start >= range.from && start + minuteMs <= range.to,
        );
        if (buckets.length > 0) return { state: "counts", range, buckets, sent: [...sent, why], tookMs: 0 };
        return { state: "no-data", why: outside(shown, beganAt, endedAt, range), sent, tookMs: 0 };
      } catch (error) {
        if (!(error instanceof Unusable)) throw error;
        const state = error.isMissing ? "no-data" : "telemetry-error";
        return { state, why: error.message, sent, tookMs: 0 };
      }
    },
    close: async () => {},
  };
}

interface Counts {
  readonly total: number;
  readonly bad: number;
}

/** What a summary says about a signal, and how it was read; or why it says nothing. */
function countsOf(query: SignalQuery, { metrics }: K6Summary): { counts?: Counts; why: string } {
  const { metric, thresholds } = query.query as K6Query;
  const requests = metrics.get("http_reqs")?.values["count"];
  if (query.kind === "saturation") return { why: "k6 sees no saturation" };
  if (query.kind === "latency") {
    const name = metric ?? "http_req_duration";
    const trend = metrics.get(name);
    const total = trend?.values["count"] ?? requests;
    if (!trend || total === undefined) return { why: `there is no ${printable(name, 100)} in the summary` };
    const part = partAbove(trend, (query.thresholdSeconds ?? 0) * 1000);
    return part === undefined
      ? { why: `${printable(name, 100)} has too few percentiles to tell: add max to summaryTrendStats` }
      : { counts: { total, bad: total * part }, why: `${name}: ${printable(JSON.stringify(trend.values))}` };
  }
  if (thresholds !== undefined) {
    const named = [...metrics].filter(([name]) => thresholds === "*" || name === thresholds);
    const all = named.flatMap(([name, one]) => one.thresholds.map((threshold) => ({ name, ...threshold })));
    if (all.length === 0)
      return { why: `there are no thresholds of ${printable(thresholds, 100)} in the summary` };
    const crossed = all.filter((one) => one.crossed).map(({ name, text }) => `${name}: ${text}`);
    const total = requests ?? metrics.get("iterations")?.values["count"] ?? 1;
    const why = crossed.length > 0 ? `crossed: ${crossed.join("; ")}` : `${all.length} thresholds held`;
    return { counts: { total, bad: crossed.length > 0 ? total : 0 }, why: printable(why) };
  }
  const name = metric ?? "http_req_failed";
  // A rate counts as passes what was true, and what is true of `http_req_failed` is that a request failed.
  const { passes, fails } = metrics.get(name)?.values ?? {};
  if (passes === undefined || fails === undefined)
    return { why: `there is no rate ${printable(name, 100)} in the summary` };
  return { counts: { total: passes + fails, bad: passes }, why: `${name}: ${passes} of ${passes + fails}` };
}

/** Every minute has the part of it that the test ran for in it. */
function spread({ total, bad }: Counts, beganAt: number, endedAt: number): CountBucket[] {
  const buckets: CountBucket[] = [];
  const whole = Math.max(1, endedAt - beganAt);
  for (let start = Math.floor(beganAt / minuteMs) * minuteMs; start < endedAt; start += minuteMs) {
    const part = (Math.min(endedAt, start + minuteMs) - Math.max(beganAt, start)) / whole;
    buckets.push({ start, total: total * part, bad: bad * part });
  }
  return buckets;
}

function outside(shown: string, beganAt: number, endedAt: number, { from, to }: TimeRange): string {
  const time = (at: number) => new Date(at).toISOString().slice(0, 16).replace("T", " ");
  return `${shown} is of a test from ${time(beganAt)} to ${time(endedAt)} UTC, not of ${time(from)} to ${time(to)}`;
}
