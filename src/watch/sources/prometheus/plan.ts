import {
  classicCounts,
  counted,
  countedSome,
  type HistogramCounts,
  nativeCounts,
} from "../../../clients/prometheus/counting.ts";
import {
  parseSelector,
  type Selector,
  selectorsIn,
  showSelector,
} from "../../../clients/prometheus/lexer.ts";
import { fill, matchersOf, placesLabels, QueryProblem } from "../../../clients/prometheus/template.ts";
import type { SignalQuery } from "../../types.ts";
import type { PrometheusQuery } from "../options.ts";

export interface Part {
  readonly role: "total" | "bad" | "good" | "level";
  /** PromQL; one number, without labels, for the minute before. */
  readonly expression: string;
  /** What must be there for it, as far as can be read out of it. */
  readonly selectors: readonly Selector[];
}

export interface Plan {
  readonly parts: readonly Part[];
  /** It says nothing of the query's labels: it is the same for every service. */
  readonly unlabelled: boolean;
}

/** What is known of a histogram before it is asked about. */
export interface HistogramFacts {
  /** The classic one's boundaries, in its own unit. */
  readonly boundaries: readonly number[];
  readonly native: boolean;
}

const window = "1m";
const usual = {
  requests: "http_requests_total",
  failed: 'http_requests_total{code=~"5.."}',
  histogram: "http_request_duration_seconds",
} as const;
/** How finely a minute's highest level is looked for. */
const resolution = "15s";

type Values = Readonly<Record<string, string>>;

/** The histogram that a query is about: with its labels, and without; undefined for a query of another sort. */
export function histogramOf(
  query: SignalQuery,
  values: Values,
): { whole: Selector; bare: Selector } | undefined {
  const said = query.query as PrometheusQuery;
  if (query.kind !== "latency" || (said.histogram === undefined && said.total !== undefined))
    return undefined;
  const template = said.histogram ?? usual.histogram;
  const read = (labels: SignalQuery["labels"]) => {
    const filled = selectorOf(template, { ...query, labels }, values);
    if (!filled) {
      throw new QueryProblem("histogram is not the name of a histogram", `write it as ${usual.histogram}`);
    }
    return { ...filled, name: filled.name.replace(/_(bucket|count|sum)$/, "") };
  };
  return { whole: read(query.labels), bare: read({}) };
}

/** @throws QueryProblem */
export function planQuery(query: SignalQuery, values: Values, facts: HistogramFacts | undefined): Plan {
  const said = query.query as PrometheusQuery;
  if (query.kind === "saturation") return saturation(query, values);
  const histogram = histogramOf(query, values);
  if (histogram) {
    const { total, good } = histogramCounts(histogram.whole, unitsOf(histogram.whole, query), facts);
    const name = facts?.boundaries.length ? `${histogram.whole.name}_count` : histogram.whole.name;
    const selectors = [{ ...histogram.whole, name }];
    return {
      parts: [
        { role: "total", expression: total, selectors },
        { role: "good", expression: good, selectors: [] },
      ],
      unlabelled: false,
    };
  }
  if ((said.total === undefined) !== (said.bad === undefined)) {
    throw new QueryProblem("there must be a query for both, total and bad", "write the other one too");
  }
  const total = counting("total", said.total ?? usual.requests, query, values, counted);
  const among = total.part.selectors[0];
  const bad = counting("bad", said.bad ?? usual.failed, query, values, (selector) =>
    countedSome(selector, among ?? selector),
  );
  return { parts: [total.part, bad.part], unlabelled: total.unlabelled || bad.unlabelled };
}

function counting(
  role: "total" | "bad",
  template: string,
  query: SignalQuery,
  values: Values,
  count: (selector: Selector) => string,
): { part: Part; unlabelled: boolean } {
  const selector = selectorOf(template, query, values);
  if (selector) {
    return { part: { role, expression: count(selector), selectors: [selector] }, unlabelled: false };
  }
  const { text, unlabelled } = filled(template, query, values);
  return { part: { role, expression: `sum(${text})`, selectors: selectorsIn(text) }, unlabelled };
}

function saturation(query: SignalQuery, values: Values): Plan {
  const said = query.query as PrometheusQuery;
  if (said.query === undefined) {
    throw new QueryProblem("there is no usual query for saturation", "write one: signals.saturation.query");
  }
  const selector = selectorOf(said.query, query, values);
  const { text, unlabelled } = selector
    ? { text: showSelector(selector), unlabelled: false }
    : filled(said.query, query, values);
  const level = `max(max_over_time((${text})[${window}:${resolution}]))`;
  const expression = said.percent === "true" ? `${level} / 100` : level;
  const selectors = selector ? [selector] : selectorsIn(text);
  return { parts: [{ role: "level", expression, selectors }], unlabelled };
}

/** A template that is one selector, with the labels in it whether or not it says where. */
function selectorOf(template: string, query: SignalQuery, values: Values): Selector | undefined {
  const selector = parseSelector(fill(template, fillings(query, values)));
  if (!selector || placesLabels(template)) return selector;
  return { ...selector, matchers: [...selector.matchers, ...matchersOf(query.labels)] };
}

function filled(template: string, query: SignalQuery, values: Values) {
  const unlabelled = Object.keys(query.labels).length > 0 && !placesLabels(template);
  if (unlabelled && query.arm !== "all") {
    throw new QueryProblem(
      "the query does not say where the labels go, so that both arms would be the same",
      "put {{labels}} into its braces: http_requests_total{ {{labels}} }",
    );
  }
  return { text: fill(template, fillings(query, values)), unlabelled };
}

function fillings({ labels, service, arm }: SignalQuery, values: Values) {
  return { labels, window, values: { ...values, service, arm } };
}

function histogramCounts(
  histogram: Selector,
  threshold: number,
  facts: HistogramFacts | undefined,
): HistogramCounts {
  const { boundaries = [], native = false } = facts ?? {};
  if (boundaries.includes(threshold)) return classicCounts(histogram, threshold);
  if (native) return nativeCounts(histogram, threshold);
  if (boundaries.length > 0) throw noBoundary(histogram, threshold, boundaries);
  return classicCounts(histogram, threshold);
}

export function noBoundary(
  { name }: Selector,
  threshold: number,
  boundaries: readonly number[],
): QueryProblem {
  const sorted = [...boundaries].sort((a, b) => a - b);
  const below = sorted.findLast((one) => one < threshold);
  const above = sorted.find((one) => one > threshold && Number.isFinite(one));
  const near = [below, above].filter((one) => one !== undefined);
  const list = sorted.map((one) => (Number.isFinite(one) ? String(one) : "+Inf")).join(", ");
  return new QueryProblem(
    `${name} has no bucket boundary at ${threshold}, so that nobody can say how many are above it; boundaries there: ${list}`,
    near.length > 0
      ? `watch for ${near.join(" or ")} instead, or give the histogram a boundary at ${threshold}`
      : undefined,
  );
}

/** The threshold in the histogram's own unit, which its name tells. */
export function unitsOf({ name }: Selector, { thresholdSeconds }: SignalQuery): number {
  if (thresholdSeconds === undefined)
    throw new QueryProblem("there is no threshold to count slow requests by");
  const isMilliseconds = /(_milliseconds|_ms)$/.test(name);
  return isMilliseconds ? Math.round(thresholdSeconds * 1e9) / 1e6 : thresholdSeconds;
}
