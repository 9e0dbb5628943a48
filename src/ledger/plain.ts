import canonicalize from "canonicalize";
import type { Json } from "../core/json.ts";

const deepest = 200;
/** JavaScript lists such keys first, whatever the order they were set in. */
const likeAnIndex = /^(?:0|[1-9]\d*)$/;

/** Canonical JSON (RFC 8785). Whatever cannot stand in it is made plain first. */
export function canonical(value: unknown): string {
  try {
    const text = JSON.stringify(sorted(value));
    // Half a character, which canonical JSON has no word for.
    if (!text.includes("\\ud")) return text;
  } catch {
    // no plain data, or keys that cannot be sorted this way
  }
  return canonicalize(plain(value)) ?? "null";
}

/** With every object's keys in order, for JSON.stringify: three times as fast as building the text piece by piece. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  if ("toJSON" in value) throw new TypeError("not plain data");
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) {
    if (likeAnIndex.test(key) || key === "__proto__") throw new TypeError("not sortable");
    result[key] = sorted((value as Record<string, unknown>)[key]);
  }
  return result;
}

/**
 * A value as canonical JSON can hold it: no numbers that are none, no halves of characters, no getters, nothing deeper
 * than anybody can read. What JSON leaves out is left out.
 */
export function plain(value: unknown, depth = 0): Json | undefined {
  if (depth > deepest) return "… (too deep)";
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "number":
      return Number.isFinite(value) ? value : null;
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : plainObject(value, depth);
    default:
      return undefined;
  }
}

function plainObject(value: object, depth: number): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1) ?? null);
  if ("toJSON" in value && typeof value.toJSON === "function") return plain(value.toJSON(), depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), plain(item, depth + 1)]),
  );
}
