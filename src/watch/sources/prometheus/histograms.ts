import { type Selector, showSelector } from "../../../clients/prometheus/lexer.ts";
import type { Prometheus, Span } from "../../../clients/prometheus/types.ts";
import type { SignalQuery } from "../../types.ts";
import { type HistogramFacts, histogramOf, noBoundary, unitsOf } from "./plan.ts";

export interface Histograms {
  /** Undefined for a query that is not about a histogram. */
  facts(query: SignalQuery, between: Span, signal: AbortSignal): Promise<HistogramFacts | undefined>;
  /** Says which boundaries the query's own series have. Always throws. */
  refuse(query: SignalQuery, between: Span, signal: AbortSignal): Promise<never>;
}

/**
 * Finds out which kind a histogram is and where its boundaries are; once for each, whatever the labels of the query: before
 * a deploy there is nothing yet that has those.
 */
export function createHistograms(
  prometheus: Prometheus,
  values: Readonly<Record<string, string>>,
): Histograms {
  const known = new Map<string, Promise<HistogramFacts>>();

  async function look({ name, matchers }: Selector, between: Span, signal: AbortSignal) {
    const [boundaries, native] = await Promise.all([
      prometheus.labelValues("le", showSelector({ name: `${name}_bucket`, matchers }), between, signal),
      prometheus.labelNames(showSelector({ name, matchers }), between, signal),
    ]);
    const numbers = boundaries.map((text) =>
      /^\+?Inf$/.test(text) ? Number.POSITIVE_INFINITY : Number(text),
    );
    return { boundaries: numbers.filter((one) => !Number.isNaN(one)), native: native.length > 0 };
  }

  async function facts(query: SignalQuery, between: Span, signal: AbortSignal) {
    const histogram = histogramOf(query, values);
    if (!histogram) return undefined;
    const key = showSelector(histogram.bare);
    const asked = known.get(key) ?? look(histogram.bare, between, signal);
    known.set(key, asked);
    const forget = () => {
      if (known.get(key) === asked) known.delete(key);
    };
    try {
      const found = await asked;
      if (found.boundaries.length === 0 && !found.native) forget();
      return found;
    } catch (error) {
      forget();
      throw error;
    }
  }

  return {
    facts,
    async refuse(query, between, signal) {
      const histogram = histogramOf(query, values);
      if (!histogram) throw new Error("not about a histogram");
      const { boundaries } = await look(histogram.whole, between, signal);
      throw noBoundary(histogram.whole, unitsOf(histogram.whole, query), boundaries);
    },
  };
}
