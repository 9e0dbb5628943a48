import { number, object, text } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";
import type { PanelModel } from "./model.ts";
import type { Scope, Variable } from "./variables.ts";

/** More copies than these are a mistake in a variable, not something that people look at. */
const mostCopies = 50;

/** Panels and rows that are repeated for each value of a variable, as often as they are seen. Places are given anew where it happens. */
export function repeated(
  panels: readonly PanelModel[],
  variables: ReadonlyMap<string, Variable>,
): readonly PanelModel[] {
  let next = Math.max(0, ...panels.map(({ id }) => id)) + 1;
  const copies = (panel: PanelModel, scopes: readonly Scope[]): PanelModel[] =>
    scopes.map((scope, n) => ({
      ...panel,
      id: n === 0 ? panel.id : next++,
      scope: new Map([...panel.scope, ...scope]),
    }));
  const rows = inRows(panels).flatMap(({ row, inside }) => {
    const opened = inside.flatMap((panel) => copies(panel, scopesOf(panel, variables)));
    if (!row) return opened;
    return scopesOf(row, variables).flatMap((scope, n) => [
      ...copies(row, [scope]).map((one) => (n === 0 ? one : { ...one, id: next++ })),
      ...opened.flatMap((panel) =>
        copies(panel, [scope]).map((one) => (n === 0 ? one : { ...one, id: next++ })),
      ),
    ]);
  });
  return rows.length === panels.length ? rows : placed(rows);
}

function inRows(panels: readonly PanelModel[]): { row: PanelModel | null; inside: PanelModel[] }[] {
  const groups: { row: PanelModel | null; inside: PanelModel[] }[] = [{ row: null, inside: [] }];
  for (const panel of panels) {
    if (panel.type === "row") groups.push({ row: panel, inside: [] });
    else groups.at(-1)?.inside.push(panel);
  }
  return groups;
}

/** One, when it is not repeated, or for a variable whose values are not known. */
function scopesOf({ json }: PanelModel, variables: ReadonlyMap<string, Variable>): readonly Scope[] {
  const name = text(json["repeat"]);
  const variable = name === undefined ? undefined : variables.get(name);
  if (!variable || variable.isUnknown || variable.values.length === 0) return [new Map()];
  return variable.values
    .slice(0, mostCopies)
    .map((value, i) => new Map([[variable.name, { value, text: variable.texts[i] ?? value }]]));
}

/** From left to right, and down. */
function placed(panels: readonly PanelModel[]): readonly PanelModel[] {
  let [x, y, height] = [0, 0, 0];
  return panels.map((panel) => {
    const { w, h } = sizeOf(panel.json);
    if (x + w > 24) {
      y += height;
      [x, height] = [0, 0];
    }
    const gridPos = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { ...panel, json: { ...panel.json, gridPos } };
  });
}

function sizeOf(json: GrafanaJson): { w: number; h: number } {
  const { w, h } = object(json["gridPos"]) ?? {};
  if (json["type"] === "row") return { w: 24, h: 1 };
  return { w: Math.min(24, Math.max(1, number(w) ?? 12)), h: Math.max(1, number(h) ?? 8) };
}
