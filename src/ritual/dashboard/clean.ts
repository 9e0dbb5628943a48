import { mapStrings, object, text } from "../../clients/grafana/json.ts";
import type { SecretScanner } from "../../clients/readers.ts";
import { Secrets } from "../../core/mask.ts";
import { count, printable } from "../../core/text.ts";
import type { Capture } from "./capture.ts";

const masked = "***";

/** Whatever somebody may count as the end of a line. */
const lineEnds = /\r\n?|[\n\v\f\u0085\u2028\u2029]/;

/** Characters that are looked through for secrets at a time. */
const pieceLength = 4_000_000;

/** So many are looked for elsewhere, too; logs in a panel may hold any number of them. Each is masked where it was found. */
const mostSpread = 200;

const secretKey =
  /pass(word|wd|phrase)|secret|token|api[-_]?key|authorization|private[-_]?key|access[-_]?key|credential|secureJsonData|httpHeaderValue/i;
/** What says which variable, header or data source it is. */
const naming = new Set(["name", "key", "label", "type", "id", "uid", "refId", "datasource"]);

/** Each with what stands before the secret, and the secret. */
const inText = [
  /(\b(?:[Bb]earer|[Bb]asic|BEARER|BASIC)\s+)(?![a-z.-]+(?![\w~+/=]))([\w.~+/=-]{8,})/g,
  /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#:@]{0,200}:)([^\s/?#@]{3,})(?=@)/gi,
];
const parameter = /([?&;]([\w.-]+)=)([^\s&#;"'<>]+)/g;
/** A variable of the dashboard: no secret itself. */
const reference = /^(?:\$\w+|\$\{[^{}]*\}|\[\[\w+(?::\w+)?\]\])$/;

interface Found {
  readonly secrets: Secrets;
  /** By secret. */
  readonly places: Map<string, string>;
}

/**
 * A capture that may leave: what the registry knows is masked, and so is what looks like a secret in the dashboard or in
 * its data. Nobody has to have named it. What is found is masked in all of the capture, and in nothing else: it may be
 * a word that others use.
 */
export async function cleaned(
  capture: Capture,
  { secrets, scanner }: { readonly secrets: Secrets; readonly scanner: SecretScanner },
): Promise<Capture> {
  const found: Found = { secrets: new Secrets(), places: new Map() };
  const named = {
    ...capture,
    dashboard: hidden(capture.dashboard, "", found) as Capture["dashboard"],
    panels: capture.panels.map((panel) => ({
      ...panel,
      model: hidden(panel.model, "panel", found) as Capture["dashboard"],
    })),
  };
  const whole = mapStrings(named, (words) => withoutCredentials(words, found)) as Capture;
  const leaks = await leaking(stringsOf(whole), scanner);
  for (const [words, what] of leaks) found.places.set(words, what);
  const kept = leaks.size === 0 ? whole : mapStrings(whole, (words) => (leaks.has(words) ? masked : words));
  const clean = found.secrets.maskDeep(secrets.maskDeep(kept as Capture));
  if (found.places.size === 0) return clean;
  const some = printable([...new Set(found.places.values())].slice(0, 5).join(", "), 300);
  const warning = `${count(found.places.size, "secret")} in the dashboard or its data: masked in everything that is kept or sent (${some})`;
  return { ...clean, warnings: [...clean.warnings, found.secrets.mask(secrets.mask(warning))] };
}

/** What stands under the name of a secret, or in an object that has such a name: all of it. */
function hidden(value: unknown, path: string, found: Found): unknown {
  if (Array.isArray(value)) {
    const [name, given] = value;
    if (value.length === 2 && typeof name === "string" && secretKey.test(name)) {
      return [name, hiddenAll(given, `${path}.${name}`, found)];
    }
    return value.map((item, i) => hidden(item, `${path}[${i}]`, found));
  }
  const json = object(value);
  if (!json) return value;
  const isNamed = ["name", "key", "label"].some((key) => secretKey.test(text(json[key]) ?? ""));
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => {
      const at = path === "" ? key : `${path}.${key}`;
      if (naming.has(key)) return [key, hidden(item, at, found)];
      // Of a variable's own settings (how to sort, when to refresh) these are numbers, too.
      const isAll =
        secretKey.test(key) || (isNamed && typeof item !== "number") || (isNamed && key === "value");
      return [key, isAll ? hiddenAll(item, at, found) : hidden(item, at, found)];
    }),
  );
}

function hiddenAll(value: unknown, path: string, found: Found): unknown {
  if (typeof value === "number") return hide(String(value), path, found);
  if (typeof value === "string") return hide(value, path, found);
  if (Array.isArray(value)) return value.map((item) => hiddenAll(item, path, found));
  const json = object(value);
  if (!json) return value;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, hiddenAll(item, path, found)]));
}

function hide(words: string, path: string, { secrets, places }: Found): string {
  if (words === "" || words === masked || reference.test(words)) return words;
  if (!places.has(words)) places.set(words, path);
  // A plain word would be masked in all that people read, too.
  if (places.size <= mostSpread && words.length >= 8 && !/^[a-z ._-]+$/i.test(words)) secrets.add(words);
  return masked;
}

/** Headers, addresses and their parameters. */
function withoutCredentials(words: string, found: Found): string {
  const place = "a credential in a URL or a header";
  const plain = inText.reduce(
    (all, pattern) =>
      all.replace(pattern, (_, before: string, value: string) => before + hide(value, place, found)),
    words,
  );
  return plain.replace(parameter, (whole, before: string, name: string, value: string) =>
    secretKey.test(name) ? before + hide(value, place, found) : whole,
  );
}

function stringsOf(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value === "string") {
    if (value.length >= 8) found.add(value);
  } else if (Array.isArray(value)) {
    // Columns of numbers are most of it.
    if (typeof value[0] !== "number" || value.some((item) => typeof item === "string")) {
      for (const item of value) stringsOf(item, found);
    }
  } else if (value !== null && typeof value === "object") {
    for (const item of Object.values(value)) stringsOf(item, found);
  }
  return found;
}

/** Strings that hold a secret, and what kind it is. */
async function leaking(
  strings: ReadonlySet<string>,
  scanner: SecretScanner,
): Promise<ReadonlyMap<string, string>> {
  const leaks = new Map<string, string>();
  for (const piece of pieces(strings)) {
    const starts: { readonly line: number; readonly text: string }[] = [];
    const texts: string[] = [];
    let line = 1;
    for (const text of piece) {
      starts.push({ line, text });
      // A line before each: what begins with the end of a line still is this text's.
      const lines = ["", ...text.split(lineEnds)];
      texts.push(lines.join("\n"));
      line += lines.length;
    }
    const found = await scanner.scan({ path: "dashboard.txt", content: texts.join("\n") });
    // Both are in the order of the lines.
    let holder = 0;
    for (const { line: at, what } of found) {
      while ((starts[holder + 1]?.line ?? Number.POSITIVE_INFINITY) <= at) holder++;
      leaks.set(starts[holder]?.text ?? "", what);
    }
  }
  return leaks;
}

function* pieces(strings: ReadonlySet<string>): Generator<readonly string[]> {
  let piece: string[] = [];
  let length = 0;
  for (const text of strings) {
    piece.push(text);
    length += text.length;
    if (length < pieceLength) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  if (piece.length > 0) yield piece;
}
