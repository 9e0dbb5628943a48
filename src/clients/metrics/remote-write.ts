import { Writer } from "protobufjs/minimal.js";
import { compress } from "snappyjs";
import { showUrl } from "../../core/text.ts";
import type { HttpWriter } from "../readers.ts";
import { type DeliverLimits, deliver, deliverLimits } from "./deliver.ts";
import { byMetric, type MetricPoint } from "./point.ts";
import type { Pusher } from "./pusher.ts";

export interface RemoteWritePlace {
  /** The whole URL: `http://host:9090/api/v1/write`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Which variables the headers come from, for people. */
  readonly access: string;
  readonly limits?: DeliverLimits;
}

interface TimeSeries {
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
}

interface MetricMetadata {
  readonly type: "COUNTER" | "GAUGE";
  readonly metricFamilyName: string;
  readonly help: string;
  readonly unit: string;
}

interface WriteRequest {
  readonly timeseries: readonly TimeSeries[];
  readonly metadata: readonly MetricMetadata[];
}

const whom = "the remote-write receiver";
/** What is refused with another 4xx is refused for ever. */
const again = (status: number) => status === 429 || status >= 500;

/** Prometheus remote write 1.0: protobuf in snappy's block format. */
export function createRemoteWrite(http: Pick<HttpWriter, "send">, place: RemoteWritePlace): Pusher {
  const { url, access, limits = deliverLimits } = place;
  const headers = {
    ...place.headers,
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
  };
  const send = (request: WriteRequest, signal: AbortSignal) => {
    const body = compress(encode(request));
    return deliver(http, { url, method: "POST", headers, body, whom, again, access }, limits, signal);
  };
  return {
    name: "remote-write",
    to: `POST ${showUrl(url)}`,
    type: "application/x-protobuf (shown as JSON)",
    render: (points) => JSON.stringify(requestOf(points), null, 2),
    async push(points, signal) {
      await send(requestOf(points), signal);
      return [];
    },
    async probe(signal) {
      await send({ timeseries: [], metadata: [] }, signal);
    },
  };
}

function requestOf(points: readonly MetricPoint[]): WriteRequest {
  return {
    timeseries: points.map(({ name, labels, value, at }) => ({
      labels: Object.entries({ ...labels, __name__: name })
        .filter(([, text]) => text !== "")
        .map(([label, text]) => ({ name: label, value: text.toWellFormed() }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      samples: [{ value, timestamp: Math.round(at) }],
    })),
    metadata: byMetric(points).map(([{ name, help, kind }]) => ({
      type: kind === "sum" ? "COUNTER" : "GAUGE",
      metricFamilyName: name,
      help,
      unit: "",
    })),
  };
}

/** `prometheus.WriteRequest`; each number before a value is `field << 3 | wire type`. */
function encode({ timeseries, metadata }: WriteRequest): Uint8Array {
  const writer = Writer.create();
  for (const { labels, samples } of timeseries) {
    writer.uint32(0x0a).fork();
    for (const { name, value } of labels)
      writer.uint32(0x0a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim();
    for (const { value, timestamp } of samples)
      writer.uint32(0x12).fork().uint32(0x09).double(value).uint32(0x10).int64(timestamp).ldelim();
    writer.ldelim();
  }
  for (const { type, metricFamilyName, help } of metadata) {
    const code = type === "COUNTER" ? 1 : 2;
    writer.uint32(0x1a).fork().uint32(0x08).int32(code);
    writer.uint32(0x12).string(metricFamilyName).uint32(0x22).string(help).ldelim();
  }
  return writer.finish();
}
