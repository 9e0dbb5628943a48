import { number, object, objects, text } from "../../clients/grafana/json.ts";
import type { GrafanaJson } from "../../clients/grafana/types.ts";

/** A dashboard of schema v2 (`elements`, `layout`) as one of the classic schema, as far as panels and variables go. */
export function classicOf(dashboard: GrafanaJson): GrafanaJson {
  const { elements, layout, variables, timeSettings, ...rest } = dashboard;
  const known = object(elements) ?? {};
  const used = new Set<string>();
  const panels = laidOut(layout, known, used, { y: 0 });
  const left = Object.keys(known).filter((name) => !used.has(name));
  const place = { y: lowest(panels) };
  return {
    ...rest,
    // Whatever the layout is called that we do not know, nothing is lost.
    panels: [...panels, ...left.flatMap((name) => element(known[name], place, {}))],
    templating: { list: objects(variables).map(variable) },
    timezone: object(timeSettings)?.["timezone"],
    annotations: { list: [] },
    schemaVersion: 41,
  };
}

type Elements = Readonly<Record<string, unknown>>;
type Place = { y: number };

function laidOut(layout: unknown, known: Elements, used: Set<string>, place: Place): GrafanaJson[] {
  const { kind, spec } = Object(layout) as GrafanaJson;
  const inner = object(spec) ?? {};
  if (kind === "RowsLayout" || kind === "TabsLayout") {
    return objects(inner["rows"] ?? inner["tabs"]).flatMap((one) => {
      const { title, layout: within, repeat } = Object(one["spec"]) as GrafanaJson;
      const row = {
        type: "row",
        id: 100_000 + place.y,
        title: text(title) ?? "",
        gridPos: { x: 0, y: place.y, w: 24, h: 1 },
        ...repeated(repeat),
      };
      place.y += 1;
      return [row, ...laidOut(within, known, used, place)];
    });
  }
  const top = place.y;
  const panels = objects(inner["items"]).flatMap((item, n) => {
    const given = object(item["spec"]) ?? {};
    if (item["kind"] === "GridLayoutRow") {
      return objects(given["elements"]).flatMap((one) =>
        laidOut({ kind: "GridLayout", spec: { items: [one] } }, known, used, place),
      );
    }
    const name = text(object(given["element"])?.["name"]) ?? "";
    used.add(name);
    const free = { x: (n % 3) * 8, y: top + Math.floor(n / 3) * 8, w: 8, h: 8 };
    const gridPos = {
      x: number(given["x"]) ?? free.x,
      y: given["y"] === undefined ? free.y : top + (number(given["y"]) ?? 0),
      w: number(given["width"]) ?? free.w,
      h: number(given["height"]) ?? free.h,
    };
    return element(known[name], place, { gridPos, ...repeated(given["repeat"]) });
  });
  place.y = Math.max(place.y, lowest(panels));
  return panels;
}

function repeated(repeat: unknown): GrafanaJson {
  const { value, direction, maxPerRow } = Object(repeat) as GrafanaJson;
  return text(value) ? { repeat: value, repeatDirection: direction, maxPerRow } : {};
}

function lowest(panels: readonly GrafanaJson[]): number {
  return panels.reduce((low, { gridPos }) => {
    const { y, h } = Object(gridPos) as GrafanaJson;
    return Math.max(low, (number(y) ?? 0) + (number(h) ?? 0));
  }, 0);
}

function element(value: unknown, place: Place, more: GrafanaJson): GrafanaJson[] {
  const { kind, spec } = Object(value) as GrafanaJson;
  const given = object(spec);
  if (!given) return [];
  const gridPos = more["gridPos"] ?? { x: 0, y: place.y, w: 24, h: 8 };
  const base = { id: given["id"], title: given["title"], gridPos, ...more };
  if (kind === "LibraryPanel") return [{ ...base, libraryPanel: given["libraryPanel"] }];
  const viz = object(given["vizConfig"]) ?? {};
  const { options, fieldConfig } = Object(viz["spec"]) as GrafanaJson;
  const data = object(object(given["data"])?.["spec"]) ?? {};
  const { timeFrom, timeShift, maxDataPoints, interval } = Object(data["queryOptions"]) as GrafanaJson;
  return [
    {
      ...base,
      // The first previews of the schema had the plugin's name as the kind.
      type: text(viz["group"]) ?? text(viz["kind"]) ?? "unknown",
      description: given["description"],
      options: options ?? {},
      fieldConfig: fieldConfig ?? { defaults: {}, overrides: [] },
      targets: objects(data["queries"]).map(target),
      transformations: objects(data["transformations"]).map((one) => ({
        id: text(one["group"]) ?? text(one["kind"]) ?? "unknown",
        options: object(one["spec"])?.["options"] ?? {},
      })),
      timeFrom,
      timeShift,
      maxDataPoints,
      interval,
    },
  ];
}

function target(query: GrafanaJson): GrafanaJson {
  const { refId, hidden, query: asked, datasource } = Object(query["spec"]) as GrafanaJson;
  const { kind, group, datasource: named, spec } = Object(asked) as GrafanaJson;
  const type = text(group) ?? text(kind);
  const uid = text(object(named)?.["name"]) ?? text(object(datasource)?.["uid"]);
  return {
    ...object(spec),
    refId: text(refId) ?? "A",
    hide: hidden === true,
    datasource: { ...(type ? { type } : {}), ...(uid ? { uid } : {}) },
  };
}

function variable({ kind, spec }: GrafanaJson): GrafanaJson {
  const { name, current, options, multi, includeAll, allValue, pluginId, filters, query } = Object(
    spec,
  ) as GrafanaJson;
  const type = (text(kind) ?? "").replace(/Variable$/, "").toLowerCase();
  const given = type === "datasource" ? (pluginId ?? query) : query;
  return { name, type, current, options, multi, includeAll, allValue, filters, query: given };
}
