import { at, type KubeObject } from "../object.ts";

/**
 * When the pod template was last written, by the server's clock, milliseconds since the epoch; servers before 1.22 may name an
 * earlier time. Undefined where the server does not say (objects read without their managed fields).
 */
export function templateChangedAt(object: KubeObject): number | undefined {
  const times = (object.metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => at(fieldsV1, "f:spec", "f:template") !== undefined)
    .map(({ time }) => Date.parse(time ?? ""))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
}
