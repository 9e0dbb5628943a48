import { object, text } from "../../../clients/grafana/json.ts";
import type { Frame } from "../../../clients/grafana/types.ts";
import { count, printable } from "../../../core/text.ts";
import type { CapturedPanel } from "../capture.ts";
import { rowsOf } from "../frames.ts";
import { aligned, nameOf, reduced, type Series, type Summary, seriesOf, summaryOf } from "./series.ts";
import { say, type Unit, unitOf } from "./units.ts";

/** A plot, as the page's script draws it. */
export interface Plot {
  readonly unit: Unit;
  /** Seconds since 1970, growing. */
  readonly times: readonly number[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

export interface Tile {
  readonly name: string;
  readonly value: string;
}

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Which columns are numbers. */
  readonly numeric: readonly boolean[];
}

/** What is shown of one panel; all of it is text. */
export interface View {
  readonly plot: Plot | null;
  readonly tiles: readonly Tile[];
  readonly tables: readonly Table[];
  /** A sentence for those who cannot see the plot. */
  readonly described: string;
  readonly words: string | null;
  readonly notes: readonly string[];
}

const mostLines = 30;
const mostPoints = 600;
const mostRows = 200;
const mostColumns = 16;
const mostTiles = 40;

const asTable = new Set(["table", "table-old", "logs", "traces", "nodeGraph", "geomap", "datagrid"]);
const asTiles = new Set(["stat", "gauge", "bargauge", "singlestat", "piechart"]);
const nothing: View = { plot: null, tiles: [], tables: [], described: "", words: null, notes: [] };

/** What the page shows of a panel's data: lines where there is time, tiles for single numbers, else a table. */
export function viewOf(panel: CapturedPanel): View {
  const { type, model, frames, points } = panel;
  const options = object(model["options"]) ?? {};
  if (type === "text") return { ...nothing, words: printableLines(text(options["content"]) ?? "") };
  if (points === 0) return nothing;
  const unit = unitOf(text(object(object(model["fieldConfig"])?.["defaults"])?.["unit"]));
  const series = asTable.has(type) ? null : seriesOf(frames);
  if (asTiles.has(type)) return tilesView(frames, series, unit, calculationOf(options));
  if (series === null) return tableView(frames, unit);
  return linesView(series, unit);
}

function linesView(series: readonly Series[], unit: Unit): View {
  const drawn = series.slice(0, mostLines);
  const { times, values, each } = aligned(drawn, mostPoints);
  const notes = [
    ...(series.length > mostLines
      ? [`${mostLines} of ${series.length} series are drawn; all are in frames.json`]
      : []),
    ...(each > 1 ? [`drawn: the largest of every ${each} points`] : []),
  ];
  const numbers = series.slice(0, mostRows).map((one) => [one, summaryOf(one)] as const);
  return {
    ...nothing,
    plot: {
      unit,
      times: times.map((at) => at / 1000),
      lines: drawn.map(({ name }, i) => ({ label: name, values: values[i] ?? [] })),
    },
    tables: [numbersTable(numbers, unit)],
    described: `Line chart of ${count(series.length, "series", "series")}. ${numbers
      .slice(0, 5)
      .map(([{ name }, { last, most }]) => `${name}: last ${say(last, unit)}, highest ${say(most, unit)}`)
      .join("; ")}`,
    notes,
  };
}

function numbersTable(numbers: readonly (readonly [Series, Summary])[], unit: Unit): Table {
  return {
    caption: "Numbers",
    head: ["series", "last", "mean", "lowest", "highest", "points"],
    numeric: [false, true, true, true, true, true],
    rows: numbers.map(([{ name }, { last, mean, least, most, count: n }]) => [
      name,
      ...[last, mean, least, most].map((value) => say(value, unit)),
      String(n),
    ]),
  };
}

function tilesView(
  frames: readonly Frame[],
  series: readonly Series[] | null,
  unit: Unit,
  calculation: string,
): View {
  const tiles =
    series?.map((one) => ({ name: one.name, value: say(reduced(one, calculation), unit) })) ??
    frames.flatMap((frame) => rowTiles(frame, unit, calculation));
  if (tiles.length === 0) return tableView(frames, unit);
  // One number needs no name that says nothing.
  const [only] = tiles;
  const shown = tiles.length === 1 && only && /^Value\b/.test(only.name) ? [{ ...only, name: "" }] : tiles;
  const left = tiles.length - mostTiles;
  return {
    ...nothing,
    tiles: shown.slice(0, mostTiles),
    tables:
      series === null
        ? []
        : [
            numbersTable(
              series.slice(0, mostRows).map((one) => [one, summaryOf(one)]),
              unit,
            ),
          ],
    notes: left > 0 ? [`${mostTiles} of ${tiles.length} values are shown; all are in frames.json`] : [],
  };
}

/** A table of names and numbers: each number by its row's name. */
function rowTiles(frame: Frame, unit: Unit, calculation: string): Tile[] {
  const fields = frame.schema?.fields ?? [];
  const values = frame.data?.values ?? [];
  const naming = fields.findIndex(({ type }) => type === "string");
  return fields.flatMap((field, i) => {
    if (field.type !== "number") return [];
    const column = (values[i] ?? []).map((value) => (typeof value === "number" ? value : null));
    if (naming < 0) {
      const one = { name: nameOf(field, frame), times: [], values: column };
      return [{ name: one.name, value: say(reduced(one, calculation), unit) }];
    }
    return column.map((value, row) => ({
      name: cellOf(values[naming]?.[row], "string"),
      value: say(value, unit),
    }));
  });
}

function calculationOf(options: Readonly<Record<string, unknown>>): string {
  const calculations = object(options["reduceOptions"])?.["calcs"];
  return Array.isArray(calculations) ? String(calculations[0] ?? "lastNotNull") : "lastNotNull";
}

function tableView(frames: readonly Frame[], unit: Unit): View {
  const filled = frames.filter((frame) => rowsOf(frame) > 0);
  const tables = filled.slice(0, 5).map((frame): Table => {
    const fields = (frame.schema?.fields ?? []).slice(0, mostColumns);
    const values = frame.data?.values ?? [];
    const rows = Math.min(mostRows, rowsOf(frame));
    return {
      caption: text(frame.schema?.name) ?? text(frame.schema?.refId) ?? "Table",
      head: fields.map((field) => printable(text(field.config?.["displayName"]) ?? field.name, 100)),
      numeric: fields.map(({ type }) => type === "number"),
      rows: Array.from({ length: rows }, (_, row) =>
        fields.map(({ type }, i) => {
          const value = values[i]?.[row];
          return type === "number"
            ? say(typeof value === "number" ? value : null, unit)
            : cellOf(value, type);
        }),
      ),
    };
  });
  const notes = filled.flatMap((frame) =>
    rowsOf(frame) > mostRows
      ? [`${mostRows} of ${rowsOf(frame)} rows are shown; all are in frames.json`]
      : [],
  );
  if (filled.length > 5) notes.push(`5 of ${filled.length} tables are shown; all are in frames.json`);
  return { ...nothing, tables, notes };
}

function cellOf(value: unknown, type: string | undefined): string {
  if (value == null) return "–";
  if (type === "time" && typeof value === "number") return moment(value);
  return printable(typeof value === "object" ? JSON.stringify(value) : String(value), 300);
}

function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? String(ms)
    : date
        .toISOString()
        .replace("T", " ")
        .replace(/\.\d+Z$/, "Z");
}

function printableLines(content: string): string {
  return content
    .split(/\r?\n/)
    .slice(0, 100)
    .map((line) => printable(line, 500))
    .join("\n");
}
