const shown = "***";
/** Shorter values are masked as whole words only: as substrings they would mangle ordinary text. */
export const shortestSubstring = 6;

/**
 * The one masking registry. Values go in when configuration and environment are read; every sink asks it before it writes.
 * It knows each value raw and URL-, JSON-, HTML-, hex- and base64-encoded, and each line of a value that has several.
 */
export class Secrets {
  readonly #values = new Set<string>();
  #pattern: RegExp | undefined;
  #long: RegExp | undefined;

  /** Registers a value; empty ones and white space are ignored. */
  add(value: string | undefined): void {
    const trimmed = value?.trim();
    if (!value || !trimmed) return;
    for (const part of new Set([value, trimmed, ...lines(value)])) {
      if (this.#values.has(part)) continue;
      this.#values.add(part);
      this.#pattern = undefined;
      this.#long = undefined;
    }
  }

  get values(): readonly string[] {
    return [...this.#values];
  }

  /** Replaces every registered value, in any of its encodings, by `***`. Meant for whole lines: a value cut in two is not seen. */
  mask(text: string): string {
    if (this.#values.size === 0 || text === "") return text;
    this.#pattern ??= pattern(this.#values);
    return text.replace(this.#pattern, shown);
  }

  /** Whether a text holds a value, in any of its encodings. A value that is masked as a whole word only may be an ordinary word. */
  isIn(text: string): boolean {
    this.#long ??= new RegExp(substrings(this.#values).join("|") || "(?!)", "u");
    return this.#long.test(text);
  }

  /** Masks every string inside a JSON value, keys included. Masking before serialising keeps the output well-formed. */
  maskDeep<T>(value: T): T {
    if (this.#values.size === 0) return value;
    return this.#deep(value) as T;
  }

  #deep(value: unknown): unknown {
    if (typeof value === "string") return this.mask(value);
    if (Array.isArray(value)) return value.map((item) => this.#deep(item));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [this.mask(key), this.#deep(item)]),
      );
    }
    return value;
  }
}

function lines(value: string): string[] {
  if (!/[\r\n]/.test(value)) return [];
  return value
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestSubstring && !/^-----(BEGIN|END) [A-Z ]+-----$/.test(line));
}

function pattern(values: ReadonlySet<string>): RegExp {
  const words = [...values].filter((value) => value.length < shortestSubstring);
  return new RegExp([...substrings(values), ...longestFirst(words).map(wholeWord)].join("|"), "gu");
}

/** Every form of the longer values. */
function substrings(values: ReadonlySet<string>): readonly string[] {
  const long = [...values].filter((value) => value.length >= shortestSubstring);
  return longestFirst(new Set(long.flatMap((value) => [...encodings(value)]))).map(literal);
}

function longestFirst(texts: Iterable<string>): readonly string[] {
  return [...texts].sort((a, b) => b.length - a.length);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function wholeWord(value: string): string {
  return `(?<![\\p{L}\\p{N}_])${literal(value)}(?![\\p{L}\\p{N}_])`;
}

/** A value in every form in which one of our outputs, or a program's, could carry it. */
export function encodings(value: string): ReadonlySet<string> {
  const forms = new Set<string>([value]);
  for (const text of new Set([value, wellFormed(value)])) {
    for (const form of [...url(text), ...json(text), ...html(text), ...binary(text)]) {
      if (form.length >= shortestSubstring) forms.add(form);
    }
  }
  return forms;
}

/** Lone surrogates cannot be encoded; what leaves the process has U+FFFD instead. */
function wellFormed(value: string): string {
  return Buffer.from(value, "utf8").toString("utf8");
}

function url(value: string): string[] {
  const safe = wellFormed(value);
  const component = encodeURIComponent(safe);
  const strict = component.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = new URLSearchParams([["", safe]]).toString().slice(1);
  const all = [component, strict, form, encodeURI(safe), strict.replaceAll("%20", "+")];
  return all.flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase())]);
}

function json(value: string): string[] {
  const once = JSON.stringify(value).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  const ascii = (text: string) =>
    text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const slashes = (text: string) => text.replaceAll("/", "\\/");
  return [once, twice, ascii(once), JSON.stringify(ascii(once)).slice(1, -1), slashes(once)];
}

function html(value: string): string[] {
  const named = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quotes = [
    ["&quot;", "&#39;"],
    ["&quot;", "&#x27;"],
    ["&quot;", "&apos;"],
    ["&#34;", "&#39;"],
  ] as const;
  const quoted = quotes.map(([double, single]) => named.replaceAll('"', double).replaceAll("'", single));
  return [named, named.replaceAll('"', "&quot;"), ...quoted];
}

function binary(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const hex = bytes.toString("hex");
  const forms = [hex, hex.toUpperCase()];
  for (const offset of [0, 1, 2]) {
    // What precedes and follows the value in the encoded stream is unknown: keep only the characters it alone decides.
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    const core = padded.slice(first, last);
    if (core.length >= shortestSubstring) forms.push(core, core.replaceAll("+", "-").replaceAll("/", "_"));
    forms.push(
      offset === 0 ? padded : "",
      offset === 0 ? padded.replaceAll("+", "-").replaceAll("/", "_") : "",
    );
  }
  return forms;
}
