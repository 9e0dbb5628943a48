import { describe, expect, it } from "vitest";
import { panelsOf } from "../../../../src/ritual/dashboard/model.ts";
import { repeated } from "../../../../src/ritual/dashboard/repeat.ts";
import { classicOf } from "../../../../src/ritual/dashboard/schema-v2.ts";
import { resolution, windowOf } from "../../../../src/ritual/dashboard/time.ts";
import { variablesOf } from "../../../../src/ritual/dashboard/variables.ts";
import { dashboard, variable } from "../../../support/grafana-dashboards.ts";

const at = (id: number, y: number, more: Record<string, unknown> = {}) => ({
  ...{ id, title: `p${id}`, type: "timeseries", gridPos: { x: 0, y, w: 12, h: 8 } },
  ...more,
});
const row = (id: number, y: number, more: Record<string, unknown> = {}) =>
  at(id, y, { type: "row", title: `row ${id}`, gridPos: { x: 0, y, w: 24, h: 1 }, ...more });
const places = (panels: ReturnType<typeof panelsOf>) =>
  panels.map(({ id, row: of, json }) => [id, of, (json["gridPos"] as { y: number }).y]);

describe("the panels of a dashboard", () => {
  it("stand in the order in which they are seen, and closed rows are opened above what follows", () => {
    const json = dashboard("x", "x", [
      at(5, 10),
      at(1, 0),
      row(2, 8, { collapsed: true, panels: [at(4, 17), at(3, 9)] }),
      row(9, 9, { collapsed: true, panels: [] }),
    ]);
    expect(places(panelsOf(json))).toEqual([
      [1, null, 0],
      [2, null, 8],
      [3, "row 2", 9],
      [4, "row 2", 17],
      [9, null, 25],
      [5, "row 9", 26],
    ]);
  });

  it("are repeated with their rows, for each value, with numbers of their own", () => {
    const json = dashboard("x", "x", [row(1, 0, { repeat: "zone" }), at(2, 1), at(3, 9, { repeat: "pod" })], {
      templating: { list: [variable("zone", ["eu", "us"]), variable("pod", ["a", "b"])] },
    });
    const all = repeated(panelsOf(json), variablesOf(json, {}).variables, 1000).panels;
    const scopes = all.map(({ type, scope }) => [
      type,
      [...scope.values()].map(({ value }) => value).join(" "),
    ]);
    expect(scopes).toEqual([
      ["row", "eu"],
      ["timeseries", "eu"],
      ["timeseries", "a eu"],
      ["timeseries", "b eu"],
      ["row", "us"],
      ["timeseries", "us"],
      ["timeseries", "a us"],
      ["timeseries", "b us"],
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(8);
    // No two stand at one place.
    expect(new Set(all.map((one) => JSON.stringify(one.json["gridPos"]))).size).toBe(8);
  });

  it("may be more than anybody looks at: so many are taken, and what is repeated stops there", () => {
    const panels = Array.from({ length: 200_000 }, (_, i) => at(i + 1, i));
    expect(panelsOf(dashboard("x", "x", [row(1, 0, { panels })]))).toHaveLength(200_001);
    const items = panels.map(({ id }) => ({ kind: "GridLayoutItem", spec: { element: { name: `p${id}` } } }));
    const elements = Object.fromEntries(
      panels.map(({ id }) => [`p${id}`, { kind: "Panel", spec: { id, title: "" } }]),
    );
    const v2 = classicOf({ elements, layout: { kind: "GridLayout", spec: { items } } });
    expect(v2["panels"]).toHaveLength(200_000);
    const many = Array.from({ length: 50 }, (_, i) => `value-${i}`);
    const json = dashboard(
      "x",
      "x",
      Array.from({ length: 400 }, (_, i) =>
        i === 0 ? row(1, 0, { repeat: "zone" }) : at(i + 1, i, { repeat: "pod" }),
      ),
      { templating: { list: [variable("zone", many), variable("pod", many)] } },
    );
    const { panels: made, hasMore } = repeated(panelsOf(json), variablesOf(json, {}).variables, 1000);
    expect(made).toHaveLength(1000);
    expect(hasMore).toBe(true);
    expect(new Set(made.map(({ id }) => id)).size).toBe(1000);
  });

  it("of schema v2 come out of every kind of layout, and none is lost", () => {
    const element = (id: number) => ({
      kind: "Panel",
      spec: { id, title: `p${id}`, data: {}, vizConfig: { group: "stat", spec: {} } },
    });
    const of = (name: string) => ({ kind: "ElementReference", name });
    const classic = classicOf({
      title: "x",
      elements: {
        a: element(1),
        b: element(2),
        c: { kind: "LibraryPanel", spec: { id: 3, title: "lib", libraryPanel: { uid: "l" } } },
        d: element(4),
        odd: 7,
      },
      layout: {
        kind: "RowsLayout",
        spec: {
          rows: [
            {
              kind: "RowsLayoutRow",
              spec: {
                title: "One",
                layout: {
                  kind: "GridLayout",
                  spec: {
                    items: [
                      {
                        kind: "GridLayoutItem",
                        spec: {
                          x: 4,
                          y: 2,
                          width: 6,
                          height: 5,
                          element: of("a"),
                          repeat: { mode: "variable", value: "zone" },
                        },
                      },
                    ],
                  },
                },
              },
            },
            {
              kind: "RowsLayoutRow",
              spec: {
                title: "Two",
                layout: {
                  kind: "AutoGridLayout",
                  spec: {
                    items: [
                      { kind: "AutoGridLayoutItem", spec: { element: of("c") } },
                      { kind: "AutoGridLayoutItem", spec: { element: of("gone") } },
                    ],
                  },
                },
              },
            },
            {
              kind: "RowsLayoutRow",
              spec: { title: "Three", layout: { kind: "OfTheFuture", spec: { things: [] } } },
            },
          ],
        },
      },
    });
    const panels = panelsOf(classic);
    expect(panels.map(({ title, row: in_ }) => [title, in_])).toEqual([
      ["One", null],
      ["p1", "One"],
      ["Two", null],
      ["lib", "Two"],
      ["Three", null],
      ["p2", "Three"],
      ["p4", "Three"],
    ]);
    expect(panels[1]?.json).toMatchObject({
      type: "stat",
      repeat: "zone",
      gridPos: { x: 4, y: 3, w: 6, h: 5 },
    });
    expect(panels[3]?.json).toMatchObject({ libraryPanel: { uid: "l" } });
  });
});

describe("a panel's time", () => {
  const window = { from: 0, to: 3_600_000 };

  it("goes back from the end of the window, and is shifted", () => {
    expect(windowOf(window, { timeFrom: "now-2h" }).window).toEqual({ from: -3_600_000, to: 3_600_000 });
    expect(windowOf(window, { timeShift: "30m" }).window).toEqual({ from: -1_800_000, to: 1_800_000 });
    expect(windowOf(window, { timeFrom: "now/d" })).toEqual({
      window,
      notes: ["its timeFrom now/d is not understood: not used"],
    });
  });

  it("has as many points as the panel wants, not more than can be seen, and steps that people know", () => {
    expect(resolution(window, {})).toEqual({ maxDataPoints: 500, intervalMs: 10_000 });
    expect(resolution(window, { maxDataPoints: 100_000 })).toEqual({ maxDataPoints: 2000, intervalMs: 2000 });
    expect(resolution(window, { maxDataPoints: 1, interval: ">2m" })).toEqual({
      maxDataPoints: 1,
      intervalMs: 3_600_000,
    });
    expect(resolution(window, { interval: "1m" }).intervalMs).toBe(60_000);
  });
});
