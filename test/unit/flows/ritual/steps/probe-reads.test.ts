import { describe, expect, it } from "vitest";
import { startGrafana } from "../../../../support/grafana.ts";
import { dashboard, panel, shopAnswer, variable } from "../../../../support/grafana-dashboards.ts";
import { dashboardSteps, never } from "../../../ritual/dashboard/world.ts";

describe("a dashboard as the probe reads it", () => {
  it("knows that one dead data source is that panel's trouble, and a mixed panel asks each of its own", async () => {
    const dead = { type: "prometheus", uid: "gone" };
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [
          panel(1, "Dead", ["up"], { targets: [{ refId: "A", expr: "up", datasource: dead }] }),
          panel(2, "Mixed", [], {
            datasource: { type: "datasource", uid: "-- Mixed --" },
            targets: [
              { refId: "A", expr: "up", datasource: { type: "prometheus", uid: "prom" } },
              { refId: "B", expr: "up", datasource: { type: "prometheus", uid: "other" } },
              { refId: "C", expr: "broken", hide: true, datasource: { type: "prometheus", uid: "prom" } },
            ],
          }),
        ]),
      },
      dataSources: [
        { uid: "prom", name: "Prometheus", type: "prometheus" },
        { uid: "other", name: "Other", type: "prometheus" },
      ],
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    await probe.run(context, never);
    const [one, two] = json("dashboard/probe.json").panels;
    expect(one).toMatchObject({
      state: "broken",
      reason: "the data source is not there (404): Data source not found",
    });
    expect(two).toMatchObject({ state: "ok", refIds: ["A", "B"], points: 242 });
    expect(grafana.problems).toEqual([]);
  });

  it("sends an expression with what it uses, hidden or not", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [
          panel(1, "Ratio", [], {
            targets: [
              { refId: "A", expr: "up", hide: true, datasource: { type: "prometheus", uid: "prom" } },
              {
                refId: "B",
                type: "math",
                expression: "$A * 2",
                datasource: { type: "__expr__", uid: "__expr__" },
              },
            ],
          }),
        ]),
      },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    expect(grafana.queries.map(({ refId, hide, expression }) => [refId, hide, expression])).toEqual([
      ["A", true, undefined],
      ["B", undefined, "$A * 2"],
    ]);
    expect(json("dashboard/probe.json").panels[0]).toMatchObject({ state: "ok", refIds: ["B"], notes: [] });
  });

  it("finds a data source by name, by variable, and the default one, with the list that every role may read", async () => {
    const by = (reference: unknown) => [{ refId: "A", expr: "up", datasource: reference }];
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard(
          "shop",
          "Shop",
          [
            panel(1, "By name", [], { datasource: "Prometheus", targets: by(undefined) }),
            panel(2, "By variable", [], { targets: by({ type: "prometheus", uid: "${DS}" }) }),
            panel(3, "Default", [], { datasource: null, targets: by(null) }),
            panel(4, "Unknown", [], { targets: by("Nobody") }),
          ],
          {
            templating: { list: [variable("DS", "Prometheus", { type: "datasource", query: "prometheus" })] },
          },
        ),
      },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    await probe.run(context, never);
    const { panels } = json("dashboard/probe.json");
    expect(panels.map(({ state }: { state: string }) => state)).toEqual(["ok", "ok", "ok", "broken"]);
    expect(panels[3].reason).toBe("there is no data source Nobody, or the token may not see it");
    expect(grafana.received.filter(({ path }) => path.includes("settings"))).toHaveLength(1);
  });

  it("takes variables that are given, all values of All, and says what it cannot know", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard(
          "shop",
          "Shop",
          [
            panel(1, "a", ['x{env="$env", pod=~"$pod", job=~"$job"}']),
            panel(2, "b", ['x{env="${env:csv}"}']),
          ],
          {
            templating: {
              list: [
                variable("env", "stage"),
                variable("pod", ["$__all"], { includeAll: true, multi: true }),
                variable("job", ["$__all"], {
                  includeAll: true,
                  multi: true,
                  options: [
                    { text: "All", value: "$__all" },
                    { text: "a", value: "a" },
                    { text: "b", value: "b" },
                  ],
                }),
              ],
            },
          },
        ),
      },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url, {
      settings: { variables: { env: "prod", enf: "x" } },
    });
    const report = await probe.run(context, never);
    expect(grafana.queries.map(({ expr }) => String(expr)).sort()).toEqual([
      'x{env="prod", pod=~".*", job=~"(a|b)"}',
      'x{env="prod"}',
    ]);
    expect(report.warnings).toEqual(["the dashboard has no variable enf (env?): its value is not used"]);
    expect(json("dashboard/probe.json").panels[0].notes).toEqual([
      "$pod is All, and stands for everything here",
    ]);
  });

  it("heeds a panel's own time", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [
          panel(1, "Day", ["up"], { timeFrom: "1d", timeShift: "1h", maxDataPoints: 100 }),
        ]),
      },
      answer: shopAnswer,
    });
    const { probe, context } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    const { from, to, queries } = JSON.parse(
      grafana.received.find(({ path }) => path === "/api/ds/query")?.body ?? "{}",
    );
    expect(Number(to)).toBe(context.release.window.to - 3_600_000);
    expect(Number(to) - Number(from)).toBe(86_400_000);
    expect(queries[0]).toMatchObject({ maxDataPoints: 100, intervalMs: 900_000 });
  });

  it("reads dashboards of schema v2", async () => {
    const element = (id: number, title: string, expr: string) => ({
      kind: "Panel",
      spec: {
        id,
        title,
        data: {
          kind: "QueryGroup",
          spec: {
            queries: [
              {
                kind: "PanelQuery",
                spec: {
                  refId: "A",
                  hidden: false,
                  query: {
                    kind: "DataQuery",
                    group: "prometheus",
                    version: "v0",
                    datasource: { name: "prom" },
                    spec: { expr },
                  },
                },
              },
            ],
            transformations: [],
            queryOptions: { maxDataPoints: 50 },
          },
        },
        vizConfig: {
          kind: "VizConfig",
          group: "timeseries",
          version: "13.0.0",
          spec: { options: {}, fieldConfig: { defaults: { unit: "s" }, overrides: [] } },
        },
      },
    });
    const at = (name: string) => ({
      kind: "AutoGridLayoutItem",
      spec: { element: { kind: "ElementReference", name } },
    });
    const v2 = {
      title: "Shop 2",
      elements: {
        "panel-1": element(1, "One of $env", 'up{env="$env"}'),
        "panel-2": element(2, "Two", "up"),
        "panel-3": element(3, "Nowhere", "up"),
      },
      layout: {
        kind: "TabsLayout",
        spec: {
          tabs: [
            {
              kind: "TabsLayoutTab",
              spec: {
                title: "First",
                layout: { kind: "AutoGridLayout", spec: { items: [at("panel-2"), at("panel-1")] } },
              },
            },
          ],
        },
      },
      variables: [
        {
          kind: "CustomVariable",
          spec: { name: "env", current: { text: "prod", value: "prod" }, options: [], multi: false },
        },
      ],
      annotations: [],
      timeSettings: { from: "now-6h", to: "now", timezone: "utc" },
    };
    const grafana = await startGrafana({ dashboards: { shop: v2 }, answer: shopAnswer, version: "13.0.1" });
    const { probe, snapshot, context, json } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    const record = json("dashboard/probe.json");
    expect(record.dashboard).toMatchObject({ title: "Shop 2", schema: "v2" });
    expect(record.panels.map(({ title, row, state }: Record<string, string>) => [title, row, state])).toEqual(
      [
        ["Two", "First", "ok"],
        ["One of prod", "First", "ok"],
        ["Nowhere", "First", "ok"],
      ],
    );
    expect(grafana.queries.map(({ expr }) => expr)).toContain('up{env="prod"}');
    await snapshot.run(context, never);
    expect(grafana.problems).toEqual([]);
  });

  it("reads library panels, and names one that it may not", async () => {
    const place = (id: number, uid: string) => ({
      id,
      gridPos: { x: 0, y: id * 8, w: 12, h: 8 },
      libraryPanel: { uid, name: uid },
    });
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [place(1, "lib-a"), place(2, "lib-a"), place(3, "lib-x")]),
      },
      libraryPanels: { "lib-a": panel(99, "From the library", ["up"]) },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    await probe.run(context, never);
    const { panels } = json("dashboard/probe.json");
    expect(panels.map(({ id, title, state }: Record<string, unknown>) => [id, title, state])).toEqual([
      [1, "From the library", "ok"],
      [2, "From the library", "ok"],
      [3, "", "broken"],
    ]);
    expect(panels[2].reason).toContain("library panel lib-x: the library panel is not there (404)");
    expect(grafana.received.filter(({ path }) => path.includes("lib-a"))).toHaveLength(1);
  });
});

describe("what the probe cannot show", () => {
  it("is named: filters, transformations, Grafana's own data", async () => {
    const own = { type: "grafana", uid: "-- Grafana --" };
    const frames = [{ schema: { fields: [{ name: "v", type: "number" }] }, data: { values: [[1, 2]] } }];
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard(
          "shop",
          "Shop",
          [
            panel(1, "Filtered", ["up"]),
            panel(2, "Walk", [], { datasource: own, targets: [{ refId: "A", queryType: "randomWalk" }] }),
            panel(3, "Kept", [], {
              targets: [{ refId: "A", datasource: own, queryType: "snapshot", snapshot: frames }],
            }),
            panel(4, "Hidden", [], { targets: [{ refId: "A", expr: "up", hide: true }] }),
            panel(5, "Nobody's", [], {
              targets: [{ refId: "A", panelId: 99, datasource: { uid: "-- Dashboard --" } }],
            }),
            panel(6, "Times", ["up"], { timeFrom: "now/d" }),
          ],
          {
            templating: {
              list: [
                { name: "filters", type: "adhoc", filters: [{ key: "env", operator: "=", value: "prod" }] },
              ],
            },
          },
        ),
      },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    await probe.run(context, never);
    const { panels } = json("dashboard/probe.json");
    const told = panels.map(({ state, reason, notes }: Record<string, unknown>) => [state, reason, notes]);
    expect(told).toEqual([
      ["ok", "", ["the filters of filters are not applied"]],
      ["not-queried", "Grafana's own randomWalk is nothing that was measured", []],
      ["ok", "", []],
      ["not-queried", "all of its queries are hidden or blank", []],
      ["broken", "panel 99, whose data it shows, is not there", []],
      [
        "ok",
        "",
        ["its timeFrom now/d is not understood: not used", "the filters of filters are not applied"],
      ],
    ]);
  });

  it("reads what dashboards were before Grafana 5: rows that hold their panels", async () => {
    const { panels: _, ...old } = dashboard("shop", "Shop", []);
    const rows = [{ title: "Top", panels: [panel(1, "a", ["up"]), panel(2, "b", ["up"])] }];
    const grafana = await startGrafana({
      dashboards: { shop: { ...old, schemaVersion: 12, rows } },
      answer: shopAnswer,
    });
    const { probe, context, json } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    expect(json("dashboard/probe.json").panels.map(({ row }: { row: string }) => row)).toEqual([
      "Top",
      "Top",
    ]);
  });
});
