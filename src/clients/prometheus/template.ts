import { nearest, printable } from "../../core/text.ts";
import { type Matcher, withoutComments } from "./lexer.ts";

/** A query that cannot be asked as it is written. The message is for people. */
export class QueryProblem extends Error {
  override readonly name = "QueryProblem";
  readonly remedy: string | undefined;
  constructor(message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
  }
}

export interface Fillings {
  readonly labels: Readonly<Record<string, string>>;
  /** `1m` */
  readonly window: string;
  /** Stand within quotes only: `{{version}}`. */
  readonly values: Readonly<Record<string, string>>;
}

type Quote = '"' | "'" | "`";

/**
 * Fills in a template: `{{version}}`, which may be written as `${VERSION}` too. What is filled in cannot end the string or the braces that it stands in: values are escaped for the
 * quotes around them, and a template that has them elsewhere is refused.
 * @throws QueryProblem
 */
export function fill(template: string, fillings: Fillings): string {
  const text = withoutComments(template);
  const placeholder = /\{\{\s*([A-Za-z_]+)\s*\}\}|\$\{([A-Za-z_]+)\}/y;
  let filled = "";
  let quote: Quote | undefined;
  let isRegex = false;
  for (let at = 0; at < text.length; ) {
    placeholder.lastIndex = at;
    const [whole, name, variable = ""] = placeholder.exec(text) ?? [];
    if (whole !== undefined) {
      filled += filling(name ?? variable.toLowerCase(), quote, isRegex, fillings);
      at += whole.length;
      continue;
    }
    const char = text.charAt(at);
    const isEscape = char === "\\" && quote !== undefined && quote !== "`";
    if (quote === undefined && (char === '"' || char === "'" || char === "`")) {
      quote = char;
      isRegex = /[=!]~\s*$/.test(filled);
    } else if (char === quote) quote = undefined;
    filled += isEscape ? text.slice(at, at + 2) : char;
    at += isEscape ? 2 : 1;
  }
  return filled.trim();
}

/** Whether a template says where the labels go. */
export function placesLabels(template: string): boolean {
  return /\{\{\s*labels\s*\}\}/.test(withoutComments(template));
}

function filling(name: string, quote: Quote | undefined, isRegex: boolean, fillings: Fillings): string {
  if (name === "labels" || name === "window") {
    if (quote !== undefined)
      throw new QueryProblem(`{{${name}}} stands within quotes`, "take the quotes away");
    return name === "window" ? fillings.window : labelText(fillings.labels);
  }
  if (!Object.hasOwn(fillings.values, name)) {
    const known = ["labels", "window", ...Object.keys(fillings.values)];
    const near = nearest(name, known);
    throw new QueryProblem(
      `there is nothing to fill in for {{${name}}}`,
      near ? `did you mean {{${near}}}?` : `there is ${known.map((one) => `{{${one}}}`).join(", ")}`,
    );
  }
  if (quote === undefined || quote === "`") {
    const where = quote === undefined ? "outside of quotes" : "within backticks";
    throw new QueryProblem(`{{${name}}} stands ${where}`, `write it as "{{${name}}}"`);
  }
  const value = fillings.values[name] ?? "";
  return escaped(isRegex ? literalRegex(value) : value, quote);
}

/** `job="shop",version="v1.4.2"`; for no labels something that is always so, since there may be a comma before or after it. */
function labelText(labels: Fillings["labels"]): string {
  const all = matchersOf(labels).map(({ label, quoted }) => `${label}=${quoted}`);
  return all.length === 0 ? 'job=~".*"' : all.join(",");
}

export function matchersOf(labels: Fillings["labels"]): readonly Matcher[] {
  return Object.entries(labels).map(([label, value]) => ({
    // Names with dots and the like are for servers that know of them, in quotes.
    label: /^[A-Za-z_][A-Za-z0-9_]*$/.test(label) ? label : `"${escaped(label, '"')}"`,
    operator: "=",
    quoted: `"${escaped(value, '"')}"`,
  }));
}

/** As Go, and so PromQL, writes what stands in such quotes. */
function escaped(value: string, quote: '"' | "'"): string {
  return value.toWellFormed().replace(/[\u0000-\u001f\u007f\\"']/g, (char) => {
    if (char === "\\" || char === quote) return `\\${char}`;
    if (char === '"' || char === "'") return char;
    if (char === "\n") return "\\n";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function literalRegex(value: string): string {
  return value.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

/** For messages: one line, not too long. */
export function showQuery(query: string): string {
  return printable(query.replace(/\s+/g, " "), 300);
}
