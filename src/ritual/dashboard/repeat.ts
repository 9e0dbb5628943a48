import { number, object, text } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";
import type { PanelModel } from "./model.ts";
import type { Scope, Variable } from "./variables.ts";

/** More copies than these are a mistake in a variable, not something that people look at. */
const mostCopies = 50;

/**
 * Panels and rows that are repeated for each value of a variable, as often as they are seen. Places are given anew where it
 * happens.
 * @param most copies are made until there are so many panels; `hasMore` when these are not all
 */
export function repeated(
  panels: readonly PanelModel[],
  variables: ReadonlyMap<string, Variable>,
  most: number,
): { readonly panels: readonly PanelModel[]; readonly hasMore: boolean } {
  const found: PanelModel[] = [];
  for (const panel of copied(panels, variables)) {
    if (found.length === most) return { panels: placed(found), hasMore: true };
    found.push(panel);
  }
  return { panels: found.length === panels.length ? found : placed(found), hasMore: false };
}

function* copied(
  panels: readonly PanelModel[],
  variables: ReadonlyMap<string, Variable>,
): Generator<PanelModel> {
  let next = panels.reduce((largest, { id }) => Math.max(largest, id), 0) + 1;
  const copies = (panel: PanelModel, scopes: readonly Scope[]): PanelModel[] =>
    scopes.map((scope, n) => ({
      ...panel,
      id: n === 0 ? panel.id : next++,
      scope: new Map([...panel.scope, ...scope]),
    }));
  for (const { row, inside } of inRows(panels)) {
    const opened = inside.flatMap((panel) => copies(panel, scopesOf(panel, variables)));
    if (!row) {
      yield* opened;
      continue;
    }
    for (const [n, scope] of scopesOf(row, variables).entries()) {
      for (const panel of [row, ...opened]) {
        for (const one of copies(panel, [scope])) yield n === 0 ? one : { ...one, id: next++ };
      }
    }
  }
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
