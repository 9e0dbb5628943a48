import { type Matcher, type Selector, showSelector } from "./lexer.ts";
import { matchersOf, showQuery } from "./template.ts";
import type { Prometheus, Span } from "./types.ts";

export interface Missing {
  /** What is not there: the metric at all, a label's name, a label's value, all labels together, or just samples. */
  readonly what: "metric" | "label" | "value" | "samples";
  readonly why: string;
  /** Of a value: the label's name. */
  readonly label?: string;
}

const shown = 12;

/** Why a query gave nothing: the first of its selectors that nothing matches, and what there is instead. */
export async function findMissing(
  selectors: readonly Selector[],
  between: Span,
  prometheus: Prometheus,
  signal: AbortSignal,
): Promise<Missing> {
  for (const selector of selectors) {
    const missing = await lookFor(selector, between, prometheus, signal);
    if (missing) return missing;
  }
  const [first] = selectors;
  const of = first ? ` of ${showQuery(showSelector(first))}` : "";
  return { what: "samples", why: `there are no samples${of} in these minutes` };
}

async function lookFor(
  selector: Selector,
  between: Span,
  prometheus: Prometheus,
  signal: AbortSignal,
): Promise<Missing | undefined> {
  const { name } = selector;
  const matchers = selector.matchers.filter(isDemanding);
  const names = (one: Selector) => prometheus.labelNames(showSelector(one), between, signal);
  if ((await names(selector)).length > 0) return undefined;
  const known = await names({ name, matchers: [] });
  if (known.length === 0) return { what: "metric", why: `there is no metric ${name}` };
  const text = showQuery(showSelector(selector));
  const strange = strangeLabel(matchers, known);
  if (strange) {
    return {
      what: "label",
      label: unquoted(strange.label),
      why: `no series matches ${text}: ${name} has no label ${strange.label}; labels there: ${others(known)}`,
    };
  }
  for (const matcher of matchers) {
    if ((await names({ name, matchers: [matcher] })).length > 0) continue;
    const label = unquoted(matcher.label);
    const values = await prometheus.labelValues(label, name, between, signal);
    const there = some(
      values.map((value) => matchersOf({ [label]: value })[0]).map((m) => `${label}=${m?.quoted}`),
    );
    return { what: "value", label, why: `no series matches ${text}; labels there: ${there}` };
  }
  return { what: "value", why: `no series matches ${text}: none has all of these labels` };
}

/**
 * Why a selector can never match, whatever happens: the metric has no such label. It is asked when nothing matches it now.
 * @param labelsOf the labels that a metric's series have
 * @returns undefined when it can; `metric` when there is no such metric, yet
 */
export async function neverMatches(
  { name, matchers }: Selector,
  labelsOf: (metric: string) => Promise<readonly string[]>,
): Promise<{ readonly what: "metric" | "label"; readonly why: string } | undefined> {
  const known = await labelsOf(name);
  if (known.length === 0) return { what: "metric", why: `there has been no ${name} yet` };
  const strange = strangeLabel(matchers.filter(isDemanding), known);
  return (
    strange && { what: "label", why: `${name} has no label ${strange.label}; labels there: ${others(known)}` }
  );
}

function strangeLabel(matchers: readonly Matcher[], known: readonly string[]): Matcher | undefined {
  return matchers.find(({ label }) => !known.includes(unquoted(label)));
}

function others(known: readonly string[]): string {
  return some(known.filter((label) => label !== "__name__"));
}

/** Whether a series without the label does not match. */
function isDemanding({ operator, quoted }: Matcher): boolean {
  return (operator === "=" || operator === "=~") && !/^.(\.\*)?.$/.test(quoted);
}

function some(list: readonly string[]): string {
  const more = list.length - shown;
  return showQuery(`${list.slice(0, shown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`);
}

function unquoted(label: string): string {
  return label.startsWith('"') ? label.slice(1, -1).replace(/\\(.)/g, "$1") : label;
}
