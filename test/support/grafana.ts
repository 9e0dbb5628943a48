import type { ServerResponse } from "node:http";
import { grafanaAnswers, type QueryAnswer } from "./grafana-query.ts";
import { isJson, snapshotProblems } from "./grafana-rules.ts";
import { type Received, server } from "./server.ts";

type Json = Record<string, unknown>;

/** The token that the stand-in accepts. Put together here, so that no secret stands in a file. */
export const grafanaToken = ["glsa", "0123456789abcdef".repeat(2), "0badcafe"].join("_");

export interface GrafanaWorld {
  /** Under a path, as behind a proxy: `/grafana`. */
  path: string;
  version: string;
  database: string;
  dashboards: Record<string, Json>;
  libraryPanels: Record<string, Json>;
  dataSources: { uid: string; name: string; type: string; isDefault?: boolean }[];
  /** What a data source answers; a real Prometheus answers where there is a URL for it. */
  answer: (query: Json, window: { from: number; to: number }) => QueryAnswer | Promise<QueryAnswer>;
  prometheus: string | undefined;
  /** Status codes by the beginning of a path: `{"/api/ds/query": 403}`. */
  refuse: Record<string, number>;
  /** What happens to every request instead of an answer. */
  trouble: "none" | "down" | "hang" | "html" | "login" | "not-json";
  /** Called before a request is answered: throws a connection away, moves a clock … */
  before: (request: Received, response: ServerResponse) => boolean;
}

export interface GrafanaStandIn {
  readonly url: string;
  readonly world: GrafanaWorld;
  readonly received: readonly Received[];
  /** What real Grafana would have refused, or would have shown wrongly: empty when all was well. */
  readonly problems: string[];
  readonly snapshots: Map<string, { body: Json; expires: string }>;
  readonly annotations: Json[];
  readonly pushed: { stream: string; lines: string }[];
  /** Every query that came, in order. */
  readonly queries: Json[];
}

const words: Readonly<Record<number, string>> = {
  400: "bad request data",
  401: "Invalid API key",
  403: "You'll need additional permissions to perform this action. Permissions needed: any of them",
  404: "Not found",
  500: "Query data error",
  502: "Bad gateway",
  503: "Service unavailable",
};

/** A Grafana that checks what it is asked, by its own API's rules. Gone when the test is. */
export async function startGrafana(given: Partial<GrafanaWorld> = {}): Promise<GrafanaStandIn> {
  const world: GrafanaWorld = {
    path: "",
    version: "12.4.1",
    database: "ok",
    dashboards: {},
    libraryPanels: {},
    dataSources: [{ uid: "prom", name: "Prometheus", type: "prometheus", isDefault: true }],
    answer: () => ({ frames: [] }),
    prometheus: undefined,
    refuse: {},
    trouble: "none",
    before: () => false,
    ...given,
  };
  const problems: string[] = [];
  const snapshots: GrafanaStandIn["snapshots"] = new Map();
  const annotations: Json[] = [];
  const pushed: GrafanaStandIn["pushed"] = [];
  const queries: Json[] = [];
  const say = (response: ServerResponse, status: number, body: unknown) =>
    response
      .writeHead(status, { "content-type": "application/json; charset=UTF-8" })
      .end(JSON.stringify(body));
  const refused = (response: ServerResponse, status: number, message = words[status]) =>
    say(response, status, { message, messageId: "stand-in" });

  const http = await server((request, response) => {
    if (world.before(request, response)) return;
    if (world.trouble === "down") return void response.destroy();
    if (world.trouble === "hang") return;
    if (world.trouble === "html") {
      return void response
        .writeHead(200, { "content-type": "text/html" })
        .end("<!doctype html><title>Log in</title>");
    }
    if (world.trouble === "login")
      return void response.writeHead(302, { location: `${world.path}/login?next=/` }).end();
    if (world.trouble === "not-json") return void response.writeHead(200).end("hello");
    route(request, response).catch((error: unknown) => {
      problems.push(`the stand-in failed: ${String(error)}`);
      refused(response, 500);
    });
  });

  async function route(request: Received, response: ServerResponse): Promise<unknown> {
    const url = new URL(request.path, "http://x");
    if (!url.pathname.startsWith(`${world.path}/api/`)) {
      problems.push(`${request.method} ${url.pathname} is no part of the API`);
      return response.writeHead(404, { "content-type": "text/html" }).end("<html>not found</html>");
    }
    const path = url.pathname.slice(world.path.length);
    const [, status] = Object.entries(world.refuse).find(([start]) => path.startsWith(start)) ?? [];
    if (status !== undefined) return refused(response, status);
    if (path === "/api/health") {
      return say(response, world.database === "ok" ? 200 : 503, {
        commit: "0badcafe",
        database: world.database,
        version: world.version,
      });
    }
    const snapshot = /^\/api\/snapshots\/([^/]+)$/.exec(path)?.[1];
    if (snapshot !== undefined && request.method === "GET") return lookAt(snapshot, response);
    const remove = /^\/api\/snapshots-delete\/([^/]+)$/.exec(path)?.[1];
    if (remove !== undefined) return takeAway(remove, response);
    // From here on nobody is let in without a token.
    if (request.headers.authorization !== `Bearer ${grafanaToken}`) return refused(response, 401);
    if (request.method === "POST") return posted(path, request, response);
    if (request.method !== "GET") return refused(response, 404);
    return asked(path, url, response);
  }

  function asked(path: string, url: URL, response: ServerResponse): unknown {
    const uid = /^\/api\/dashboards\/uid\/([^/]+)$/.exec(path)?.[1];
    if (uid !== undefined) {
      const dashboard = world.dashboards[decodeURIComponent(uid)];
      if (!dashboard) return refused(response, 404, "Dashboard not found");
      return say(response, 200, { meta: { isFolder: false, provisioned: false }, dashboard });
    }
    const library = /^\/api\/library-elements\/([^/]+)$/.exec(path)?.[1];
    if (library !== undefined) {
      const model = world.libraryPanels[decodeURIComponent(library)];
      if (!model) return refused(response, 404, "library element could not be found");
      return say(response, 200, { result: { uid: library, kind: 1, version: 1, model } });
    }
    if (path === "/api/frontend/settings") {
      return say(response, 200, {
        buildInfo: { version: world.version },
        defaultDatasource: world.dataSources.find(({ isDefault }) => isDefault)?.name ?? "",
        datasources: Object.fromEntries(
          world.dataSources.map((one) => [one.name, { ...one, url: "/api/datasources" }]),
        ),
      });
    }
    if (path === "/api/annotations") {
      const tags = url.searchParams.getAll("tags");
      const of = url.searchParams.get("dashboardUID");
      const [from, to] = ["from", "to"].map((name) => url.searchParams.get(name));
      const found = annotations.filter(
        (one) =>
          tags.every((tag) => (one["tags"] as string[]).includes(tag)) &&
          (of === null || one["dashboardUID"] === of) &&
          (from == null || Number(one["timeEnd"]) >= Number(from)) &&
          (to == null || Number(one["time"]) <= Number(to)),
      );
      return say(response, 200, found.slice(0, Number(url.searchParams.get("limit") ?? 100)));
    }
    problems.push(`GET ${path} is nothing that Grafana has`);
    return refused(response, 404);
  }

  async function posted(path: string, request: Received, response: ServerResponse): Promise<unknown> {
    const stream = /^\/api\/live\/push\/([^/]+)$/.exec(path)?.[1];
    if (stream !== undefined) {
      const lines = request.body.split("\n").filter((line) => line !== "");
      const wrong = lines.find((line) => !/^[^\s,]+(,[^\s=]+=(\\.|[^\s])+)* [^\s=]+=.+$/.test(line));
      if (wrong !== undefined || lines.length === 0) {
        problems.push(`no line protocol: ${wrong}`);
        return response.writeHead(400).end();
      }
      pushed.push({ stream: decodeURIComponent(stream), lines: request.body });
      return response.writeHead(200).end();
    }
    if (!/^application\/json/.test(request.headers["content-type"] ?? "")) {
      problems.push(`POST ${path} without the type of JSON`);
      return refused(response, 400);
    }
    if (!isJson(request.body)) return refused(response, 400);
    const body = JSON.parse(request.body) as Json;
    if (path === "/api/ds/query")
      return grafanaAnswers({ world, problems, queries, say, refused }, body, response);
    if (path === "/api/annotations") return annotate(body, response);
    if (path === "/api/snapshots") return take(body, response);
    problems.push(`POST ${path} is nothing that Grafana has`);
    return refused(response, 404);
  }

  function annotate(body: Json, response: ServerResponse): unknown {
    if (typeof body["text"] !== "string" || body["text"] === "") {
      return refused(response, 400, "Failed to save annotation: text field should not be empty");
    }
    const tags = (body["tags"] ?? []) as unknown[];
    if (!tags.every((tag) => typeof tag === "string")) return refused(response, 400);
    for (const name of ["time", "timeEnd"]) {
      if (body[name] !== undefined && !(Number.isInteger(body[name]) && Number(body[name]) > 1e12)) {
        problems.push(`annotation's ${name} is not milliseconds since 1970`);
      }
    }
    const uid = body["dashboardUID"] as string | undefined;
    if (uid !== undefined && !world.dashboards[uid]) return refused(response, 404, "Dashboard not found");
    const id = annotations.length + 1;
    const time = body["time"] ?? Date.now();
    annotations.push({ id, panelId: 0, userId: 0, ...body, tags, time, timeEnd: body["timeEnd"] ?? time });
    return say(response, 200, { message: "Annotation added", id });
  }

  function take(body: Json, response: ServerResponse): unknown {
    problems.push(...snapshotProblems(body));
    const dashboard = Object(body["dashboard"]) as Json;
    if (!world.dashboards[String(dashboard["uid"])]) return refused(response, 400, "Dashboard not found");
    const key = String(body["key"] ?? `random${snapshots.size}`);
    const deleteKey = String(body["deleteKey"] ?? `delete${snapshots.size}`);
    if (snapshots.has(key)) return refused(response, 500, "Failed to create snapshot");
    const expires = new Date(Date.now() + Number(body["expires"]) * 1000).toISOString();
    snapshots.set(key, { body, expires });
    // As a Grafana that was never told its own address.
    return say(response, 200, {
      key,
      deleteKey,
      url: `http://localhost:3000/dashboard/snapshot/${key}`,
      deleteUrl: `http://localhost:3000/api/snapshots-delete/${deleteKey}`,
      id: snapshots.size,
    });
  }

  function lookAt(key: string, response: ServerResponse): unknown {
    const found = snapshots.get(key);
    if (!found) return refused(response, 404, "Failed to get dashboard snapshot");
    const meta = { type: "snapshot", isSnapshot: true, expires: found.expires };
    return say(response, 200, { meta, dashboard: found.body["dashboard"] });
  }

  function takeAway(deleteKey: string, response: ServerResponse): unknown {
    const [key] = [...snapshots].find(([, { body }]) => body["deleteKey"] === deleteKey) ?? [];
    if (key === undefined) return refused(response, 404, "Failed to get dashboard snapshot");
    snapshots.delete(key);
    return say(response, 200, { message: "Snapshot deleted." });
  }

  return {
    url: `${http.url}${world.path}`,
    world,
    received: http.received,
    problems,
    snapshots,
    annotations,
    pushed,
    queries,
  };
}
