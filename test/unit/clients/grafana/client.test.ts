import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { createGrafana } from "../../../../src/clients/grafana/client.ts";
import { GrafanaFailure } from "../../../../src/clients/grafana/failure.ts";
import { createHttp } from "../../../../src/clients/http.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { grafanaToken, startGrafana } from "../../../support/grafana.ts";
import { dashboard } from "../../../support/grafana-dashboards.ts";
import { server } from "../../../support/server.ts";

const never = new AbortController().signal;

function clientOf(url: string, more: { token?: string; timeoutMs?: number } = {}) {
  const secrets = new Secrets();
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  return {
    secrets,
    grafana: createGrafana({ url, token: grafanaToken, http, secrets, pauseMs: 1, ...more }),
  };
}

async function failing(work: Promise<unknown> | (() => unknown)): Promise<GrafanaFailure> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof GrafanaFailure) return error;
    throw error;
  }
  throw new Error("was to fail");
}

const deploy = {
  text: "v1.2.3",
  tags: ["deploy", "v1.2.3"],
  time: 1_795_280_400_000,
  timeEnd: 1_795_280_520_000,
};
const snapshot = { name: "x", expires: 60, key: "k".repeat(32), deleteKey: ["d", "x"].join("").repeat(16) };

describe("Grafana's client", () => {
  it("finds the annotations that it creates, by all of their tags and within their time", async () => {
    const world = await startGrafana({ dashboards: { shop: dashboard("shop", "Shop", []) } });
    const { grafana } = clientOf(world.url);
    expect(await grafana.findAnnotations({ tags: ["deploy"] }, never)).toEqual([]);
    expect(await grafana.createAnnotation({ ...deploy, dashboardUid: "shop" }, never)).toBe(1);
    const search = {
      tags: ["deploy", "v1.2.3"],
      from: deploy.time,
      to: deploy.timeEnd,
      dashboardUid: "shop",
    };
    expect(await grafana.findAnnotations(search, never)).toEqual([
      { id: 1, ...deploy, dashboardUid: "shop" },
    ]);
    expect(await grafana.findAnnotations({ ...search, tags: ["deploy", "v1.2.4"] }, never)).toEqual([]);
    expect((await failing(grafana.createAnnotation({ ...deploy, dashboardUid: "none" }, never))).kind).toBe(
      "missing",
    );
    expect(world.problems).toEqual([]);
  });

  it("pushes line protocol to Grafana Live", async () => {
    const world = await startGrafana();
    const { grafana } = clientOf(world.url);
    await grafana.pushLive("release sentinel", "release,tag=v1.2.3 value=1 1795280400000000000\n", never);
    expect(world.pushed).toEqual([
      { stream: "release sentinel", lines: "release,tag=v1.2.3 value=1 1795280400000000000\n" },
    ]);
    expect(grafana.liveUrl("a/b")).toBe(`${world.url}/api/live/push/a%2Fb`);
    expect((await failing(grafana.pushLive("x", "no line", never))).message).toContain(
      "cannot push to Grafana Live",
    );
  });

  it("lives under a path, with a slash or /api behind it", async () => {
    const world = await startGrafana({ path: "/tools/grafana" });
    for (const end of ["", "/", "/api", "/api/"]) {
      expect(await clientOf(world.url + end).grafana.health(never)).toEqual({
        database: "ok",
        version: "12.4.1",
      });
    }
    expect(
      (await failing(clientOf(world.url.replace("/tools/grafana", "")).grafana.health(never))).kind,
    ).toBe("address");
    expect(clientOf(world.url).grafana.snapshotUrl("a b")).toBe(`${world.url}/dashboard/snapshot/a%20b`);
  });

  it.each([
    ["grafana.example", "is not an http(s) URL"],
    ["ftp://grafana.example", "is not an http(s) URL"],
    ["https://me@grafana.example", "may hold no user and password"],
    ["https://grafana.example/d/uid-1/shop", "is the address of a dashboard"],
  ])("refuses %s", async (url, message) => {
    expect((await failing(() => clientOf(url))).message).toContain(message);
  });

  it("has a word on an address that is not encrypted, but for this machine", () => {
    expect(clientOf("http://grafana.monitoring:3000/").grafana.notice).toContain(
      "http://grafana.monitoring:3000 unencrypted",
    );
    expect(clientOf("http://127.0.0.1:3000").grafana.notice).toBeNull();
    expect(clientOf("https://grafana.example").grafana.notice).toBeNull();
  });

  it("never asks a second time for what it writes, and says that it may have been done", async () => {
    const world = await startGrafana({
      dashboards: { shop: dashboard("shop", "Shop", []) },
      before(request, response) {
        if (request.method !== "POST") return false;
        response.writeHead(502, { "content-type": "text/html" }).end("<html>bad gateway</html>");
        return true;
      },
    });
    const { grafana } = clientOf(world.url);
    const error = await failing(grafana.createAnnotation(deploy, never));
    expect(error).toMatchObject({ kind: "down", uncertain: true, status: 502 });
    expect(world.received).toHaveLength(1);
  });

  it("takes the keys that delete a snapshot for secrets, those that Grafana answers too", async () => {
    const world = await startGrafana({ dashboards: { shop: dashboard("shop", "Shop", []) } });
    const { grafana, secrets } = clientOf(world.url);
    const made = await grafana.createSnapshot(
      { ...snapshot, dashboard: { uid: "shop", panels: [], time: {} } },
      never,
    );
    expect(made).toEqual({ key: snapshot.key, url: `${world.url}/dashboard/snapshot/${snapshot.key}` });
    expect(secrets.mask(`http://localhost:3000/api/snapshots-delete/${snapshot.deleteKey}`)).not.toContain(
      snapshot.deleteKey,
    );
    expect(await grafana.findSnapshot(snapshot.key, never)).toEqual({
      expires: expect.stringMatching(/^\d{4}-/),
    });
    expect(await grafana.findSnapshot("another", never)).toBeNull();
  });

  it("masks the key that Grafana chose by itself, too", async () => {
    const own = ["chosen", "by", "itself"].join("0");
    const { url } = await server((_request, response) =>
      response.end(
        JSON.stringify({ key: "abc", deleteKey: own, deleteUrl: `http://x/api/snapshots-delete/${own}` }),
      ),
    );
    const { grafana, secrets } = clientOf(url);
    await grafana.createSnapshot({ ...snapshot, dashboard: {} }, never);
    expect(secrets.mask(own)).toBe("***");
  });

  it("says that time was up, and does not wait for the second attempt", async () => {
    // It is up as soon as it has been asked, and never before.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { url, received } = await server(() => void vi.advanceTimersByTime(60_000));
    const error = await failing(clientOf(url, { timeoutMs: 60_000 }).grafana.health(never));
    expect(error.message).toBe("cannot ask for Grafana's health: no answer within 1 min");
    expect(received).toHaveLength(1);
  });

  it("cannot send a token with a line break in it", async () => {
    const error = await failing(clientOf("http://127.0.0.1:1", { token: "a\nb" }).grafana.health(never));
    expect(error.message).toContain("GRAFANA_API_KEY cannot be sent");
  });

  it("reads nothing that is nested so deep that whatever walks through it would fall", async () => {
    const nested = "[".repeat(100_000) + "]".repeat(100_000);
    const { url } = await server((request, response) =>
      response
        .writeHead(request.path.includes("query") ? 400 : 200, { "content-type": "application/json" })
        .end(`{"dashboard":{"title":"\\"[[","panels":${nested}},"results":${nested}}`),
    );
    const { grafana } = clientOf(url);
    for (const work of [
      () => grafana.dashboard("shop", never),
      () => grafana.query({ from: 1, to: 2, queries: [] }, 1e7, never),
    ]) {
      const error = await failing(work);
      expect(error.kind).toBe("too-large");
      expect(error.message).toContain("the answer is nested more than 200 deep");
    }
  });

  it("masks what Grafana says before it is cut: half a secret is one, too", async () => {
    const secret = ["Zq8", "Lk2", "mN5", "pR7"].join("").repeat(8);
    const said = `${"x".repeat(380)} ${secret}`;
    const world = await startGrafana({
      dashboards: { shop: dashboard("shop", said, []) },
      before(request, response) {
        if (!request.path.startsWith("/api/ds/query")) return false;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ results: { A: { status: 500, error: said } } }));
        return true;
      },
    });
    const { grafana, secrets } = clientOf(world.url);
    secrets.add(secret);
    const { results } = await grafana.query({ from: 1, to: 2, queries: [] }, 1e6, never);
    expect(results.get("A")?.error).toBe(`${"x".repeat(380)} ***`);
    expect((await grafana.dashboard("shop", never)).title).toBe(`${"x".repeat(380)} ***`);
  });

  it("takes what the good queries gave out of an answer in which one failed", async () => {
    const world = await startGrafana({
      answer: (query) =>
        query["expr"] === "bad" ? { error: "no such metric" } : { frames: [{ schema: { fields: [] } }] },
    });
    const { grafana } = clientOf(world.url);
    const of = (refId: string, expr: string) => ({
      refId,
      expr,
      datasource: { uid: "prom" },
      intervalMs: 1000,
      maxDataPoints: 10,
    });
    const { results } = await grafana.query(
      { from: 1, to: 2, queries: [of("A", "good"), of("B", "bad")] },
      1e6,
      never,
    );
    expect(results.get("A")).toEqual({ frames: [{ schema: { fields: [] } }], error: null });
    expect(results.get("B")).toEqual({ frames: [], error: "no such metric" });
    const none = await failing(grafana.query({ from: 1, to: 2, queries: [] }, 1e6, never));
    expect(none.message).toBe("cannot query the data source: Grafana answered 400: no queries found");
    const other = { ...of("A", "x"), datasource: { uid: "nobody" } };
    expect((await failing(grafana.query({ from: 1, to: 2, queries: [other] }, 1e6, never))).kind).toBe(
      "missing",
    );
    expect((await failing(grafana.query({ from: 1, to: 2, queries: [of("A", "x")] }, 10, never))).kind).toBe(
      "too-large",
    );
  });
});
