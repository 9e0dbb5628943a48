import { setMaxListeners } from "node:events";
import { perHost } from "../../clients/http/agents.ts";
import { Aborted } from "../../core/check.ts";
import { count, duration, showUrl } from "../../core/text.ts";
import type { Answer, SignalQuery, Source, SourceProof, TimeRange } from "../types.ts";
import type { ProberOptions, ProberQuery, SourceClients } from "./options.ts";
import {
  badOf,
  createMinutes,
  loadHistogram,
  type Minutes,
  minuteMs,
  type Outcome,
  slowerThan,
} from "./prober/minutes.ts";
import { type ProbeOptions, probeOnce, startProbe } from "./prober/probe.ts";

interface Probe {
  readonly options: ProbeOptions;
  readonly minutes: Minutes;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/**
 * Asks the service itself, for those who have no Prometheus. It begins with the first `prove` or `read`, and has no numbers of
 * the time before. Each URL is asked at the full rate.
 */
export function createProber(given: ProberOptions, { http }: Pick<SourceClients, "http">): Source {
  const { rate = 5, concurrency = 10, timeoutMs = 10_000, maxRedirects = 5, caFile } = given;
  const usual = { rate, concurrency: Math.min(concurrency, perHost), timeoutMs, maxRedirects, caFile };
  const over = new AbortController();
  // Every request in flight listens to it.
  setMaxListeners(0, over.signal);
  const probes = new Map<string, Promise<Probe>>();

  function optionsFor({ query }: SignalQuery): ProbeOptions {
    return { ...usual, url: (query as ProberQuery).url ?? given.url };
  }

  function probe(options: ProbeOptions): Promise<Probe> {
    const known = probes.get(options.url) ?? begin(options);
    probes.set(options.url, known);
    return known;
  }

  async function begin(options: ProbeOptions): Promise<Probe> {
    const minutes = createMinutes(await loadHistogram(), options.rate * 60);
    const since = Date.now();
    startProbe(options, minutes, http, over.signal);
    return { options, minutes, since };
  }

  async function ask(options: ProbeOptions, signal: AbortSignal): Promise<SourceProof> {
    const shown = showUrl(options.url);
    const { outcome, failure } = await probeOnce(options, options.timeoutMs, http, signal);
    if (failure?.code === "BAD_URL" || failure?.code === "BAD_CA") {
      const remedy = "mend the prober's url and caFile: https://host/path";
      return { state: "conflict", message: `prober: ${shown}: ${failure.message}`, remedy };
    }
    await probe(options);
    if (outcome === "2xx" || outcome === "3xx") return { state: "ok", message: `prober: ${shown} answers` };
    const why =
      failure?.message ??
      (outcome === "timeout" ? `no answer within ${duration(options.timeoutMs)}` : outcome);
    // It is not well now; whether that matters is for whoever reads the numbers to say.
    return { state: "notice", message: `prober: ${shown} does not answer well now: ${why}` };
  }

  return {
    id: "prober",
    async prove(queries, signal) {
      const urls = Map.groupBy(queries, (query) => optionsFor(query).url);
      const asked = [...urls.values()].flatMap(([query]) => (query ? [ask(optionsFor(query), signal)] : []));
      const busy = rate * (timeoutMs / 1000);
      const few: SourceProof = {
        state: "notice",
        message: `prober: when the service hangs, ${usual.concurrency} requests in flight are too few for ${rate} a second and a time limit of ${duration(timeoutMs)}: later ones count as too late`,
        remedy: `set concurrency to ${Math.ceil(busy)}, or a lower rate or timeout`,
      };
      return [
        ...unseen(queries),
        ...(busy > usual.concurrency * 10 ? [few] : []),
        ...(await Promise.all(asked)),
      ];
    },
    async read(query, range, signal) {
      if (signal.aborted) throw signal.reason;
      const options = optionsFor(query);
      const sent = [`GET ${showUrl(options.url)}, ${rate} a second`];
      if (query.kind === "saturation") {
        return { state: "no-data", why: "a prober sees no saturation", sent, tookMs: 0 };
      }
      return answer(query, range, await probe(options), sent);
    },
    async close() {
      over.abort(new Aborted("not-needed", "the watch is over"));
    },
  };
}

function answer(query: SignalQuery, range: TimeRange, probe: Probe, asked: readonly string[]): Answer {
  const whole = probe.minutes.whole(Date.now());
  const minutes = whole.filter(({ start }) => start >= range.from && start + minuteMs <= range.to);
  const all = minutes.map((minute) => ({
    start: minute.start,
    ...(query.kind === "errors"
      ? { total: minute.total, bad: badOf(minute) }
      : slowerThan(minute, query.thresholdSeconds ?? 0)),
  }));
  const buckets = all.filter(({ total }) => total > 0);
  const tally = new Map<Outcome, number>();
  for (const { outcomes } of minutes)
    for (const [outcome, n] of outcomes) tally.set(outcome, (tally.get(outcome) ?? 0) + n);
  const seen = [...tally].map(([outcome, n]) => `${outcome}: ${n}`).join(", ");
  const sent = seen === "" ? asked : [...asked, `answers: ${seen}`];
  const last = buckets.at(-1);
  if (last) {
    return {
      state: "counts",
      range: { from: range.from, to: last.start + minuteMs },
      buckets,
      sent,
      tookMs: 0,
    };
  }
  if (all.length > 0) {
    const requests = minutes.reduce((sum, { total }) => sum + total, 0);
    return { state: "no-data", why: `none of ${count(requests, "request")} was answered`, sent, tookMs: 0 };
  }
  // The first minute begins at the next full one, and its last request may take its time.
  if (range.to < probe.since + 2 * minuteMs + probe.options.timeoutMs) {
    return { state: "counts", range: { from: range.from, to: range.from }, buckets, sent, tookMs: 0 };
  }
  return { state: "no-data", why: "no whole minute of these was probed", sent, tookMs: 0 };
}

/** What a prober cannot tell. */
function unseen(queries: readonly SignalQuery[]): SourceProof[] {
  const both = queries.find(({ arm, query }) => arm !== "all" && (query as ProberQuery).url === undefined);
  const level = queries.find(({ kind }) => kind === "saturation");
  return [
    ...(both
      ? [
          {
            state: "conflict",
            message: `prober: ${both.id}: it cannot tell the canary from the baseline`,
            remedy: "give each arm a URL of its own, or watch by Prometheus",
          } as const,
        ]
      : []),
    ...(level
      ? [{ state: "notice", message: `prober: ${level.id}: a prober sees no saturation` } as const]
      : []),
  ];
}
