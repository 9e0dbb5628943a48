import { describe, expect, it } from "vitest";
import { readProbe, readSnapshot } from "../../../../../src/ritual/dashboard/record.ts";
import { grafanaToken, startGrafana } from "../../../../support/grafana.ts";
import { dashboard, panel, shopAnswer, shopDashboard } from "../../../../support/grafana-dashboards.ts";
import { dashboardSteps, failureOf, never } from "../../../ritual/dashboard/world.ts";

type Json = Record<string, unknown>;
const shop = () => startGrafana({ dashboards: { shop: shopDashboard() }, answer: shopAnswer });
const posts = (grafana: Awaited<ReturnType<typeof shop>>, path: string) =>
  grafana.received.filter((one) => one.method === "POST" && one.path === path);

describe("the snapshot", () => {
  it("puts what the probe has seen into Grafana, as a snapshot is to be, and asks nothing a second time", async () => {
    const grafana = await shop();
    const { probe, snapshot, context, json, text, folder, secrets } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    expect(await snapshot.observe(context, never)).toMatchObject({ state: "needed" });
    const report = await snapshot.run(context, never);
    expect(grafana.problems).toEqual([]);
    expect(posts(grafana, "/api/ds/query")).toHaveLength(6);
    const [[key, { body }] = ["", { body: {} as Json }]] = [...grafana.snapshots];
    expect(body).toMatchObject({ name: "Shop v1.2.3", expires: 2_592_000, external: false });
    const sent = body["dashboard"] as { panels: Json[]; time: Json; uid: string };
    expect(sent.uid).toBe("shop");
    expect(sent.time).toEqual({ from: "2026-11-21T09:00:00.000Z", to: "2026-11-21T10:00:00.000Z" });
    expect(sent.panels.map(({ title }) => title)).toEqual([
      "Requests of cart + pay.v2",
      "Share of errors",
      "Read me",
      "Behind it",
      "Memory",
      "Slowest",
      "Same as memory",
      "Latency of eu",
      "Latency of us",
    ]);
    // Grafana's own page applies them to the data.
    expect(sent.panels[4]).toMatchObject({ transformations: [{ id: "organize" }] });
    expect(JSON.stringify(sent)).not.toContain("http_requests_total");
    expect(report.links).toContainEqual({
      label: "snapshot",
      url: `${grafana.url}/dashboard/snapshot/${key}`,
    });
    expect(report.message).toContain(
      "7 panels of dashboard Shop captured, from 2026-11-21T09:00:00Z to 2026-11-21T10:00:00Z; the snapshot in Grafana expires at ",
    );

    // Whoever has it may delete it: it is nowhere but in Grafana, and masked wherever it might turn up.
    const deleteKey = String(body["deleteKey"]);
    const everything = folder.list().map(text).join("\n") + JSON.stringify(report);
    expect(everything).toContain(key);
    expect(everything).not.toContain(deleteKey);
    expect(everything).not.toContain("snapshots-delete");
    expect(secrets.mask(`see ${deleteKey}`)).toBe("see ***");

    expect(readSnapshot(folder, context.release)).toMatchObject({
      captured: 7,
      notCaptured: [],
      snapshot: { key },
    });
    expect(readProbe(folder, context.release)).toMatchObject({ ok: true });
    expect(Object.keys(json("dashboard/snapshot.json").sha256)).toEqual([
      "dashboard/dashboard.json",
      "dashboard/frames.json",
      "dashboard/index.html",
    ]);
    // Which window it was is said, whatever is asked for now.
    const other = { ...context, release: { ...context.release, window: { from: 0, to: 1 } } };
    expect(await snapshot.observe(other, never)).toEqual({ state: "done", message: report.message });
    const gone = { url: "x", key: "k", expires: "2026-01-01T00:00:00Z" };
    const past = { ...json("dashboard/snapshot.json"), snapshot: gone };
    folder.write("dashboard/snapshot.json", JSON.stringify(past));
    const { message } = await snapshot.observe(context, never);
    expect(message).toContain("the snapshot in Grafana expired at 2026-01-01T00:00:00Z");
  });

  it("hands on by the folder what another process has seen", async () => {
    const grafana = await shop();
    const first = dashboardSteps(grafana.url);
    await first.probe.run(first.context, never);
    const second = dashboardSteps(grafana.url, { folder: first.folder.path });
    await second.snapshot.run(second.context, never);
    expect(posts(grafana, "/api/ds/query")).toHaveLength(6);
    expect(grafana.snapshots.size).toBe(1);
  });

  it("finds its own again after it was killed between sending and writing down, and after a lost answer", async () => {
    const grafana = await shop();
    const first = dashboardSteps(grafana.url);
    await first.probe.run(first.context, never);
    grafana.world.before = (request, response) => {
      if (request.path !== "/api/snapshots") return false;
      // It is made, and nobody hears of it.
      grafana.snapshots.set(JSON.parse(request.body).key, {
        body: JSON.parse(request.body),
        expires: "2026-12-21T10:00:00Z",
      });
      response.destroy();
      return true;
    };
    await first.snapshot.run(first.context, never);
    expect(first.json("dashboard/snapshot.json").snapshot.expires).toBe("2026-12-21T10:00:00Z");
    const again = dashboardSteps(grafana.url, { folder: first.folder.path });
    grafana.world.before = () => false;
    again.folder.write("dashboard/snapshot.json", "{");
    expect(await again.snapshot.observe(again.context, never)).toMatchObject({ state: "needed" });
    await again.snapshot.run(again.context, never);
    expect(grafana.snapshots.size).toBe(1);
    expect(posts(grafana, "/api/snapshots")).toHaveLength(1);
  });

  it("can be deleted by whoever has the token, with nothing written down", async () => {
    const grafana = await shop();
    const { snapshot, context } = dashboardSteps(grafana.url);
    await snapshot.run(context, never);
    const { keysOf } = await import("../../../../../src/ritual/dashboard/snapshot.ts");
    const { sha256 } = await import("../../../../../src/ritual/dashboard/record.ts");
    const framesSha256 = sha256(context.folder.read("dashboard/frames.json") ?? "");
    const { deleteKey } = keysOf(grafanaToken, { ...context.release, uid: "shop", framesSha256 });
    expect((await fetch(`${grafana.url}/api/snapshots-delete/${deleteKey}`)).status).toBe(200);
    expect(grafana.snapshots.size).toBe(0);
  });

  it("names what it did not capture, and fails when there is nothing at all", async () => {
    const grafana = await startGrafana({
      dashboards: {
        shop: dashboard("shop", "Shop", [
          panel(1, "Fine", ["up"]),
          panel(2, "Odd", ["broken"]),
          panel(3, "Void", ["empty"]),
        ]),
      },
      answer: shopAnswer,
    });
    const { snapshot, context, json } = dashboardSteps(grafana.url);
    const report = await snapshot.run(context, never);
    expect(report.warnings).toEqual([
      'panel 2 "Odd" is not in the snapshot: A: execution: expanding series: context deadline exceeded',
      'panel 3 "Void" is not in the snapshot: no data in the window',
    ]);
    expect(json("dashboard/snapshot.json")).toMatchObject({
      captured: 1,
      notCaptured: [{ id: 2 }, { id: 3 }],
    });
    grafana.world.answer = () => ({ frames: [] });
    const other = dashboardSteps(grafana.url);
    const error = await failureOf(other.snapshot.run(other.context, never));
    expect(error.message).toBe(
      "there is nothing to take a snapshot of: no panel of Shop has data between 2026-11-21T09:00:00.000Z and 2026-11-21T10:00:00.000Z",
    );
    expect(error.remedy).toContain("--from TIME");
    expect(other.folder.list()).toEqual([]);
    expect(grafana.snapshots.size).toBe(1);
  });

  it("says so when it may not be put into Grafana, and keeps the page without it where that is wanted", async () => {
    const grafana = await shop();
    grafana.world.refuse = { "/api/snapshots": 403 };
    const { probe, snapshot, context } = dashboardSteps(grafana.url);
    await probe.run(context, never);
    const error = await failureOf(snapshot.run(context, never));
    expect(error.message).toContain("the token may not (403)");
    expect(error.remedy).toContain("ritual.dashboard.snapshot: false");
    const pageOnly = dashboardSteps(grafana.url, { settings: { snapshot: false } });
    const report = await pageOnly.snapshot.run(pageOnly.context, never);
    expect(report.message).toBe(
      "7 panels of dashboard Shop captured, from 2026-11-21T09:00:00Z to 2026-11-21T10:00:00Z, with a page of its own",
    );
    expect(pageOnly.json("dashboard/snapshot.json").snapshot).toBeNull();
    expect(await pageOnly.snapshot.observe(pageOnly.context, never)).toMatchObject({ state: "done" });
  });

  it("marks a rehearsal, and lets it expire within a day", async () => {
    const grafana = await shop();
    const { snapshot, context, text } = dashboardSteps(grafana.url, {
      release: { tag: "v1.2.3-test", rehearsal: true },
    });
    await snapshot.run(context, never);
    const [{ body } = { body: {} as Json }] = [...grafana.snapshots.values()];
    expect(body).toMatchObject({ name: "[rehearsal] Shop v1.2.3-test", expires: 86_400 });
    expect(text("dashboard/index.html")).toContain("Rehearsal: this is no release.");
  });

  it("shows what it would send, reads only, and asks each panel once for both steps", async () => {
    const grafana = await shop();
    const { probe, snapshot, context, folder } = dashboardSteps(grafana.url);
    const [table] = await probe.preview(context, never);
    expect(table?.body).toContain("**8 panels: 7 ok, 1 not queried**");
    const [, post] = await snapshot.preview(context, never);
    expect(post?.to).toBe(`POST ${grafana.url}/api/snapshots`);
    const shown = JSON.parse(post?.body ?? "");
    expect(shown.dashboard.panels[0].targets[0].snapshot).toBe("<2 frames>");
    expect(shown.deleteKey).toBe("<set when the snapshot is made; never shown>");
    expect(folder.list()).toEqual([]);
    expect(grafana.snapshots.size).toBe(0);
    expect(posts(grafana, "/api/ds/query")).toHaveLength(6);
  });

  it("lets no secret out that stands in the dashboard, whoever knows it", async () => {
    const github = ["ghp", "R4nd0mL00kingT0kenThatN0b0dyMade1234".slice(0, 36)].join("_");
    const bearer = ["eyJhbGciOiJIUzI1NiJ9", "payload0payload", "signature0signature"].join(".");
    const password = ["hunter", "2hunter", "2"].join("");
    const inEnvironment = ["from", "the", "environment", "42"].join("-");
    const [apiKey, session] = [["key", "of", "7"].join("0"), ["session", "9f3a61", "c2"].join("-")];
    const odd = panel(1, `Token ${github}`, ["up"], {
      description: `ask with ${inEnvironment}`,
      options: {
        headers: [
          ["Authorization", `Bearer ${bearer}`],
          ["X-Api-Key", apiKey],
        ],
        parameters: [{ name: "session-token", value: session }],
        url: `https://user:${password}@shop.example/x`,
      },
      targets: [
        {
          refId: "A",
          expr: "up",
          datasource: { type: "prometheus", uid: "prom" },
          jsonData: { apiToken: bearer },
        },
      ],
    });
    const grafana = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", [odd]) },
      answer: shopAnswer,
    });
    const { probe, snapshot, context, folder, text, json } = dashboardSteps(grafana.url, {
      env: { SHOP_TOKEN: inEnvironment },
    });
    const probed = await probe.run(context, never);
    const made = await snapshot.run(context, never);
    const out = [
      ...folder.list().map(text),
      JSON.stringify([probed, made]),
      JSON.stringify([...grafana.snapshots.values()].map(({ body }) => ({ ...body, deleteKey: "" }))),
    ].join("\n");
    for (const secret of [github, bearer, password, inEnvironment, apiKey, session, grafanaToken])
      expect(out).not.toContain(secret);
    expect(json("dashboard/probe.json").warnings[0]).toMatch(
      /^\d+ secrets in the dashboard or its data: masked/,
    );
    // What Grafana is asked is the query as it is.
    expect(grafana.queries[0]).toMatchObject({ jsonData: { apiToken: bearer } });
  });
});
