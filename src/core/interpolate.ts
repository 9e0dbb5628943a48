import type { Json } from "./json.ts";

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Names of the variables that a value refers to as `${NAME}`. */
export function references(value: Json | undefined): readonly string[] {
  const names = new Set<string>();
  walk(value, (text) => {
    for (const match of text.matchAll(reference)) if (match[1]) names.add(match[1]);
    return text;
  });
  return [...names];
}

/** The value with every `${NAME}` replaced; names without a value stay, and are returned as `missing`. */
export function interpolate<T extends Json | undefined>(
  value: T,
  lookup: (name: string) => string | undefined,
): { value: T; missing: readonly string[] } {
  const missing = new Set<string>();
  const replaced = walk(value, (text) =>
    text.replace(reference, (whole, name: string) => {
      const found = lookup(name);
      if (found === undefined) missing.add(name);
      return found ?? whole;
    }),
  );
  return { value: replaced as T, missing: [...missing] };
}

function walk(value: Json | undefined, change: (text: string) => string): Json | undefined {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, change) ?? null);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, change)]));
  }
  return value;
}
