import { number, object, objects, text } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";
import type { Scope } from "./variables.ts";

/** A panel, before anything was asked. */
export interface PanelModel {
  readonly id: number;
  /** As it is written in the dashboard: variables are not filled in. */
  readonly title: string;
  readonly type: string;
  /** Title of the row that it stands in. */
  readonly row: string | null;
  /** All of it, without panels inside. */
  readonly json: GrafanaJson;
  /** Values of variables that it is repeated for. */
  readonly scope: Scope;
  /** Why it cannot be asked. */
  readonly trouble: string | null;
}

/** Whether a dashboard is of the schema with `elements` and `layout`. */
export function isSchemaV2(dashboard: GrafanaJson): boolean {
  return object(dashboard["elements"]) !== undefined && object(dashboard["layout"]) !== undefined;
}

/** Every panel in the order in which it is seen, rows too; what a collapsed row hides stands after it. */
export function panelsOf(dashboard: GrafanaJson): readonly PanelModel[] {
  const found: PanelModel[] = [];
  let row: string | null = null;
  // Before Grafana 5 rows held the panels.
  for (const old of objects(dashboard["rows"])) {
    row = text(old["title"]) ?? null;
    for (const panel of objects(old["panels"])) found.push(panelOf(panel, row, found.length + 1));
  }
  // What an opened row shows pushes down what follows.
  let down = 0;
  for (const panel of [...objects(dashboard["panels"])].sort(byPlace)) {
    const { panels, ...json } = panel;
    if (panel["type"] !== "row") {
      found.push(panelOf(moved(panel, down), row, found.length + 1));
      continue;
    }
    row = text(panel["title"]) ?? null;
    const opened = moved({ ...json, collapsed: false }, down);
    found.push(panelOf(opened, null, found.length + 1));
    const inner = [...objects(panels)].sort(byPlace);
    if (inner[0] === undefined) continue;
    const top = placeOf(opened).y + 1;
    const by = top - placeOf(inner[0]).y;
    for (const one of inner) found.push(panelOf(moved(one, by), row, found.length + 1));
    down += inner.reduce((low, one) => Math.max(low, placeOf(one).y + by + placeOf(one).h), top) - top;
  }
  return found;
}

function moved(json: GrafanaJson, by: number): GrafanaJson {
  const gridPos = object(json["gridPos"]);
  return by === 0 || !gridPos ? json : { ...json, gridPos: { ...gridPos, y: placeOf(json).y + by } };
}

function panelOf(json: GrafanaJson, row: string | null, place: number): PanelModel {
  return {
    id: number(json["id"]) ?? place,
    title: text(json["title"]) ?? "",
    type: text(json["type"]) ?? "unknown",
    row,
    json,
    scope: new Map(),
    trouble: null,
  };
}

function byPlace(a: GrafanaJson, b: GrafanaJson): number {
  const [one, two] = [placeOf(a), placeOf(b)];
  return one.y - two.y || one.x - two.x;
}

function placeOf({ gridPos }: GrafanaJson): { x: number; y: number; h: number } {
  const { x, y, h } = Object(gridPos) as GrafanaJson;
  return { x: number(x) ?? 0, y: number(y) ?? 0, h: number(h) ?? 8 };
}

/** Uid of the library panel that a panel stands for. */
export function libraryUid({ json }: PanelModel): string | undefined {
  return text(object(json["libraryPanel"])?.["uid"]);
}

/** The panel with the library's model in it; its own place and number stay. */
export function withLibrary(panel: PanelModel, model: GrafanaJson): PanelModel {
  const { id, gridPos, libraryPanel } = panel.json;
  const json = { ...model, id, gridPos, libraryPanel };
  return {
    ...panel,
    json,
    type: text(model["type"]) ?? panel.type,
    title: text(panel.json["title"]) ?? text(model["title"]) ?? "",
  };
}
