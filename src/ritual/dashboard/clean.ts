import { object } from "../../clients/grafana/json.ts";
import type { SecretScanner } from "../../clients/readers.ts";
import type { Secrets } from "../../core/mask.ts";
import { count, printable } from "../../core/text.ts";
import type { Capture } from "./capture.ts";

const masked = "***";

/** Texts beyond these are masked, but not looked through for secrets that nobody has named. */
const mostScanned = 4_000_000;

const secretKey =
  /pass(word|wd|phrase)|secret|token|api[-_]?key|authorization|private[-_]?key|access[-_]?key|credential/i;
const headerValue = /\b(?:bearer|basic)\s+([\w.~+/=-]{8,})/gi;
const userinfo = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:([^\s/?#@]{3,})@/gi;

/**
 * A capture that may leave: what the registry knows is masked, and so is what looks like a secret in the dashboard or in
 * its data. Nobody has to have named it.
 */
export async function cleaned(
  capture: Capture,
  { secrets, scanner }: { readonly secrets: Secrets; readonly scanner: SecretScanner },
): Promise<Capture> {
  const places: string[] = [];
  const dashboard = hidden(capture.dashboard, "", places, secrets) as Capture["dashboard"];
  const panels = capture.panels.map((panel) => ({
    ...panel,
    model: hidden(panel.model, "", [], secrets) as Capture["dashboard"],
  }));
  const whole = { ...capture, dashboard, panels };
  const strings = stringsOf(whole);
  for (const text of strings) {
    for (const pattern of [headerValue, userinfo]) {
      for (const [, value] of text.matchAll(pattern)) {
        if (value === undefined || value.startsWith("$") || value === masked) continue;
        secrets.add(value);
        places.push("a credential in a URL or a header");
      }
    }
  }
  const leaks = await leaking(strings, scanner);
  for (const what of leaks.values()) places.push(what);
  const clean = secrets.maskDeep(leaks.size === 0 ? whole : (without(whole, leaks) as Capture));
  if (places.length === 0) return clean;
  const named = [...new Set(places)].slice(0, 5).join(", ");
  const warning = `${count(places.length, "secret")} in the dashboard or its data: masked in everything that is kept or sent (${printable(named, 300)})`;
  return { ...clean, warnings: [...clean.warnings, secrets.mask(warning)] };
}

/** What stands under the name of a secret. */
function hidden(value: unknown, path: string, places: string[], secrets: Secrets): unknown {
  const hide = (text: string, at: string) => {
    if (text === "" || text.startsWith("$") || text === masked) return text;
    places.push(at);
    // A plain word would be masked in everything else, too.
    if (text.length >= 12 && !/^[a-z ._-]+$/i.test(text)) secrets.add(text);
    return masked;
  };
  if (Array.isArray(value)) {
    const [name, given] = value;
    if (value.length === 2 && typeof name === "string" && typeof given === "string" && secretKey.test(name)) {
      return [name, hide(given, `${path}.${name}`)];
    }
    return value.map((item, i) => hidden(item, `${path}[${i}]`, places, secrets));
  }
  const json = object(value);
  if (!json) return value;
  const label = json["name"] ?? json["key"];
  const isNamed = typeof label === "string" && secretKey.test(label);
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => {
      const at = path === "" ? key : `${path}.${key}`;
      const isSecret = secretKey.test(key) || (isNamed && key === "value");
      return [key, isSecret && typeof item === "string" ? hide(item, at) : hidden(item, at, places, secrets)];
    }),
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
  const starts: { readonly line: number; readonly text: string }[] = [];
  const lines: string[] = [];
  let [line, size] = [1, 0];
  for (const text of strings) {
    size += text.length;
    if (size > mostScanned) break;
    starts.push({ line, text });
    lines.push(text);
    line += text.split("\n").length;
  }
  if (lines.length === 0) return new Map();
  const leaks = await scanner.scan({ path: "dashboard.txt", content: lines.join("\n") });
  return new Map(
    leaks.flatMap(({ line: at, what }) => {
      const holder = starts.findLast((start) => start.line <= at);
      return holder ? [[holder.text, what] as const] : [];
    }),
  );
}

function without(value: unknown, leaks: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return leaks.has(value) ? masked : value;
  if (Array.isArray(value)) return value.map((item) => without(item, leaks));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item, leaks)]));
  }
  return value;
}
