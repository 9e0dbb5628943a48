import type { Json } from "../core/json.ts";

/** A configuration value that knows where it came from. Maps are open, so that policies can be merged key by key. */
export interface Traced {
  /** A map's entries; undefined for everything else. */
  readonly map?: ReadonlyMap<string, Traced>;
  /** A scalar or a list. */
  readonly value: Json;
  /** Asked only when shown: finding a place costs more than the merge. */
  readonly origin: () => string;
}

export function trace(
  value: Json,
  origin: (path: readonly string[]) => string,
  path: readonly string[] = [],
): Traced {
  if (!isObject(value)) return { value, origin: () => origin(path) };
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [[key, trace(item, origin, [...path, key])] as const],
  );
  return { map: new Map(entries), value: null, origin: () => origin(path) };
}

/** Lists at the top that grow when one policy builds on another; every other list is replaced. */
const growing = new Set(["waivers", "alerts"]);

/** `over` on top of `base`: maps are merged, lists replaced; `true` and null keep the options that are there. */
export function merge(base: Traced, over: Traced, top = true): Traced {
  if (!base.map || !over.map) return base.map && (over.value === true || over.value === null) ? base : over;
  const merged = new Map(base.map);
  for (const [key, item] of over.map) {
    const below = base.map.get(key);
    if (below === undefined) merged.set(key, item);
    else if (top && growing.has(key) && Array.isArray(below.value) && Array.isArray(item.value)) {
      merged.set(key, {
        value: [...below.value, ...item.value],
        origin: () => `${below.origin()}, ${item.origin()}`,
      });
    } else merged.set(key, merge(below, item, false));
  }
  return { map: merged, value: null, origin: over.origin };
}

export function plain(traced: Traced): Json {
  if (!traced.map) return traced.value;
  return Object.fromEntries([...traced.map].map(([key, item]) => [key, plain(item)]));
}

function isObject(value: Json): value is { [key: string]: Json | undefined } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
