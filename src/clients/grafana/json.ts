import type { GrafanaJson } from "./types.ts";

export function object(value: unknown): GrafanaJson | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as GrafanaJson)
    : undefined;
}

export function objects(value: unknown): readonly GrafanaJson[] {
  return Array.isArray(value) ? value.filter((item) => object(item) !== undefined) : [];
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The same value with every string changed; keys stay. */
export function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, change)]));
  }
  return value;
}
