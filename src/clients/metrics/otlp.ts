import { StepFailure } from "../../core/step.ts";
import { count, printable, showUrl } from "../../core/text.ts";
import type { HttpWriter } from "../readers.ts";
import { type DeliverLimits, deliver, deliverLimits } from "./deliver.ts";
import { byMetric, type MetricPoint } from "./point.ts";
import type { Pusher } from "./pusher.ts";

export interface OtlpPlace {
  /** The whole URL: `https://host:4318/v1/metrics`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which variables the headers come from, for people. */
  readonly access: string;
  /** `service.name` and whatever else describes who sends. */
  readonly resource: Readonly<Record<string, string>>;
  /** This tool's version. */
  readonly toolVersion: string;
  readonly limits?: DeliverLimits;
}

const whom = "the OTLP receiver";
/** OTLP/HTTP names these four, and no others. */
const again = (status: number) => [429, 502, 503, 504].includes(status);
const cumulative = 2;

/** OTLP/HTTP with JSON, as the specification has it. */
export function createOtlp(http: Pick<HttpWriter, "send">, place: OtlpPlace): Pusher {
  const { url, access, limits = deliverLimits } = place;
  const headers = { ...place.headers, "Content-Type": "application/json" };
  const send = (body: string, signal: AbortSignal) =>
    deliver(http, { url, method: "POST", headers, body, whom, again, access }, limits, signal);
  return {
    name: "otlp",
    to: `POST ${showUrl(url)}`,
    type: "application/json",
    render: (points) => JSON.stringify(request(points, place), null, 2),
    async push(points, signal) {
      const { body } = await send(JSON.stringify(request(points, place)), signal);
      const { rejected, message } = partialSuccess(body);
      if (rejected > 0n) {
        throw new StepFailure(
          `${whom} at ${showUrl(url)} rejected ${count(Number(rejected), "data point")} of ${points.length}${message && `: ${message}`}`,
          "see the receiver's log",
          true,
        );
      }
      return message ? [`${whom} warns: ${message}`] : [];
    },
    async probe(signal) {
      // A request without data is answered like any other, and leaves nothing behind.
      await send(JSON.stringify({ resourceMetrics: [] }), signal);
    },
  };
}

function request(points: readonly MetricPoint[], { resource, toolVersion }: OtlpPlace): object {
  const metrics = byMetric(points).map((group) => {
    const [{ name, help, unit, kind }] = group;
    const dataPoints = group.map(dataPoint);
    const data =
      kind === "gauge"
        ? { gauge: { dataPoints } }
        : { sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } };
    return { name, description: help, unit, ...data };
  });
  const scope = { name: "release-sentinel", version: toolVersion };
  const scopeMetrics = [{ scope, metrics }];
  return { resourceMetrics: [{ resource: { attributes: attributes(resource) }, scopeMetrics }] };
}

/** 64-bit integers are strings in its JSON. */
function dataPoint({ labels, value, at, kind, since }: MetricPoint): object {
  return {
    attributes: attributes(labels),
    ...(since === undefined ? {} : { startTimeUnixNano: nanoseconds(since) }),
    timeUnixNano: nanoseconds(at),
    ...(kind === "sum" ? { asInt: String(Math.round(value)) } : { asDouble: value }),
  };
}

function attributes(labels: Readonly<Record<string, string>>): object[] {
  return Object.entries(labels).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function nanoseconds(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}

/** What the receiver took only in part; an answer that is no JSON says nothing of it. */
function partialSuccess(body: string): { readonly rejected: bigint; readonly message: string } {
  try {
    const { partialSuccess: partial } = JSON.parse(body) as {
      partialSuccess?: Record<string, unknown> | null;
    };
    const rejected = String(partial?.["rejectedDataPoints"] ?? "0");
    const message = partial?.["errorMessage"];
    return {
      rejected: /^\d+$/.test(rejected) ? BigInt(rejected) : 0n,
      message: typeof message === "string" ? printable(message, 300) : "",
    };
  } catch {
    return { rejected: 0n, message: "" };
  }
}
