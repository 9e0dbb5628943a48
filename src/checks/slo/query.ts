import { parseSelector, type Selector, selectorsIn, showSelector } from "../../clients/prometheus/lexer.ts";
import { fill, matchersOf, placesLabels } from "../../clients/prometheus/template.ts";

export interface CountingQuery {
  /** PromQL; one number without labels. */
  readonly text: string;
  readonly isCounter: boolean;
  readonly selectors: readonly Selector[];
}

/** How often something was counted in a window. @throws QueryProblem */
export function countingQuery(
  template: string,
  labels: Readonly<Record<string, string>>,
  window: string,
  values: Readonly<Record<string, string>>,
): CountingQuery {
  const text = fill(template, { labels, window, values });
  const selector = parseSelector(text);
  if (!selector) return { text: `sum(${text})`, isCounter: false, selectors: selectorsIn(text) };
  const added = placesLabels(template) ? [] : matchersOf(labels);
  const whole = { ...selector, matchers: [...selector.matchers, ...added] };
  return { text: `sum(increase(${showSelector(whole)}[${window}]))`, isCounter: true, selectors: [whole] };
}
