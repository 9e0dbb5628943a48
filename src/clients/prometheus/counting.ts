import { type Matcher, type Selector, showSelector } from "./lexer.ts";

/** How far back the last value of a series is looked for: a pod that was not scraped for less is not taken for a new one. */
const memory = "1h";

/** The labels by which Prometheus tells one process from another. */
const processLabels = "job, instance, pod";
/** What a query may say of a target, and so of what Prometheus itself says of it. */
const targetLabels = ["job", "instance", "pod", "namespace"];

/** A process is new for so long: until it is ready, found and scraped. */
const youngSeconds = 300;

const before = (selector: string) => `last_over_time(${selector}[${memory}] offset 1m)`;

/**
 * A minute as it is looked through for restarts. Its first moment must be in it: since Prometheus 3 a range is open to the
 * left. That millisecond makes the result larger by 0.002 %.
 */
const lookedThrough = "[1m1ms:5s]";

/**
 * The increase from one minute's end to the next: nothing falls between two minutes, a series that is new counts from
 * nothing, one that was restarted goes on. `increase(x[1m])` alone extrapolates, and never sees the first value of a series:
 * the only error of a new pod.
 * What `strangers` have counted before they were seen is nobody's: they count from their second minute on.
 * @param among what a process is known by. When that was there a minute ago and the series was not, the series is new, even
 * if an earlier process had one; when neither was there, it was not scraped, and the series goes on from where it was.
 */
function increase(selector: string, among: Selector): string {
  const witness = witnessOf(among);
  // Of a series that is not there any more at the minute's end, too. Servers compute each part anew, so there are few.
  const seen = `max_over_time(${selector}[1m])`;
  const begun = [
    `(${seen} and on(${processLabels}) ${witness} offset 1m)`,
    `(${seen} - ${before(selector)}) >= 0`,
    seen,
  ].join(" or ");
  const goesOn = `(increase(${selector}${lookedThrough}) and ${selector} offset 1m)`;
  return `sum(${goesOn} or ((${begun}) unless on(${processLabels}) ${strangers(among)}))`;
}

/**
 * Targets that Prometheus did not scrape, under these labels, in the hour before: away for longer, given other labels while
 * they ran, or only now told of. Nobody knows when they counted what they have; but for those that say that they have just
 * been started. There are none where Prometheus does not scrape, but is pushed to: it has no `up` then.
 */
function strangers({ matchers }: Selector): string {
  const named = matchers.filter(({ label }) => targetLabels.includes(label));
  const of = (name: string) => showSelector({ name, matchers: named.length > 0 ? named : matchers });
  const known = `max_over_time(${of("up")}[${memory}] offset 1m) == 1`;
  const young = `${of("process_start_time_seconds")} > time() - ${youngSeconds}`;
  return `(${of("up")} unless ${known} unless on(${processLabels}) ${young})`;
}

/** Without a sample in this minute and one shortly before it, nobody knows when something was counted. */
function scraped(selector: string): string {
  const count = (range: string) => `count(last_over_time(${selector}${range}))`;
  return `and on() ${count("[1m]")} and on() ${count("[2m] offset 1m")}`;
}

/** What a counter grew by in the minute before; nothing where it was not scraped. */
export function counted(selector: Selector): string {
  const text = showSelector(selector);
  return `${increase(text, selector)} ${scraped(text)}`;
}

/** The same, but nothing, as for zero, where no such series is there. @param among counts of the same processes that are always there */
export function countedSome(selector: Selector, among: Selector): string {
  return increase(showSelector(selector), among);
}

/** Only what names its instance can be a witness: where nothing does, every pod would speak for all others. */
function witnessOf({ name, matchers }: Selector): string {
  return showSelector({ name, matchers: [...matchers, { label: "instance", operator: "!=", quoted: '""' }] });
}

/** Observations of a histogram, and those of them that were not above the threshold. */
export interface HistogramCounts {
  readonly total: string;
  readonly good: string;
}

export function classicCounts(histogram: Selector, threshold: number): HistogramCounts {
  const { name, matchers } = histogram;
  const all = { name: `${name}_count`, matchers };
  const within = { name: `${name}_bucket`, matchers: [...matchers, boundaryMatcher(threshold)] };
  return { total: counted(all), good: countedSome(within, all) };
}

/** How a number is read out of native histograms. */
type Reading = (vector: string) => string;

/**
 * The same for a native histogram. Older servers (2.42) do not remember the last one over time, so that a series that is not there at
 * a minute's end may not be taken for a new one: it counts from its second minute on.
 */
function nativeIncrease(selector: string, read: Reading): string {
  const [now, then] = [read(selector), read(`${selector} offset 1m`)];
  const steady = `increase((${now})${lookedThrough}) and ${then}`;
  return `sum((${steady}) or (${now} - ${read(before(selector))}) >= 0)`;
}

/** Between two of its boundaries the number is interpolated by the server. */
export function nativeCounts(histogram: Selector, threshold: number): HistogramCounts {
  const text = showSelector(histogram);
  const count: Reading = (vector) => `histogram_count(${vector})`;
  const within: Reading = (vector) => `histogram_fraction(-Inf, ${threshold}, ${vector})`;
  return {
    total: `${nativeIncrease(text, count)} ${scraped(text)}`,
    // What is only the noise of two floats would be taken for a restart.
    good: nativeIncrease(text, (vector) => `round(${count(vector)} * ${within(vector)}, 0.001)`),
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
