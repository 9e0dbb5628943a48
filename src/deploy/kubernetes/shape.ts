import { at, type KubeObject } from "./object.ts";

/** A number inside an object; undefined where there is none. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** A list inside an object; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; empty where it is not said. */
  readonly lastUpdateTime: string;
}

/** A condition of an object's status; undefined where it has none of that type. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = listAt(object, "status", "conditions").find((condition) => at(condition, "type") === type);
  if (found === undefined) return undefined;
  const text = (key: string) => textAt(found, key) ?? "";
  return {
    type,
    status: text("status"),
    reason: text("reason"),
    message: text("message"),
    lastUpdateTime: text("lastUpdateTime") || text("lastTransitionTime"),
  };
}

/** Whether two values say the same to the API: what is null, or an empty object, says nothing. */
export function alike(a: unknown, b: unknown): boolean {
  const [x, y] = [significant(a), significant(b)];
  if (typeof x !== "object" || typeof y !== "object") return x === y;
  if (x === undefined || y === undefined || x === null || y === null) return x === y;
  if (Array.isArray(x) || Array.isArray(y)) {
    if (!Array.isArray(x) || !Array.isArray(y) || x.length !== y.length) return false;
    return x.every((item, i) => alike(item, y[i]));
  }
  const keys = new Set([...Object.keys(x), ...Object.keys(y)]);
  return [...keys].every((key) =>
    alike((x as Record<string, unknown>)[key], (y as Record<string, unknown>)[key]),
  );
}

function significant(value: unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) return value;
  return Object.values(value).every((part) => significant(part) === undefined) ? undefined : value;
}

/** The same object without some of its parts. */
export function without<T extends object>(object: T, ...keys: readonly string[]): T {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as T;
}
