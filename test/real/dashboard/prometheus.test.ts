import { describe, expect, it } from "vitest";
import { startGrafana } from "../../support/grafana.ts";
import { dashboard, panel, variable } from "../../support/grafana-dashboards.ts";
import { past, prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { dashboardSteps, never } from "../../unit/ritual/dashboard/world.ts";

const minute = 60_000;
const end = Math.floor(Date.now() / minute) * minute - 2 * minute;
const start = end - 30 * minute;

/** A counter that grows by `perSecond`, scraped every 15 s. */
const counter = (series: string, perSecond: number) =>
  past(
    series,
    Array.from({ length: 121 }, (_, i) => [start / 1000 + i * 15, Math.round(i * 15 * perSecond)] as const),
  );

describe.skipIf(prometheusProgram.skip)("a dashboard over a real Prometheus (needs prometheus)", () => {
  it("asks in the words that Prometheus understands, and captures what it really says", async () => {
    const { url: prometheus } = await startPrometheus({
      past: [
        "# TYPE http_requests counter",
        counter('http_requests_total{service="cart",code="200"}', 2),
        counter('http_requests_total{service="cart",code="500"}', 0.5),
        counter('http_requests_total{service="pay.v2",code="200"}', 4),
      ].join("\n"),
    });
    const by = (name: string, values: readonly string[]) => variable(name, values, { multi: true });
    const grafana = await startGrafana({
      prometheus,
      dashboards: {
        shop: dashboard(
          "shop",
          "Shop",
          [
            panel(1, "Requests", [
              'sum by (service) (rate(http_requests_total{service=~"$service"}[$__rate_interval]))',
            ]),
            panel(
              2,
              "Errors of $service",
              ['sum(rate(http_requests_total{service=~"$service",code=~"5.."}[$__range]))'],
              { repeat: "service" },
            ),
            panel(3, "Wrong", ["sum by (rate(http_requests_total[5m])"]),
            panel(4, "Nobody", ['http_requests_total{service="nobody"}']),
          ],
          { templating: { list: [by("service", ["cart", "pay.v2"])] } },
        ),
      },
    });
    const { probe, snapshot, context, json } = dashboardSteps(grafana.url, {
      settings: { broken: "warn" },
      release: { window: { from: start, to: end } },
    });
    const report = await probe.run(context, never);
    expect(report.message).toBe("dashboard Shop: 5 panels: 2 ok, 2 empty, 1 broken");
    const { panels } = json("dashboard/probe.json");
    expect(panels.map(({ title, state }: Record<string, string>) => `${title}: ${state}`)).toEqual([
      "Requests: ok",
      "Errors of cart: ok",
      "Errors of pay.v2: empty",
      "Wrong: broken",
      "Nobody: empty",
    ]);
    expect(panels[3].reason).toContain("parse error");
    await snapshot.run(context, never);
    expect(grafana.problems).toEqual([]);
    const [{ body } = { body: {} }] = [...grafana.snapshots.values()];
    const [first] = (body as { dashboard: { panels: Record<string, never>[] } }).dashboard.panels;
    const frames = (
      first as unknown as {
        targets: { snapshot: { schema: { fields: { labels: object }[] }; data: { values: number[][] } }[] }[];
      }
    ).targets[0]?.snapshot;
    expect(frames?.map(({ schema }) => schema.fields[1]?.labels)).toEqual([
      { service: "cart" },
      { service: "pay.v2" },
    ]);
    expect(frames?.[1]?.data.values[1]?.at(-1)).toBeCloseTo(4, 1);
  });
});
