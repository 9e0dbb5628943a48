import type { Frame } from "../../clients/grafana/types.ts";

/** Values in a frame's fields other than its times: what there is to see. Nulls are none. */
export function pointsOf(frame: Frame): number {
  const fields = frame.schema?.fields ?? [];
  const values = frame.data?.values ?? [];
  return fields.reduce((sum, { type }, i) => {
    if (type === "time") return sum;
    return sum + (values[i] ?? []).reduce<number>((n, value) => (value == null ? n : n + 1), 0);
  }, 0);
}

export function rowsOf(frame: Frame): number {
  return (frame.data?.values ?? []).reduce((most, { length }) => Math.max(most, length), 0);
}

/** A frame as a snapshot and the archive hold it: no query stands in it any more. */
export function bare(frame: Frame): Frame {
  const { schema, data } = frame;
  const { meta, ...rest } = schema ?? {};
  const { executedQueryString: _, ...known } = meta ?? {};
  return {
    schema: { ...rest, ...(Object.keys(known).length > 0 ? { meta: known } : {}) },
    data: data ?? { values: [] },
  };
}
