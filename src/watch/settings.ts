import type { ZodType } from "zod";
import type { Zod } from "../core/check.ts";

/** The configuration's `watch:`, as people write it. */
export type WatchSettings = Readonly<Record<string, never>>;

/** The shape of `watch:`. */
export function watchSchema(z: Zod, _isDuration: (value: string | number) => boolean): ZodType {
  return z.strictObject({});
}
