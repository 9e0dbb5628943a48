import { describe, expect, it } from "vitest";
import type { CapturedPanel } from "../../../../src/ritual/dashboard/capture.ts";
import { dashboardPage } from "../../../../src/ritual/dashboard/page/html.ts";
import { aligned, reduced, seriesOf } from "../../../../src/ritual/dashboard/page/series.ts";
import { say, unitOf } from "../../../../src/ritual/dashboard/page/units.ts";
import { viewOf } from "../../../../src/ritual/dashboard/page/views.ts";
import { series } from "../../../support/grafana-query.ts";

const frame = (labels: Record<string, string>, points: readonly (readonly [number, number | null])[]) =>
  series("A", labels, points) as CapturedPanel["frames"][number];

function panelOf(more: Partial<CapturedPanel>): CapturedPanel {
  return {
    ...{
      id: 1,
      title: "t",
      type: "timeseries",
      row: null,
      datasource: "p",
      refIds: ["A"],
      state: "ok",
      reason: "",
    },
    ...{ notes: [], points: 1, model: {}, frames: [] },
    ...more,
  };
}

describe("numbers on the page", () => {
  it("are reduced to the last where nobody knows the calculation", () => {
    const line = { name: "x", times: [1, 2, 3], values: [1, 4, 2] };
    expect(["max", "unheard of", "toString"].map((one) => reduced(line, one))).toEqual([4, 2, 2]);
  });

  it.each([
    [undefined, 1234.5678, "1,235"],
    [undefined, 196_812_345, "196.8 M"],
    ["constructor", 5, "5"],
    ["percentunit", 0.1234, "12.34 %"],
    ["percentunit", 0, "0 %"],
    ["percent", 0.5, "0.5 %"],
    ["bytes", 1536, "1.5 KiB"],
    ["bytes", 0.25, "0.25 B"],
    ["decbytes", 1500, "1.5 kB"],
    ["s", 0.0123, "12.3 ms"],
    ["s", 0, "0 s"],
    ["s", -90, "-1.5 min"],
    ["ms", 1500, "1.5 s"],
    ["reqps", 12_000, "12 kreq/s"],
    ["suffix:cups", 3, "3 cups"],
    ["of-the-future", 12_000, "12 k"],
  ])("of unit %s: %d is %s", (unit, value, expected) => {
    expect(say(value, unitOf(unit))).toBe(expected);
  });

  it("that are not there are a dash", () => {
    expect(say(null, unitOf("s"))).toBe("–");
  });
});

describe("the page", () => {
  const markup = `"><img src=x onerror='boom()'></script><script>boom()</script>`;
  const html = dashboardPage({
    tag: `v1.2.3${markup}`,
    rehearsal: false,
    deployed: { from: 1000, to: 2000 },
    judgement: { ok: true, summary: markup, failures: [], warnings: [markup] },
    madeBy: markup,
    capture: {
      ...{
        uid: "x",
        title: markup,
        url: `https://grafana.example/d/x${markup}`,
        version: markup,
        schema: "classic",
      },
      ...{
        window: { from: 0, to: 5000 },
        capturedAt: "2026-11-21T10:00:00Z",
        warnings: [markup],
        dashboard: {},
      },
      panels: [
        panelOf({
          title: markup,
          row: markup,
          datasource: markup,
          notes: [markup],
          frames: [frame({ job: markup }, [[1000, 1]])],
        }),
        panelOf({ id: 2, title: markup, state: "broken", reason: markup, points: 0, type: markup }),
        panelOf({ id: 3, title: "", type: "text", model: { options: { content: markup } } }),
      ],
    },
  });

  it("holds nothing of others that is not text", () => {
    expect(html).not.toContain("<img");
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html).toContain("&lt;img");
  });

  it("asks nobody for anything, and lets no script run but its own", () => {
    const [policy = ""] = /Content-Security-Policy" content="([^"]+)"/.exec(html)?.slice(1) ?? [];
    expect(policy).toMatch(/^default-src 'none'; .*script-src 'sha256-[^']+' 'sha256-[^']+'; /);
    const outside = html.replace(/<script>[\s\S]*?<\/script>/g, "").match(/(?:src|href)="(?!#|data:)[^"]*"/g);
    expect(outside).toHaveLength(1);
  });
});

describe("what is shown of a panel", () => {
  it("is a line for each series, with gaps where nothing was, all on the same times", () => {
    const lines = seriesOf([
      frame({ job: "a" }, [
        [1000, 1],
        [3000, null],
      ]),
      frame({ job: "b" }, [[2000, 5]]),
    ]);
    expect(lines?.map(({ name }) => name)).toEqual(['{job="a"}', '{job="b"}']);
    expect(aligned(lines ?? [], 100)).toEqual({
      times: [1000, 2000, 3000],
      values: [
        [1, null, null],
        [null, 5, null],
      ],
      each: 1,
    });
  });

  it("keeps the peaks when there are more points than can be seen", () => {
    const points = Array.from({ length: 5000 }, (_, i) => [i * 1000, i === 4321 ? 99 : 1] as const);
    const { times, values, each } = aligned(seriesOf([frame({}, points)]) ?? [], 600);
    expect(each).toBe(9);
    expect(times.length).toBeLessThanOrEqual(600);
    expect(values[0]).toContain(99);
  });

  it("is one number where Grafana shows one, by its calculation", () => {
    const frames = [
      frame({ job: "a" }, [
        [1, 2],
        [2, 8],
        [3, null],
      ]),
    ];
    const shown = (calcs: readonly string[]) =>
      viewOf(panelOf({ type: "stat", frames, model: { options: { reduceOptions: { calcs } } } })).tiles;
    expect(shown(["lastNotNull"])).toEqual([{ name: '{job="a"}', value: "8" }]);
    expect(shown(["mean"])).toEqual([{ name: '{job="a"}', value: "5" }]);
    expect(shown(["max"])).toEqual([{ name: '{job="a"}', value: "8" }]);
    expect(shown(["last"])).toEqual([{ name: '{job="a"}', value: "–" }]);
    expect(shown(["stdDev"])).toEqual([{ name: '{job="a"}', value: "8" }]);
  });

  it("is a table for text, cut where nobody reads on, and says so", () => {
    const rows = Array.from({ length: 250 }, (_, i) => i);
    const logs = {
      schema: {
        fields: [
          { name: "Time", type: "time" },
          { name: "Line", type: "string" },
        ],
      },
      data: { values: [rows.map((i) => 1_795_280_400_000 + i), rows.map((i) => `line ${i}`)] },
    };
    const view = viewOf(panelOf({ type: "logs", frames: [logs] }));
    expect(view.tables[0]?.rows).toHaveLength(200);
    expect(view.tables[0]?.rows[0]).toEqual(["2026-11-21 17:00:00Z", "line 0"]);
    expect(view.notes).toEqual(["200 of 250 rows are shown; all are in frames.json"]);
  });

  it("is the words of a text panel", () => {
    expect(
      viewOf(panelOf({ type: "text", model: { options: { content: "one\ntwo \u001b[31m" } } })).words,
    ).toBe("one\ntwo \\x1b[31m");
  });
});
