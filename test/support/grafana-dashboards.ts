import type { QueryAnswer } from "./grafana-query.ts";
import { series } from "./grafana-query.ts";

type Json = Record<string, unknown>;

const prom = { type: "prometheus", uid: "prom" };
export const windowStart = Date.parse("2026-11-21T09:00:00Z");
export const windowEnd = Date.parse("2026-11-21T10:00:00Z");

/** A panel; one with a greater number stands below. */
export function panel(id: number, title: string, exprs: readonly string[], more: Json = {}): Json {
  return {
    id,
    title,
    type: "timeseries",
    gridPos: { x: 0, y: id * 8, w: 12, h: 8 },
    datasource: prom,
    fieldConfig: { defaults: {}, overrides: [] },
    options: {},
    targets: exprs.map((expr, i) => ({ refId: "ABCDEFGH"[i], expr, datasource: prom })),
    ...more,
  };
}

export function dashboard(uid: string, title: string, panels: readonly Json[], more: Json = {}): Json {
  return {
    id: 7,
    uid,
    title,
    tags: ["shop"],
    timezone: "browser",
    schemaVersion: 39,
    version: 3,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    annotations: { list: [] },
    templating: { list: [] },
    links: [],
    panels,
    ...more,
  };
}

export function variable(name: string, current: string | readonly string[], more: Json = {}): Json {
  return {
    name,
    type: "query",
    query: `label_values(${name})`,
    refresh: 1,
    current: { text: current, value: current },
    options: [],
    ...more,
  };
}

/** A wave for every series: `lines` of them, a point a minute. */
export function wave(refId: string, names: readonly string[], size = 1): QueryAnswer {
  const minutes = (windowEnd - windowStart) / 60_000;
  return {
    frames: names.map((name, n) =>
      series(
        refId,
        { job: name },
        Array.from({ length: minutes + 1 }, (_, i) => [
          windowStart + i * 60_000,
          i === 20 && n === 1 ? null : size * (1.2 + Math.sin(i / 6 + n) + n / 3),
        ]),
      ),
    ),
  };
}

/** A dashboard with everything that real ones have: `answer` below knows its queries. */
export function shopDashboard(): Json {
  return dashboard(
    "shop",
    "Shop",
    [
      panel(
        1,
        "Requests of $service",
        ['sum(rate(http_requests_total{service=~"$service"}[$__rate_interval])) by (job)'],
        {
          fieldConfig: { defaults: { unit: "reqps" }, overrides: [] },
        },
      ),
      panel(2, "Share of errors", ["errors"], {
        type: "stat",
        fieldConfig: { defaults: { unit: "percentunit" }, overrides: [] },
        options: { reduceOptions: { calcs: ["lastNotNull"] } },
      }),
      panel(3, "Read me", [], {
        type: "text",
        options: { mode: "html", content: "<b>Shop</b>\nRun by the shop team" },
      }),
      {
        id: 10,
        type: "row",
        title: "Behind it",
        collapsed: true,
        gridPos: { x: 0, y: 900, w: 24, h: 1 },
        panels: [
          panel(11, "Memory", ["memory"], {
            fieldConfig: { defaults: { unit: "bytes" }, overrides: [] },
            transformations: [{ id: "organize", options: {} }],
          }),
          panel(12, "Slowest", ["slowest"], { type: "table" }),
          panel(13, "Same as memory", [], {
            datasource: { type: "datasource", uid: "-- Dashboard --" },
            targets: [
              { refId: "A", panelId: 11, datasource: { type: "datasource", uid: "-- Dashboard --" } },
            ],
          }),
        ],
      },
      panel(14, "Latency of $zone", ['latency{zone="$zone"}'], {
        gridPos: { x: 0, y: 1000, w: 8, h: 6 },
        repeat: "zone",
        fieldConfig: { defaults: { unit: "s" }, overrides: [] },
      }),
    ],
    {
      templating: {
        list: [
          variable("service", ["cart", "pay.v2"], { multi: true }),
          variable("zone", ["eu", "us"], { multi: true, type: "custom" }),
        ],
      },
    },
  );
}

/** What Prometheus would say to the shop's queries. */
export function shopAnswer(query: Json): QueryAnswer {
  const expr = String(query["expr"]);
  const refId = String(query["refId"]);
  if (expr.includes("broken")) return { error: "execution: expanding series: context deadline exceeded" };
  if (expr.includes("empty")) return { frames: [] };
  if (expr === "errors") return wave(refId, ["errors"], 0.004);
  if (expr === "memory") return wave(refId, ["cart", "pay", "search"], 3e8);
  if (expr === "slowest") {
    return {
      frames: [
        {
          schema: {
            refId,
            name: "slowest",
            fields: [
              { name: "Time", type: "time" },
              { name: "path", type: "string" },
              { name: "seconds", type: "number" },
            ],
          },
          data: {
            values: [
              [windowEnd, windowEnd, windowEnd],
              ["/cart", "/pay", "/search?q=<b>"],
              [0.31, 1.27, 0.08],
            ],
          },
        },
      ],
    };
  }
  return wave(refId, ["cart", "pay"], 40);
}
