import { createPrometheus } from "../../clients/prometheus/client.ts";
import { PrometheusFailure } from "../../clients/prometheus/failure.ts";
import { findMissing, type Missing } from "../../clients/prometheus/missing.ts";
import { QueryProblem } from "../../clients/prometheus/template.ts";
import type { Span } from "../../clients/prometheus/types.ts";
import { monotonicMs } from "../../core/clock.ts";
import { SentinelError } from "../../core/errors.ts";
import { printable } from "../../core/text.ts";
import type { Answer, SignalQuery, Source, SourceProof, TimeRange } from "../types.ts";
import type { PrometheusOptions, SourceClients } from "./options.ts";
import { createBatches, type Reply } from "./prometheus/batch.ts";
import { numbersOf } from "./prometheus/buckets.ts";
import { createHistograms } from "./prometheus/histograms.ts";
import { createServerClock, endsOf, minuteMs } from "./prometheus/minutes.ts";
import { type HistogramFacts, type Part, type Plan, planQuery } from "./prometheus/plan.ts";
import {
  createLabelsOf,
  proofOfBad,
  proofOfFailure,
  proofOfMissing,
  proofOfNumbers,
} from "./prometheus/prove.ts";

const settledMs = 15_000;
/** What is looked at before a deploy. */
const provenMs = 10 * minuteMs;
/** How far before the range series are looked for that gave nothing in it. */
const lookedBackMs = 60 * minuteMs;
/** How long the reason why there is nothing is not looked for again. */
const reasonHoldsMs = 5 * minuteMs;

/** Prometheus gives at most 11,000 of one series. */
const mostMinutes = 10_000;

interface Answered {
  readonly answer: Answer;
  /** Of no data. */
  readonly missing?: Missing;
}

/** Numbers out of Prometheus: one bucket for every minute of its clock in which it scraped. */
export function createPrometheusSource(options: PrometheusOptions, clients: SourceClients): Source {
  const { values = {}, settleMs = settledMs } = options;
  const prometheus = createPrometheus(options, clients);
  const clock = createServerClock(prometheus, settleMs);
  const ask = createBatches(prometheus);
  const histograms = createHistograms(prometheus, values);
  /** A watch asks the same every minute. */
  const plans = new WeakMap<
    SignalQuery,
    { readonly facts: HistogramFacts | undefined; readonly plan: Plan }
  >();
  const reasons = new Map<string, { readonly at: number; readonly missing: Missing }>();

  async function planned(query: SignalQuery, range: TimeRange, signal: AbortSignal): Promise<Plan> {
    const facts = await histograms.facts(query, lookedBack(range), signal);
    const known = plans.get(query);
    if (known && known.facts === facts) return known.plan;
    const plan = planQuery(query, values, facts);
    plans.set(query, { facts, plan });
    return plan;
  }

  async function answer(
    query: SignalQuery,
    plan: Plan,
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<Answered> {
    const span = endsOf(range, await clock.newest(signal));
    if (!span) return { answer: notYet(query, range) };
    const before = lookedBack(range);
    const expressions = plan.parts.map(({ expression }) => expression);
    const { samples, tookMs } = await asMany(span, (part) => ask(expressions, part, signal));
    const asked = { sent: sent(plan, span, clock.skew()), tookMs };
    const numbers = numbersOf(plan, samples);
    if (numbers.state === "nonsense") {
      return { answer: { state: "telemetry-error", why: `Prometheus: ${numbers.why}`, ...asked } };
    }
    if (numbers.state === "no-boundary") await histograms.refuse(query, before, signal);
    if (numbers.state === "not-numbers") return { answer: { ...numbers, state: "no-data", ...asked } };
    if (numbers.state === "counts" || numbers.state === "levels") {
      reasons.delete(nameOf(query));
      return { answer: { ...numbers, range: { from: range.from, to: span.end }, ...asked } };
    }
    const missing = await whyNothing(query, plan, before, signal);
    return { answer: { state: "no-data", why: missing.why, ...asked }, missing };
  }

  async function whyNothing(query: SignalQuery, plan: Plan, before: Span, signal: AbortSignal) {
    const known = reasons.get(nameOf(query));
    if (known && monotonicMs() - known.at < reasonHoldsMs) return known.missing;
    const selectors = plan.parts.filter(({ role }) => role !== "bad").flatMap((part) => part.selectors);
    const missing = await findMissing(selectors, before, prometheus, signal);
    reasons.set(nameOf(query), { at: monotonicMs(), missing });
    return missing;
  }

  /** As far back as something may have been scraped, and up to now: what is new has no whole minute yet. */
  function lookedBack({ from, to }: TimeRange): Span {
    return { start: from - lookedBackMs, end: to + settleMs + minuteMs };
  }

  async function proof(
    query: SignalQuery,
    range: TimeRange,
    labelsOf: (metric: string) => Promise<readonly string[]>,
    signal: AbortSignal,
  ): Promise<SourceProof> {
    let plan: Plan | undefined;
    try {
      plan = await planned(query, range, signal);
      const { answer: found, missing } = await answer(query, plan, range, signal);
      const bad = plan.parts.find(({ role }) => role === "bad");
      const never = bad && missing?.what !== "metric" ? await proofOfBad(query, bad, labelsOf) : undefined;
      if (never?.state === "conflict") return never;
      if (missing) return proofOfMissing(query, missing, values["version"]);
      return never ?? proofOfNumbers(query, found, plan);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return proofOfFailure(error, query, plan);
    }
  }

  return {
    id: "prometheus",
    async prove(queries, signal, over) {
      try {
        const newest = await clock.newest(signal);
        const to = Math.min(newest, over?.to ?? newest);
        const range = { from: Math.min(over?.from ?? to, to - provenMs), to };
        const labelsOf = createLabelsOf(prometheus, lookedBack(range), signal);
        const skew = clock.skew();
        const said: SourceProof[] = skew === undefined ? [] : [skewed(skew)];
        return [...said, ...(await Promise.all(queries.map((one) => proof(one, range, labelsOf, signal))))];
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        return [proofOfFailure(error)];
      }
    },
    async read(query, range, signal) {
      const started = monotonicMs();
      let plan: Plan | undefined;
      try {
        plan = await planned(query, range, signal);
        return (await answer(query, plan, range, signal)).answer;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        return {
          ...telemetryError(error),
          sent: plan?.parts.map(said) ?? [],
          tookMs: monotonicMs() - started,
        };
      }
    },
    close: async () => {},
  };
}

function nameOf({ id, arm, labels, query }: SignalQuery): string {
  return JSON.stringify([id, arm, labels, query]);
}

function notYet({ kind }: SignalQuery, { from }: TimeRange): Answer {
  const nothing = { range: { from, to: from }, buckets: [], sent: [], tookMs: 0 };
  return kind === "saturation" ? { state: "levels", ...nothing } : { state: "counts", ...nothing };
}

/** What was asked, in words that can be asked again by hand. */
function sent(plan: Plan, { start, end }: Span, skew: string | undefined): string[] {
  const moments = `query_range start=${iso(start)} end=${iso(end)} step=60s`;
  return [...plan.parts.map(said), skew === undefined ? moments : `${moments} (${skew})`];
}

function said({ role, expression }: Part): string {
  return `${role}: ${expression}`;
}

/** In pieces, where a range has more minutes than one answer may have. */
async function asMany(span: Span, ask: (part: Span) => Promise<Reply>): Promise<Reply> {
  const parts: Span[] = [];
  for (let start = span.start; start <= span.end; start += mostMinutes * minuteMs) {
    parts.push({ start, end: Math.min(span.end, start + (mostMinutes - 1) * minuteMs) });
  }
  const [first, ...more] = await Promise.all(parts.map(ask));
  if (!first) throw new RangeError("an empty range");
  const samples = first.samples.map((own, i) => {
    const all = [own, ...more.map((reply) => reply.samples[i])].filter((one) => one !== undefined);
    return all.length === 0 ? undefined : all.flat();
  });
  return { samples, tookMs: Math.max(first.tookMs, ...more.map(({ tookMs }) => tookMs)) };
}

function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

function skewed(skew: string): SourceProof {
  return {
    state: "notice",
    message: `${skew}: minutes are counted by Prometheus' clock`,
    remedy: "set both clocks by the same time server",
  };
}

function telemetryError(error: unknown) {
  const isOurs =
    error instanceof PrometheusFailure || error instanceof QueryProblem || error instanceof SentinelError;
  const message = error instanceof Error ? error.message : String(error);
  const why = error instanceof PrometheusFailure ? `Prometheus: ${message}` : printable(message);
  const answer = { state: "telemetry-error", why } as const;
  return isOurs && error.remedy !== undefined ? { ...answer, remedy: error.remedy } : answer;
}
