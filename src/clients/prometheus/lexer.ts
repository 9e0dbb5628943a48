export interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  /** As it stands in the query, with its quotes. */
  readonly quoted: string;
}

/** A metric's name with what its labels must be: `http_requests_total{job="shop"}`. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

const string = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/y;
const comment = /#[^\n]*/y;
const name = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const matcher =
  /\s*([A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\]|\\.)*")\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(,?)/y;

/** The text without its comments: in one line with others, they would take those along. */
export function withoutComments(text: string): string {
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const skipped = take(comment, text, at);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const piece = take(string, text, at) ?? text.charAt(at);
    plain += piece;
    at += piece.length;
  }
  return plain;
}

/** Reads a text that is one selector and nothing else; undefined for any other PromQL. */
export function parseSelector(text: string): Selector | undefined {
  const trimmed = text.trim();
  const found = selectorAt(trimmed, 0);
  return found?.end === trimmed.length ? found.selector : undefined;
}

/** The selectors with a name and braces, or with a range, in a piece of PromQL; good enough to tell people what is not there. */
export function selectorsIn(text: string): readonly Selector[] {
  const found = new Map<string, Selector>();
  for (let at = 0; at < text.length; ) {
    const quoted = take(string, text, at);
    const here = quoted === undefined ? selectorAt(text, at) : undefined;
    if (here && (here.braces || text.charAt(here.end) === "[")) {
      found.set(showSelector(here.selector), here.selector);
    }
    at = here?.end ?? at + (quoted?.length ?? 1);
  }
  return [...found.values()];
}

export function showSelector({ name: metric, matchers }: Selector): string {
  const all = matchers.map(({ label, operator, quoted }) => `${label}${operator}${quoted}`);
  return all.length === 0 ? metric : `${metric}{${all.join(",")}}`;
}

function selectorAt(text: string, start: number) {
  const metric = take(name, text, start);
  if (metric === undefined) return undefined;
  let end = start + metric.length;
  const space = /\s*/y;
  const open = end + (take(space, text, end)?.length ?? 0);
  if (text.charAt(open) !== "{") return { selector: { name: metric, matchers: [] }, end, braces: false };
  const matchers: Matcher[] = [];
  end = open + 1;
  for (;;) {
    matcher.lastIndex = end;
    const [whole, label = "", operator = "", quoted = "", comma] = matcher.exec(text) ?? [];
    if (whole === undefined) break;
    matchers.push({ label, operator: operator as Matcher["operator"], quoted });
    end += whole.length;
    if (comma === "") break;
  }
  end += take(space, text, end)?.length ?? 0;
  return text.charAt(end) === "}"
    ? { selector: { name: metric, matchers }, end: end + 1, braces: true }
    : undefined;
}

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
