import { readFileSync } from "node:fs";
import { join } from "node:path";
import { eventOf, type NearbyEvent } from "../../../../../src/deploy/kubernetes/nearby.ts";
import type { KubeObject } from "../../../../../src/deploy/kubernetes/object.ts";
import type { Around } from "../../../../../src/deploy/kubernetes/states/state.ts";

/** An object as a real cluster had it, with what belonged to it. */
export interface Scene extends Around {
  readonly object: KubeObject;
  readonly events: readonly NearbyEvent[];
}

export function scene(name: string): Scene {
  const file = join(import.meta.dirname, "../../../../fixtures/kubernetes", `${name}.json`);
  const { object, nearby, events } = JSON.parse(readFileSync(file, "utf8"));
  return { object, nearby, events: events.map(eventOf) };
}

/** The same object with other parts: a path of keys and what stands there. */
export function withPart(object: KubeObject, path: readonly string[], value: unknown): KubeObject {
  const [key = "", ...rest] = path;
  const inner = (object as Record<string, unknown>)[key] ?? {};
  return { ...object, [key]: rest.length === 0 ? value : withPart(inner as KubeObject, rest, value) };
}
