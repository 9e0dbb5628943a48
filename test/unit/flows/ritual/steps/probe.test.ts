import { describe, expect, it } from "vitest";
import { grafanaToken, startGrafana } from "../../../../support/grafana.ts";
import {
  dashboard,
  panel,
  shopAnswer,
  shopDashboard,
  variable,
  wave,
} from "../../../../support/grafana-dashboards.ts";
import { closedPort } from "../../../../support/server.ts";
import { dashboardSteps, failureOf, never } from "../../../ritual/dashboard/world.ts";

const shop = () => startGrafana({ dashboards: { shop: shopDashboard() }, answer: shopAnswer });

describe("the probe", () => {
  it("asks every panel, fills in variables, opens rows, repeats what is repeated, and writes a table", async () => {
    const grafana = await shop();
    const { probe, context, json, text } = dashboardSteps(grafana.url);
    expect(await probe.observe(context, never)).toMatchObject({ state: "needed" });
    expect((await probe.prove?.(context, never))?.map(({ state }) => state)).toEqual(["ok"]);
    const report = await probe.run(context, never);
    expect(report.message).toBe("dashboard Shop: 8 panels: 7 ok, 1 not queried");
    const { panels } = json("dashboard/probe.json");
    expect(panels.map(({ title, state }: { title: string; state: string }) => `${title}: ${state}`)).toEqual([
      "Requests of cart + pay.v2: ok",
      "Share of errors: ok",
      "Read me: not-queried",
      "Memory: ok",
      "Slowest: ok",
      "Same as memory: ok",
      "Latency of eu: ok",
      "Latency of us: ok",
    ]);
    expect(new Set(panels.map(({ id }: { id: number }) => id)).size).toBe(8);
    expect(new Set(grafana.queries.map(({ expr }) => expr))).toEqual(
      new Set([
        'sum(rate(http_requests_total{service=~"(cart|pay\\\\.v2)"}[$__rate_interval])) by (job)',
        "errors",
        "memory",
        "slowest",
        'latency{zone="eu"}',
        'latency{zone="us"}',
      ]),
    );
    expect(grafana.queries).toHaveLength(6);
    expect(text("dashboard/probe.md")).toContain(
      "| 11 | Memory | timeseries | prometheus | A | ok | 182 | 1 transformation not applied: organize |",
    );
    expect(grafana.problems).toEqual([]);
    expect(await probe.observe(context, never)).toMatchObject({
      state: "done",
      message: expect.stringContaining("from 2026-11-21T09:00:00Z to 2026-11-21T10:00:00Z"),
    });
  });

  it("is not done for another commit, or when a file of it was changed", async () => {
    const grafana = await shop();
    const { probe, context, folder } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    const other = { ...context, release: { ...context.release, commit: "e".repeat(40) } };
    expect(await probe.observe(other, never)).toMatchObject({ state: "needed" });
    folder.write("dashboard/frames.json", "{}");
    expect(await probe.observe(context, never)).toMatchObject({ state: "needed" });
  });

  it("knows its files again where they are masked on their way to the disk", async () => {
    const grafana = await shop();
    const { probe, context, folder } = dashboardSteps(grafana.url);
    const write = (name: string, content: string | Uint8Array) =>
      folder.write(name, String(content).replaceAll("Shop", "***"));
    const masking = { ...context, folder: { ...folder, write } };
    await probe.run(masking, never);
    expect(await probe.observe(masking, never)).toMatchObject({ state: "done" });
  });

  it("fails for a panel whose queries fail, and says which; by policy it warns", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [
          panel(1, "Fine", ["up"]),
          panel(2, "Odd", ["up", "broken"]),
          panel(3, "Void", ["empty"]),
        ]),
      },
      answer: shopAnswer,
    });
    const { probe, context, json, text } = dashboardSteps(grafana.url);
    const error = await failureOf(probe.run(context, never));
    expect(error.message).toBe(
      'dashboard Shop is not well (3 panels: 1 ok, 1 empty, 1 broken): panel 2 "Odd" is broken: B: execution: expanding series: context deadline exceeded',
    );
    expect(error.remedy).toMatch(/or let it pass: ritual\.dashboard\.broken: warn$/);
    // What one of the queries gave is there all the same.
    expect(json("dashboard/probe.json").panels[1]).toMatchObject({ state: "broken", points: 121 });
    expect(text("dashboard/probe.md")).toContain("## Failures");
    expect(await probe.observe(context, never)).toMatchObject({ state: "needed" });

    const lenient = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    const report = await lenient.probe.run(lenient.context, never);
    expect(report.warnings).toEqual([
      'panel 2 "Odd" is broken: B: execution: expanding series: context deadline exceeded',
      'panel 3 "Void" is empty: no data in the window',
    ]);
    const strict = dashboardSteps(grafana.url, { settings: { broken: "warn", empty: "fail" } });
    const refused = await failureOf(strict.probe.run(strict.context, never));
    expect(refused.message).toContain('panel 3 "Void" is empty');
    expect(refused.remedy).toMatch(/or let it pass: ritual\.dashboard\.empty: warn$/);
  });

  it("fails when nothing at all has data, whatever the policy", async () => {
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [panel(1, "a", ["empty"]), panel(2, "b", ["empty"])]) },
      answer: shopAnswer,
    });
    const { probe, context } = dashboardSteps(grafana.url, { settings: { empty: "warn", broken: "warn" } });
    const error = await failureOf(probe.run(context, never));
    expect(error.message).toContain("no panel has data in the window: all 2 are empty");
    expect(error.remedy).toContain("--from TIME --to TIME");
    expect(error.remedy).not.toContain("let it pass");
  });

  it("fails when what is not broken is empty, though broken panels may pass", async () => {
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [panel(1, "a", ["broken"]), panel(2, "b", ["empty"])]) },
      answer: shopAnswer,
    });
    const { probe, context } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    expect((await failureOf(probe.run(context, never))).message).toContain(
      "no panel has data in the window: all 2 are empty or broken",
    );
    // What is wrong with it says more than that nothing is to be seen.
    const usual = dashboardSteps(grafana.url);
    const error = await failureOf(usual.probe.run(usual.context, never));
    expect(error.message).toContain('panel 1 "a" is broken');
    expect(error.remedy).not.toContain("let it pass");
  });

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

  it("does not look into the future", async () => {
    const grafana = await shop();
    const now = Date.now();
    const window = { from: now - 600_000, to: now + 3_600_000 };
    const { probe, context } = dashboardSteps(grafana.url, { release: { window } });
    await probe.run(context, never);
    const { to } = JSON.parse(grafana.received.find(({ path }) => path === "/api/ds/query")?.body ?? "{}");
    expect(Number(to)).toBeGreaterThanOrEqual(now);
    expect(Number(to)).toBeLessThan(window.to);
  });

  it("asks 200 panels once each, not more at a time than it should", async () => {
    const panels = Array.from({ length: 200 }, (_, i) => panel(i + 1, `Panel ${i}`, [`up_${i}`]));
    let [running, most] = [0, 0];
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", panels) },
      async answer(query) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        return shopAnswer(query);
      },
    });
    const { probe, context } = dashboardSteps(grafana.url);
    expect((await probe.run(context, never)).message).toBe("dashboard Shop: 200 panels: 200 ok");
    expect(grafana.queries).toHaveLength(200);
    expect(most).toBeLessThanOrEqual(6);
    expect(most).toBeGreaterThan(1);
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

describe("the probe on a bad day", () => {
  const run = async (url: string | undefined, given: Parameters<typeof dashboardSteps>[1] = {}) => {
    const { probe, context } = dashboardSteps(url, given);
    return { error: await failureOf(probe.run(context, never)), proofs: await probe.prove?.(context, never) };
  };

  it.each([
    [401, "cannot read dashboard shop: Grafana does not accept the token (401): Invalid API key", "conflict"],
    [
      403,
      "cannot read dashboard shop: the token may not (403): You'll need additional permissions",
      "conflict",
    ],
    [404, "Grafana has no dashboard with the uid shop (404)", "conflict"],
    [500, "cannot read dashboard shop: Grafana answered 500: Query data error", "unknown"],
    [503, "cannot read dashboard shop: Grafana answered 503: Service unavailable", "unknown"],
  ])("says what %i means", async (status, message, state) => {
    const grafana = await startGrafana({ refuse: { "/api/dashboards": status } });
    const { error, proofs } = await run(grafana.url);
    expect(error.message).toContain(message);
    expect(error.remedy).toBeTruthy();
    expect(proofs?.[0]).toMatchObject({ state });
  });

  it.each([
    ["down", "cannot ask for Grafana's health: ", "see whether Grafana runs and can be reached from here"],
    ["html", "what answers there gives an HTML page (200)", "is that a login page?"],
    ["login", "it leads to a login (302, /login)", "GRAFANA_API_KEY is enough"],
    ["not-json", "something that is not Grafana's JSON (200)", "with its path"],
  ] as const)("says that it is %s", async (trouble, message, remedy) => {
    const grafana = await startGrafana({ trouble });
    const { error } = await run(grafana.url);
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
  });

  it("says that nobody is there, that the database is ill, and what is wrong with an address", async () => {
    const port = await closedPort();
    expect((await run(`http://127.0.0.1:${port}`)).error.message).toContain(
      "cannot ask for Grafana's health: connection refused",
    );
    const ill = await startGrafana({ database: "failing" });
    expect((await run(ill.url)).error.message).toBe("Grafana is not healthy: its database says failing");
    expect((await run("grafana.example")).error.message).toContain("GRAFANA_URL is not an http(s) URL");
    const { error } = await run("https://grafana.example/sub/d/abc/shop?orgId=1");
    expect(error.remedy).toBe("set GRAFANA_URL=https://grafana.example/sub and DASHBOARD_UID=abc");
  });

  it("stops when it is told to, though Grafana never answers", async () => {
    const grafana = await startGrafana({ trouble: "hang" });
    const { probe, context } = dashboardSteps(grafana.url);
    const stop = new AbortController();
    const running = failureOf(probe.run(context, stop.signal));
    stop.abort(new Error("interrupted"));
    expect((await running).message).toBe("interrupted");
  });

  it("calls a panel that does not answer in time broken, and keeps what the others gave", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [panel(1, "Quick", ["up"]), panel(2, "Never", ["never"])]),
      },
      answer: (query) => (query["expr"] === "never" ? new Promise(() => {}) : shopAnswer(query)),
    });
    const { probe, context, json } = dashboardSteps(grafana.url, {
      settings: { timeout: "1s", broken: "warn" },
    });
    await probe.run(context, never);
    expect(
      json("dashboard/probe.json").panels.map(({ state, reason }: Record<string, string>) => [state, reason]),
    ).toEqual([
      ["ok", ""],
      ["broken", "no answer before the time for all panels was up (1 s)"],
    ]);
  });

  it("is not brought down by an answer of 50 MB", async () => {
    const chunk = Buffer.alloc(1_000_000, "1,");
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [panel(1, "Small", ["up"]), panel(2, "Huge", ["huge"])]),
      },
      answer: shopAnswer,
      before(request, response) {
        if (!request.body.includes("huge")) return false;
        response.writeHead(200, { "content-type": "application/json" });
        for (let i = 0; i < 50; i++) response.write(chunk);
        response.end();
        return true;
      },
    });
    const { probe, context, json } = dashboardSteps(grafana.url, { settings: { broken: "warn" } });
    await probe.run(context, never);
    const [small, huge] = json("dashboard/probe.json").panels;
    expect(small.state).toBe("ok");
    expect(huge).toMatchObject({ state: "broken", reason: "the answer is larger than 10 MB" });
  });

  it("does not go on asking with a token that is not accepted", async () => {
    const panels = Array.from({ length: 60 }, (_, i) => panel(i + 1, `Panel ${i}`, ["up"]));
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", panels) },
      refuse: { "/api/ds/query": 401 },
    });
    const { error } = await run(grafana.url);
    expect(error.message).toBe(
      "cannot query the data source: Grafana does not accept the token (401): Invalid API key",
    );
    expect(grafana.received.length).toBeLessThan(20);
  });

  it("asks again what a busy Grafana did not answer, and only that", async () => {
    let first = true;
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [panel(1, "a", ["up"])]) },
      answer: () => wave("A", ["a"]),
      before(request, response) {
        if (!first || request.path !== "/api/ds/query") return false;
        first = false;
        response.writeHead(502, { "content-type": "text/html" }).end("<html>bad gateway</html>");
        return true;
      },
    });
    const { probe, context } = dashboardSteps(grafana.url);
    expect((await probe.run(context, never)).message).toContain("1 ok");
  });

  it("does not apply where nobody asked for it, and says what is missing where somebody did", async () => {
    expect(dashboardSteps(undefined).probe.skip?.()).toBe("no GRAFANA_URL");
    expect(dashboardSteps("http://127.0.0.1:1", { env: { DASHBOARD_UID: "" } }).probe.skip?.()).toBe(
      "no DASHBOARD_UID",
    );
    const asked = dashboardSteps("http://127.0.0.1:1", { env: { GRAFANA_API_KEY: "" } });
    expect(asked.probe.skip?.()).toBeNull();
    expect(await asked.probe.observe(asked.context, never)).toEqual({
      state: "conflict",
      message: "the dashboard cannot be looked at without GRAFANA_API_KEY",
      remedy: "see what is needed: release-sentinel ritual secrets",
    });
    const configured = dashboardSteps(undefined, { settings: { uid: "shop" }, env: { GRAFANA_API_KEY: "" } });
    expect(configured.probe.skip?.()).toBeNull();
    const [table] = await configured.probe.preview(configured.context, never);
    const [, post] = await configured.snapshot.preview(configured.context, never);
    expect(table?.body).toContain("<GRAFANA_URL>");
    expect(post?.to).toBe("POST <GRAFANA_URL>/api/snapshots");
  });

  it("never lets the token out", async () => {
    const grafana = await startGrafana({
      before(request, response) {
        if (request.path === "/api/health") return false;
        response
          .writeHead(403, { "content-type": "application/json" })
          .end(JSON.stringify({ message: `no: ${grafanaToken}` }));
        return true;
      },
    });
    const { error } = await run(grafana.url);
    expect(error.message).toContain("(403): no: ***");
  });
});
