import { type Matcher, type Selector, showSelector } from "./lexer.ts";

/** How far back the last value of a series is looked for: a pod that was not scraped for less is not taken for a new one. */
const memory = "1h";

/** How a counter is read from a vector: itself, or a number in a native histogram. */
type Reading = (vector: string) => string;

/**
 * The exact increase from one minute's end to the next: a series that is new counts from nothing, one that was restarted too,
 * and nothing falls between two minutes. `increase(x[1m])` extrapolates, and never sees the first value of a series: the
 * only error of a new pod.
 */
function increase(selector: string, read: Reading): string {
  const now = read(selector);
  return `sum((${now} - ${read(`last_over_time(${selector}[${memory}] offset 1m)`)}) >= 0 or ${now})`;
}

/** Without a sample in this minute and one shortly before it, nobody knows when something was counted. */
function scraped(selector: string): string {
  const count = (range: string) => `count(last_over_time(${selector}${range}))`;
  return `and on() ${count("[1m]")} and on() ${count("[2m] offset 1m")}`;
}

/** What a counter grew by in the minute before; nothing where it was not scraped. */
export function counted(selector: Selector): string {
  const text = showSelector(selector);
  return `${increase(text, plain)} ${scraped(text)}`;
}

/** The same, but zero, as nothing, where no such series is there. */
export function countedSome(selector: Selector): string {
  return increase(showSelector(selector), plain);
}

const plain: Reading = (vector) => vector;

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

/** Between two of its boundaries the number is interpolated by the server. */
export function nativeCounts(histogram: Selector, threshold: number): HistogramCounts {
  const text = showSelector(histogram);
  const count: Reading = (vector) => `histogram_count(${vector})`;
  return {
    total: `${increase(text, count)} ${scraped(text)}`,
    good: increase(text, (v) => `histogram_count(${v}) * histogram_fraction(-Inf, ${threshold}, ${v})`),
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
