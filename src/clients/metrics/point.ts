/** One number, as every receiver gets it. */
export interface MetricPoint {
  /** `release_sentinel_…`: letters, digits and `_`, with its unit at the end, as Prometheus has it. */
  readonly name: string;
  /** Names of letters, digits and `_`; no empty values. */
  readonly labels: Readonly<Record<string, string>>;
  /** Finite. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** As OpenTelemetry writes it (UCUM): `s`, `1`, `{commit}`, `{deployment}/d`. */
  readonly unit: string;
  /** A `sum` counts up from `since`, and is a whole number: sent twice, it counts once. */
  readonly kind: "gauge" | "sum";
  /** Milliseconds since 1970: from when on a sum has counted. */
  readonly since?: number;
  /** One sentence. */
  readonly help: string;
}

/** A name that every receiver takes; whatever else is in it becomes `_`. */
export function labelName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}

/** Points of the same metric together, in the order in which the metrics come. */
export function byMetric(
  points: readonly MetricPoint[],
): readonly (readonly [MetricPoint, ...MetricPoint[]])[] {
  const groups = new Map<string, [MetricPoint, ...MetricPoint[]]>();
  for (const point of points) {
    const group = groups.get(point.name);
    if (group) group.push(point);
    else groups.set(point.name, [point]);
  }
  return [...groups.values()];
}
