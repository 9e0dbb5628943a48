import type { ServerResponse } from "node:http";
import type { GrafanaWorld } from "./grafana.ts";

type Json = Record<string, unknown>;

export type QueryAnswer = { readonly frames: readonly unknown[] } | { readonly error: string };

interface Place {
  readonly world: GrafanaWorld;
  readonly problems: string[];
  readonly queries: Json[];
  readonly say: (response: ServerResponse, status: number, body: unknown) => unknown;
  readonly refused: (response: ServerResponse, status: number, message?: string) => unknown;
}

/** `POST /api/ds/query`, with what the query service refuses. */
export async function grafanaAnswers(place: Place, body: Json, response: ServerResponse): Promise<unknown> {
  const { world, problems, queries, say, refused } = place;
  const asked = (body["queries"] ?? []) as Json[];
  if (asked.length === 0) return refused(response, 400, "no queries found");
  const window = { from: Number(body["from"]), to: Number(body["to"]) };
  if (typeof body["from"] !== "string" || !(window.to > window.from)) {
    problems.push(`a window from ${String(body["from"])} to ${String(body["to"])}`);
    return refused(response, 400);
  }
  const sources = new Set<string>();
  for (const query of asked) {
    queries.push(query);
    const { uid } = Object(query["datasource"]) as { uid?: string };
    if (uid === undefined) return refused(response, 400, "missing data source ID/UID");
    if (uid !== "__expr__" && !world.dataSources.some((one) => one.uid === uid)) {
      return refused(response, 404, "Data source not found");
    }
    sources.add(uid);
    for (const name of ["intervalMs", "maxDataPoints"]) {
      if (!(Number.isInteger(query[name]) && Number(query[name]) > 0))
        problems.push(`${name}: ${String(query[name])}`);
    }
  }
  if (new Set(asked.map(({ refId }) => refId)).size < asked.length) {
    return refused(response, 400, "multiple queries using the same RefId is not allowed");
  }
  if (sources.size > 1 && !sources.has("__expr__")) {
    return refused(response, 400, "all queries must use the same datasource");
  }
  const results = await Promise.all(
    asked
      .filter(({ hide }) => hide !== true)
      .map(async (query) => [String(query["refId"]), await answered(world, query, window)] as const),
  );
  const failed = results.some(([, answer]) => "error" in answer);
  return say(response, failed ? 400 : 200, {
    results: Object.fromEntries(
      results.map(([refId, answer]) => [
        refId,
        "error" in answer
          ? { error: answer.error, errorSource: "downstream", status: 400, frames: [] }
          : { status: 200, frames: answer.frames },
      ]),
    ),
  });
}

async function answered(
  world: GrafanaWorld,
  query: Json,
  window: { from: number; to: number },
): Promise<QueryAnswer> {
  const expr = builtins(String(query["expr"] ?? ""), Number(query["intervalMs"]), window);
  const left = /\$\{?\w+/.exec(expr)?.[0];
  if (left !== undefined) return { error: `bad_data: 1:1: parse error: unexpected character: '${left}'` };
  if (world.prometheus === undefined) return world.answer({ ...query, expr }, window);
  const step = Math.max(1, Number(query["intervalMs"]) / 1000);
  const url = new URL(`${world.prometheus}/api/v1/query_range`);
  const fields = { query: expr, start: window.from / 1000, end: window.to / 1000, step };
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, String(value));
  const answer = (await (await fetch(url)).json()) as {
    status: string;
    error?: string;
    errorType?: string;
    data?: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  if (answer.status !== "success") return { error: `${answer.errorType}: ${answer.error}` };
  return {
    frames: (answer.data?.result ?? []).map(({ metric, values }) =>
      series(
        String(query["refId"]),
        metric,
        values.map(([at, value]) => [at * 1000, Number.isNaN(Number(value)) ? null : Number(value)]),
      ),
    ),
  };
}

/** What Grafana's Prometheus plugin fills in on the server. */
function builtins(expr: string, intervalMs: number, { from, to }: { from: number; to: number }): string {
  const names: Record<string, string> = {
    __interval_ms: String(intervalMs),
    __interval: `${Math.max(1, Math.round(intervalMs / 1000))}s`,
    __rate_interval: `${Math.max(60, Math.round(intervalMs / 1000) + 15)}s`,
    __range_s: String(Math.round((to - from) / 1000)),
    __range_ms: String(to - from),
    __range: `${Math.round((to - from) / 1000)}s`,
  };
  return expr.replace(/\$\{?(__\w+?)\}?(?!\w)/g, (whole, name: string) => names[name] ?? whole);
}

/** A frame as the Prometheus plugin makes it. */
export function series(
  refId: string,
  labels: Readonly<Record<string, string>>,
  points: readonly (readonly [at: number, value: number | null])[],
  name = "Value",
): unknown {
  const { __name__: _, ...shown } = labels;
  const said = Object.entries(shown).map(([key, value]) => `${key}="${value}"`);
  return {
    schema: {
      refId,
      meta: { type: "timeseries-multi", custom: { resultType: "matrix" }, executedQueryString: "Expr: …" },
      fields: [
        { name: "Time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: 15_000 } },
        {
          name,
          type: "number",
          typeInfo: { frame: "float64", nullable: true },
          labels,
          config: { displayNameFromDS: said.length === 0 ? name : `{${said.join(", ")}}` },
        },
      ],
    },
    data: { values: [points.map(([at]) => at), points.map(([, value]) => value)] },
  };
}
