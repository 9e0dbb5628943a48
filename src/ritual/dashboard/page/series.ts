import { text } from "../../../clients/grafana/json.ts";
import type { Frame, FrameField } from "../../../clients/grafana/types.ts";
import { printable } from "../../../core/text.ts";

/** One line over time. */
export interface Series {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Lines, when every frame is one: a time and numbers, no text. */
export function seriesOf(frames: readonly Frame[]): readonly Series[] | null {
  const found: Series[] = [];
  for (const frame of frames) {
    const fields = frame.schema?.fields ?? [];
    const values = frame.data?.values ?? [];
    if (fields.length === 0) continue;
    const at = fields.findIndex(({ type }) => type === "time");
    if (at < 0 || fields.some(({ type }) => type !== "time" && type !== "number" && type !== "boolean"))
      return null;
    const times = (values[at] ?? []).map(Number);
    for (const [i, field] of fields.entries()) {
      if (field.type === "time") continue;
      found.push({ name: nameOf(field, frame), times, values: (values[i] ?? []).map(numberOf) });
    }
  }
  return found.some(({ values }) => values.length > 0) ? found : null;
}

export function nameOf({ name, labels, config }: FrameField, frame: Frame): string {
  const given = text(config?.["displayName"]) ?? text(config?.["displayNameFromDS"]);
  if (given !== undefined && given !== "{}") return printable(given, 200);
  const pairs = Object.entries(labels ?? {})
    .filter(([key]) => key !== "__name__")
    .map(([key, value]) => `${key}="${value}"`);
  const metric = labels?.["__name__"] ?? text(frame.schema?.name) ?? (name === "Value" ? "" : name);
  const shown = pairs.length === 0 ? metric : `${metric}{${pairs.join(", ")}}`;
  return printable(shown === "" ? name : shown, 200);
}

function numberOf(value: unknown): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export interface Summary {
  readonly least: number | null;
  readonly most: number | null;
  readonly mean: number | null;
  readonly last: number | null;
  readonly first: number | null;
  readonly sum: number | null;
  readonly count: number;
}

export function summaryOf({ values }: Series): Summary {
  let [least, most, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    if (value === null) continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
    count += 1;
  }
  const there = values.filter((value) => value !== null);
  if (count === 0) return { least: null, most: null, mean: null, last: null, first: null, sum: null, count };
  return { least, most, mean: sum / count, last: there.at(-1) ?? null, first: there[0] ?? null, sum, count };
}

/** The one number that a stat panel shows, by the name of Grafana's calculation. */
export function reduced(series: Series, calculation: string): number | null {
  const { least, most, mean, last, first, sum, count } = summaryOf(series);
  const known: Readonly<Record<string, number | null>> = {
    min: least,
    max: most,
    mean,
    sum,
    first,
    firstNotNull: first,
    last: series.values.at(-1) ?? null,
    lastNotNull: last,
    count,
    range: least === null || most === null ? null : most - least,
    delta: last === null || first === null ? null : last - first,
    diff: last === null || first === null ? null : last - first,
  };
  return Object.hasOwn(known, calculation) ? (known[calculation] ?? null) : last;
}

/** Lines that share their times; many points become fewer, of which each is the largest of those that it stands for. */
export function aligned(
  series: readonly Series[],
  mostPoints: number,
): {
  readonly times: readonly number[];
  readonly values: readonly (readonly (number | null)[])[];
  readonly each: number;
} {
  const times = [...new Set(series.flatMap(({ times: own }) => own))].sort((a, b) => a - b);
  const each = Math.ceil(times.length / mostPoints);
  const index = new Map(times.map((at, i) => [at, Math.floor(i / each)]));
  const kept = times.filter((_, i) => i % each === 0);
  const values = series.map((one) => {
    const line: (number | null)[] = new Array(kept.length).fill(null);
    for (const [i, at] of one.times.entries()) {
      const place = index.get(at) ?? 0;
      const value = one.values[i] ?? null;
      const before = line[place] ?? null;
      if (value !== null && (before === null || Math.abs(value) > Math.abs(before)))
        line[place] = rounded(value);
    }
    return line;
  });
  return { times: kept, values, each };
}

/** More digits than anybody can see in a plot are only weight. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}
