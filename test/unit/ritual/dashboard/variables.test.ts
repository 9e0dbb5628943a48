import { describe, expect, it } from "vitest";
import { fillIn, type Scope, variablesOf } from "../../../../src/ritual/dashboard/variables.ts";
import { dashboard, variable, windowEnd, windowStart } from "../../../support/grafana-dashboards.ts";

const builtins = {
  from: windowStart,
  to: windowEnd,
  dashboard: { title: "Shop", uid: "shop" },
  timezone: "UTC",
};

function filled(
  text: string,
  list: readonly Record<string, unknown>[],
  more: {
    datasourceType?: string;
    intervalMs?: number | null;
    scope?: Scope;
    unknown?: (name: string, all: boolean) => void;
  } = {},
) {
  const { variables } = variablesOf(dashboard("x", "x", [], { templating: { list } }), {});
  return fillIn(text, {
    variables,
    scope: new Map(),
    builtins,
    datasourceType: "prometheus",
    intervalMs: null,
    ...more,
  });
}

const two = variable("v", ["a.b", "c|d"], { multi: true });
const one = variable("v", "a.b");

describe("variables", () => {
  it("are written in all three ways, and only where they are known", () => {
    expect(filled("$v ${v} [[v]] $vv $5 ${unknown} [[x]]", [one])).toBe(
      "a.b a.b a.b $vv $5 ${unknown} [[x]]",
    );
  });

  it.each([
    ["prometheus", "(a\\\\.b|c\\\\|d)"],
    ["loki", "(a\\\\.b|c\\\\|d)"],
    ["influxdb", "(a\\.b|c\\|d)"],
    ["mysql", "'a.b','c|d'"],
    ["grafana-postgresql-datasource", "'a.b','c|d'"],
    ["elasticsearch", '("a.b" OR "c\\|d")'],
    ["graphite", "{a.b,c|d}"],
  ])("are written as %s reads several of them", (datasourceType, expected) => {
    expect(filled("$v", [two], { datasourceType })).toBe(expected);
  });

  it.each([
    ["csv", "a.b,c|d"],
    ["pipe", "a.b|c|d"],
    ["raw", "a.b,c|d"],
    ["regex", "(a\\.b|c\\|d)"],
    ["glob", "{a.b,c|d}"],
    ["json", '["a.b","c|d"]'],
    ["singlequote", "'a.b','c|d'"],
    ["doublequote", '"a.b","c|d"'],
    ["sqlstring", "'a.b','c|d'"],
    ["queryparam", "var-v=a.b&var-v=c%7Cd"],
    ["percentencode", "%7Ba.b%2Cc%7Cd%7D"],
    ["distributed", "a.b,v=c|d"],
    ["text", "a.b + c|d"],
    ["join:;", "a.b;c|d"],
  ])("are written as ${v:%s}", (format, expected) => {
    expect(filled(`\${v:${format}}`, [two])).toBe(expected);
    expect(filled(`[[v:${format}]]`, [two])).toBe(expected);
  });

  it("escape one value for a regular expression where several might stand, and for quotes where not", () => {
    expect(filled("$v", [variable("v", ["a.b"], { multi: true })])).toBe("a\\\\.b");
    expect(filled("$v", [variable("v", 'a"b\\c')])).toBe('a\\"b\\\\c');
    const sql = { datasourceType: "mysql" };
    expect(filled("$v", [variable("v", ["o'b"], { multi: true })], sql)).toBe("'o''b'");
    expect(filled("$v", [variable("v", "o'b")], sql)).toBe("o'b");
  });

  it("take what stands for All as it is, else every value, else everything where that can be asked", () => {
    const all = { includeAll: true, current: { text: "All", value: "$__all" } };
    const told: unknown[] = [];
    const unknown = (name: string, isEverything: boolean) => told.push([name, isEverything]);
    expect(filled("$v", [variable("v", "", { ...all, allValue: ".+" })])).toBe(".+");
    expect(
      filled("$v", [
        variable("v", "", {
          ...all,
          options: [
            { text: "All", value: "$__all" },
            { text: "A", value: "a" },
            { text: "B", value: "b" },
          ],
        }),
      ]),
    ).toBe("(a|b)");
    expect(filled("$v", [variable("v", "", all)], { unknown })).toBe(".*");
    expect(filled("$v", [variable("v", "", all)], { unknown, datasourceType: "mysql" })).toBe("");
    expect(told).toEqual([
      ["v", true],
      ["v", false],
    ]);
    expect(filled("${v:text}", [variable("v", "", all)])).toBe("All");
  });

  it("give way to what a panel is repeated for", () => {
    const scope: Scope = new Map([["v", { value: "c|d", text: "C" }]]);
    expect(filled("$v ${v:text} ${v:csv}", [two], { scope })).toBe("c\\\\|d C c|d");
  });

  it("leave to the data source what only it can fill in", () => {
    const query = "rate(x[$__rate_interval]) $__interval ${__interval_ms} $__range $__timeFilter(t)";
    expect(filled(query, [])).toBe(query);
    expect(
      filled("$__interval $__interval_ms $__range", [], { datasourceType: "graphite", intervalMs: 15_000 }),
    ).toBe("15s 15000 $__range");
  });

  it("know the window and the dashboard", () => {
    expect(filled("$__from ${__to} ${__from:date} ${__to:date:iso} ${__from:date:seconds}", [])).toBe(
      `${windowStart} ${windowEnd} 2026-11-21T09:00:00.000Z 2026-11-21T10:00:00.000Z ${windowStart / 1000}`,
    );
    expect(filled("$__dashboard ${__dashboard.uid} $__timezone", [])).toBe("Shop shop UTC");
  });

  it("of other kinds have their value too: constants, texts, intervals", () => {
    const list = [
      { name: "c", type: "constant", query: "k" },
      { name: "i", type: "interval", query: "5m,1h", current: { text: "1h", value: "1h" } },
      { name: "t", type: "textbox", query: "typed" },
      { name: "f", type: "adhoc", filters: [{ key: "a", operator: "=", value: "b" }] },
    ];
    expect(filled("$c $i $t $f", list)).toBe("k 1h typed $f");
  });
});
