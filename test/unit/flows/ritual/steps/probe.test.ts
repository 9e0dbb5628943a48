import { describe, expect, it } from "vitest";
import { startGrafana } from "../../../../support/grafana.ts";
import {
  dashboard,
  panel,
  shopAnswer,
  shopDashboard,
  windowEnd,
  windowStart,
} from "../../../../support/grafana-dashboards.ts";
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

  it("is not done for another window, other values, another dashboard or another Grafana: it is another question", async () => {
    const grafana = await shop();
    const first = dashboardSteps(grafana.url, { window: "now-1h..now" });
    await first.probe.run(first.context, never);
    await first.snapshot.run(first.context, never);
    const folder = first.folder.path;
    const asked = async (url: string, given: Parameters<typeof dashboardSteps>[1]) => {
      const { probe, snapshot, context } = dashboardSteps(url, { folder, ...given });
      const seen = await Promise.all([probe.observe(context, never), snapshot.observe(context, never)]);
      return seen.map(({ state }) => state);
    };
    const same = { window: "now-1h..now" };
    expect(await asked(grafana.url, same)).toEqual(["done", "done"]);
    expect(await asked(`${grafana.url}/`, same)).toEqual(["done", "done"]);
    for (const [url, other] of [
      [grafana.url, {}],
      [grafana.url, { window: "now-2h..now" }],
      [grafana.url, { ...same, settings: { variables: { service: "pay" } } }],
      [grafana.url, { ...same, uid: "other" }],
      [`${grafana.url}/sub`, same],
    ] as const)
      expect(await asked(url, other), JSON.stringify([url, other])).toEqual(["needed", "needed"]);
    // Who is not told which Grafana it was goes on with what is there.
    expect(await asked("", { ...same, env: { GRAFANA_URL: "" } })).toEqual(["done", "done"]);
  });

  it("takes a snapshot of what was asked, not of what an earlier run has asked", async () => {
    const grafana = await shop();
    const first = dashboardSteps(grafana.url);
    await first.probe.run(first.context, never);
    const window = { from: windowStart + 600_000, to: windowEnd };
    const other = dashboardSteps(grafana.url, {
      folder: first.folder.path,
      release: { window },
      window: "2026-11-21T09:10:00Z..",
    });
    await other.snapshot.run(other.context, never);
    expect(other.json("dashboard/snapshot.json").window).toEqual({
      from: "2026-11-21T09:10:00.000Z",
      to: "2026-11-21T10:00:00.000Z",
    });
    // What the probe has remembered is not what is there any more.
    expect(await first.probe.observe(first.context, never)).toMatchObject({ state: "needed" });
  });

  it("is not done where what it found is not well by the policy of today", async () => {
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [panel(1, "a", ["up"]), panel(2, "b", ["empty"])]) },
      answer: shopAnswer,
    });
    const first = dashboardSteps(grafana.url);
    await first.probe.run(first.context, never);
    expect(await first.probe.observe(first.context, never)).toMatchObject({ state: "done" });
    const folder = first.folder.path;
    const strict = dashboardSteps(grafana.url, { folder, settings: { empty: "fail" } });
    expect(await strict.probe.observe(strict.context, never)).toMatchObject({ state: "needed" });
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
});
