import { describe, expect, it } from "vitest";
import { startGrafana } from "../../../../support/grafana.ts";
import { accept, otlpReceiver } from "../../../../support/otlp.ts";
import { dashboards, grafanaOf, machine, otlpOf, world } from "./metrics-world.ts";

describe("the deploy in Grafana", () => {
  it("is marked over its span, once, also from a fresh machine", async () => {
    const grafana = await startGrafana({ dashboards });
    const here = world();
    const variables = grafanaOf(grafana.url);
    const first = machine(here, { variables });
    expect((await first.observe()).message).toMatch(/mark the deploy in Grafana$/);
    await first.run();
    expect(await first.observe()).toMatchObject({ state: "done" });
    await machine(here, { variables }).run();
    expect(grafana.problems).toEqual([]);
    const { commit, deployed } = here.release;
    expect(grafana.annotations).toMatchObject([
      {
        text: "Release v1.2.3 to prod",
        tags: ["release-sentinel", "version:v1.2.3", `commit:${commit}`, "environment:prod"],
        ...{ time: deployed.from, timeEnd: deployed.to, dashboardUID: "shop" },
      },
    ]);
    // With nothing but Grafana's variables the numbers go there too.
    expect(grafana.pushed.map(({ stream }) => stream)).toEqual(["release_sentinel", "release_sentinel"]);
    expect(first.metrics()?.annotation).toMatchObject({ id: expect.any(Number) });
  });

  it("is made again where somebody has deleted it, and the file, which may be archived, stays as it is", async () => {
    const grafana = await startGrafana({ dashboards });
    const here = machine(world(), { variables: grafanaOf(grafana.url) });
    await here.run();
    const before = here.folder.read("metrics.json");
    grafana.annotations.length = 0;
    grafana.annotations.push({ id: 500, text: "somebody else's", tags: [], time: 1 });
    expect((await here.observe()).message).toBe("mark the deploy in Grafana");
    await here.run();
    expect(grafana.annotations).toHaveLength(2);
    expect(here.folder.read("metrics.json")).toEqual(before);
  });

  it("is looked for when the answer was lost", async () => {
    const grafana = await startGrafana({ dashboards });
    const receiver = await otlpReceiver(accept);
    const variables = { ...otlpOf(receiver.endpoint), ...grafanaOf(grafana.url) };
    grafana.world.before = (request, response) => {
      if (request.method !== "POST" || !request.path.startsWith("/api/annotations")) return false;
      const annotation = JSON.parse(request.body) as Record<string, unknown>;
      grafana.annotations.push({ id: 77, ...annotation });
      response.destroy();
      return true;
    };
    const here = machine(world(), { variables });
    await here.run();
    expect(grafana.annotations).toHaveLength(1);
    expect(here.metrics()?.annotation?.id).toBe(77);
  });

  it("cannot be found out while Grafana is down, and is no done then", async () => {
    const grafana = await startGrafana({ trouble: "down" });
    const here = machine(world(), { variables: grafanaOf(grafana.url) });
    expect(await here.observe()).toMatchObject({
      state: "unknown",
      message: expect.stringContaining("annotations"),
    });
  });

  it("fails with a remedy when it may not be marked", async () => {
    const grafana = await startGrafana({ dashboards });
    const receiver = await otlpReceiver();
    const variables = { ...otlpOf(receiver.endpoint), ...grafanaOf(grafana.url) };
    grafana.world.before = (request, response) => {
      if (request.method !== "POST") return false;
      response.writeHead(403, { "content-type": "application/json" }).end('{"message":"no permission"}');
      return true;
    };
    const here = machine(world(), { variables });
    await expect(here.run()).rejects.toMatchObject({
      message: expect.stringMatching(/cannot create an annotation/),
      remedy: expect.stringContaining("annotations:create"),
    });
    expect(await here.marks()).toHaveLength(1);
  });

  it("is not marked where that is switched off", async () => {
    const grafana = await startGrafana({ dashboards });
    const here = machine(world(), { variables: grafanaOf(grafana.url), settings: { annotation: false } });
    await here.run();
    expect(grafana.annotations).toEqual([]);
  });
});
