import { type Matcher, type Selector, showSelector } from "./lexer.ts";

/** How far back the last value of a series is looked for: a pod that was not scraped for less is not taken for a new one. */
const memory = "1h";

const before = (selector: string) => `last_over_time(${selector}[${memory}] offset 1m)`;

/**
 * The exact increase from one minute's end to the next: a series that is new counts from nothing, one that was restarted too,
 * and nothing falls between two minutes. `increase(x[1m])` extrapolates, and never sees the first value of a series: the
 * only error of a new pod.
 */
function increase(selector: string): string {
  return `sum((${selector} - ${before(selector)}) >= 0 or ${selector})`;
}

/** Without a sample in this minute and one shortly before it, nobody knows when something was counted. */
function scraped(selector: string): string {
  const count = (range: string) => `count(last_over_time(${selector}${range}))`;
  return `and on() ${count("[1m]")} and on() ${count("[2m] offset 1m")}`;
}

/** What a counter grew by in the minute before; nothing where it was not scraped. */
export function counted(selector: Selector): string {
  const text = showSelector(selector);
  return `${increase(text)} ${scraped(text)}`;
}

/** The same, but zero, as nothing, where no such series is there. */
export function countedSome(selector: Selector): string {
  return increase(showSelector(selector));
}

/** Observations of a histogram, and those of them that were not above the threshold. */
export interface HistogramCounts {
  readonly total: string;
  readonly good: string;
}

export function classicCounts(histogram: Selector, threshold: number): HistogramCounts {
  const { name, matchers } = histogram;
  return {
    total: counted({ name: `${name}_count`, matchers }),
    good: countedSome({ name: `${name}_bucket`, matchers: [...matchers, boundaryMatcher(threshold)] }),
  };
}

/** How a number is read out of native histograms. */
type Reading = (vector: string) => string;

/**
 * The same for a native histogram. Older servers do not remember the last one over time (2.42 does not); where there is none within
 * their five minutes either, a series counts from its second minute on, rather than as a new one with all that it ever had.
 */
function nativeIncrease(selector: string, read: Reading): string {
  const then = `(${read(before(selector))} or ${read(`${selector} offset 1m`)})`;
  return `sum((${read(selector)} - ${then}) >= 0 or (${read(selector)} and ${then}))`;
}

/** Between two of its boundaries the number is interpolated by the server. */
export function nativeCounts(histogram: Selector, threshold: number): HistogramCounts {
  const text = showSelector(histogram);
  const count: Reading = (vector) => `histogram_count(${vector})`;
  const within: Reading = (vector) => `histogram_fraction(-Inf, ${threshold}, ${vector})`;
  return {
    total: `${nativeIncrease(text, count)} ${scraped(text)}`,
    good: nativeIncrease(text, (vector) => `${count(vector)} * ${within(vector)}`),
  };
}

/** The label of one boundary in every way in which clients write the number: `1`, `1.0`, `1e+06`. */
function boundaryMatcher(threshold: number): Matcher {
  const plainly = String(threshold);
  const decimals = plainly.includes(".") ? "0*" : "(\\\\.0+)?";
  const spelled = plainly.includes("e") ? [] : [`${plainly.replace(".", "\\\\.")}${decimals}`];
  const [digits = "", exponent = ""] = threshold.toExponential().split("e");
  const padded = exponent.replace(/^([+-])(\d)$/, "$10$2").replace("+", "\\\\+");
  const all = [...spelled, `${digits.replace(".", "\\\\.")}e${padded}`];
  return { label: "le", operator: "=~", quoted: `"${all.join("|")}"` };
}
