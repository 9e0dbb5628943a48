import { describe, expect, it, onTestFinished, vi } from "vitest";
import { grafanaToken, startGrafana } from "../../../../support/grafana.ts";
import { dashboard, panel, shopAnswer, wave } from "../../../../support/grafana-dashboards.ts";
import { closedPort } from "../../../../support/server.ts";
import { dashboardSteps, failureOf, never } from "../../../ritual/dashboard/world.ts";

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
    // The time is up as soon as the second is asked, and never before.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime"] });
    onTestFinished(() => void vi.useRealTimers());
    const late = () => {
      vi.advanceTimersByTime(1000);
      return new Promise<never>(() => {});
    };
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [panel(1, "Quick", ["up"]), panel(2, "Never", ["never"])]),
      },
      answer: (query) => (query["expr"] === "never" ? late() : shopAnswer(query)),
    });
    const { probe, context, json } = dashboardSteps(grafana.url, {
      settings: { timeout: "1s", broken: "warn", concurrency: 1 },
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
