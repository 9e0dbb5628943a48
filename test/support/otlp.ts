import type { ServerResponse } from "node:http";
import { type Received, server } from "./server.ts";

/** A point as an OTLP receiver understands it. */
export interface OtlpPoint {
  readonly name: string;
  readonly kind: "gauge" | "sum";
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly at: bigint;
  readonly since: bigint | null;
}

export interface OtlpReceiver {
  /** Where metrics are taken. */
  readonly url: string;
  /** Without the path, as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  readonly endpoint: string;
  readonly requests: readonly Received[];
  /** What it has taken. */
  readonly points: OtlpPoint[];
  /** What was wrong with requests, by the specification: must stay empty. */
  readonly wrong: string[];
}

export type OtlpAnswer = (response: ServerResponse, n: number) => void;

type Fields = Readonly<Record<string, unknown>>;

/** Takes metrics over OTLP/HTTP with JSON, and holds every request against the specification. */
export async function otlpReceiver(answer: OtlpAnswer = accept): Promise<OtlpReceiver> {
  const points: OtlpPoint[] = [];
  const wrong: string[] = [];
  const running = await server((request, response, n) => {
    for (const point of check(request, wrong)) points.push(point);
    answer(response, n);
  });
  return {
    url: `${running.url}/v1/metrics`,
    endpoint: running.url,
    requests: running.received,
    points,
    wrong,
  };
}

export function accept(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" }).end('{"partialSuccess":{}}');
}

export function partly(rejected: string | number, errorMessage: string): OtlpAnswer {
  return (response) => {
    const body = JSON.stringify({ partialSuccess: { rejectedDataPoints: rejected, errorMessage } });
    response.writeHead(200, { "content-type": "application/json" }).end(body);
  };
}

function check({ method, path, headers, body }: Received, wrong: string[]): OtlpPoint[] {
  const demand = (holds: boolean, what: string) => void (holds || wrong.push(what));
  demand(method === "POST", `method ${method}`);
  demand(path === "/v1/metrics", `path ${path}`);
  demand(headers["content-type"] === "application/json", `content type ${headers["content-type"]}`);
  demand(headers["content-length"] === String(Buffer.byteLength(body)), "content length");
  const only = (fields: Fields, names: readonly string[], where: string) => {
    for (const name of Object.keys(fields)) demand(names.includes(name), `${where} has ${name}`);
  };
  const list = (value: unknown, where: string): readonly Fields[] => {
    demand(Array.isArray(value), `${where} is no list`);
    return Array.isArray(value) ? value : [];
  };
  const labelsOf = (value: unknown, where: string): Record<string, string> => {
    const attributes = list(value, where).map((attribute) => {
      only(attribute, ["key", "value"], where);
      const { stringValue } = Object(attribute["value"]) as { stringValue?: unknown };
      demand(typeof attribute["key"] === "string" && attribute["key"] !== "", `${where}: key`);
      demand(typeof stringValue === "string", `${where}: value`);
      return [String(attribute["key"]), String(stringValue)] as const;
    });
    const labels = Object.fromEntries(attributes);
    demand(Object.keys(labels).length === attributes.length, `${where}: a key twice`);
    return labels;
  };
  const nanoseconds = (value: unknown, where: string): bigint => {
    demand(typeof value === "string" && /^[1-9]\d*$/.test(value), `${where} is no decimal string`);
    return typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : 0n;
  };
  const pointOf = (metric: Fields, data: Fields, kind: "gauge" | "sum"): OtlpPoint => {
    only(data, ["attributes", "startTimeUnixNano", "timeUnixNano", "asDouble", "asInt"], "data point");
    const at = nanoseconds(data["timeUnixNano"], "timeUnixNano");
    const since =
      data["startTimeUnixNano"] === undefined
        ? null
        : nanoseconds(data["startTimeUnixNano"], "startTimeUnixNano");
    demand(since === null || since <= at, "a point begins after its end");
    demand(kind === "gauge" || since !== null, "a sum without a start");
    const { asDouble, asInt } = data;
    demand((asDouble === undefined) !== (asInt === undefined), "a value, once");
    demand(asDouble === undefined || typeof asDouble === "number", "asDouble is no number");
    demand(
      asInt === undefined || (typeof asInt === "string" && /^-?\d+$/.test(asInt)),
      "asInt is no decimal string",
    );
    const labels = labelsOf(data["attributes"], "attributes");
    return {
      ...{ name: String(metric["name"]), unit: String(metric["unit"]), kind, labels, at, since },
      value: Number(asDouble ?? asInt),
    };
  };
  const metricOf = (metric: Fields): OtlpPoint[] => {
    only(metric, ["name", "description", "unit", "gauge", "sum"], "metric");
    demand(/^[A-Za-z][\w./-]{0,254}$/.test(String(metric["name"])), `name ${metric["name"]}`);
    demand((metric["gauge"] === undefined) !== (metric["sum"] === undefined), "one kind of data");
    const kind = metric["gauge"] === undefined ? "sum" : "gauge";
    const data = Object(metric[kind]) as Fields;
    only(
      data,
      kind === "gauge" ? ["dataPoints"] : ["dataPoints", "aggregationTemporality", "isMonotonic"],
      kind,
    );
    if (kind === "sum") {
      demand(data["aggregationTemporality"] === 2, "not cumulative, as a number");
      demand(data["isMonotonic"] === true, "not monotonic");
    }
    return list(data["dataPoints"], "dataPoints").map((point) => pointOf(metric, point, kind));
  };
  const all = list(parsed(body, wrong)["resourceMetrics"], "resourceMetrics").flatMap((resourceMetrics) => {
    only(resourceMetrics, ["resource", "scopeMetrics"], "resourceMetrics");
    const resource = labelsOf((resourceMetrics["resource"] as Fields)["attributes"], "resource");
    demand(resource["service.name"] !== undefined, "no service.name");
    return list(resourceMetrics["scopeMetrics"], "scopeMetrics").flatMap((scopeMetrics) => {
      only(scopeMetrics, ["scope", "metrics"], "scopeMetrics");
      return list(scopeMetrics["metrics"], "metrics").flatMap(metricOf);
    });
  });
  const identities = all.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
  demand(new Set(identities).size === identities.length, "one series twice");
  return all;
}

function parsed(body: string, wrong: string[]): Fields {
  try {
    return JSON.parse(body) as Fields;
  } catch {
    wrong.push("no JSON");
    return {};
  }
}
