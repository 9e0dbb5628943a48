import { once } from "node:events";
import protobuf from "protobufjs";
import { uncompress } from "snappyjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRemoteWrite } from "../../../../src/clients/metrics/remote-write.ts";
import { httpDoor, never, quick, samplePoints } from "../../../support/metrics.ts";
import { serveHttp } from "../http-servers.ts";

/** As Prometheus publishes it, without what is not sent. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  package prometheus;
  message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message MetricMetadata {
    enum MetricType { UNKNOWN = 0; COUNTER = 1; GAUGE = 2; }
    MetricType type = 1; string metric_family_name = 2; string help = 4; string unit = 5;
  }
`);
const writeRequest = root.lookupType("prometheus.WriteRequest");

interface Taken {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: Record<string, unknown>;
}

async function receiver(status: (n: number) => number = () => 204) {
  const taken: Taken[] = [];
  const running = await serveHttp(async (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(request, "end");
    const decoded = writeRequest.decode(uncompress(Buffer.concat(chunks)));
    const message = writeRequest.toObject(decoded, { enums: String, longs: Number });
    taken.push({ headers: request.headers, message });
    response.writeHead(status(taken.length)).end("out of bounds\n");
  });
  onTestFinished(() => running.close());
  return { url: `${running.url}/api/v1/write`, taken };
}

const access = { headers: { "X-Scope-OrgID": "acme" }, access: "none", limits: quick };

describe("pushing by remote write", () => {
  it("is protobuf in snappy, with sorted labels, as it is shown", async () => {
    const { url, taken } = await receiver();
    const pusher = createRemoteWrite(httpDoor(), { url, ...access });
    const points = samplePoints(1_763_712_000_123);
    await pusher.push(points, never);
    expect(taken[0]?.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-prometheus-remote-write-version": "0.1.0",
      "x-scope-orgid": "acme",
      "user-agent": "release-sentinel",
    });
    const shown = JSON.parse(pusher.render(points)) as {
      timeseries: { labels: { name: string }[] }[];
      metadata: { unit?: string }[];
    };
    for (const one of shown.metadata) delete one.unit;
    expect(taken[0]?.message).toEqual(shown);
    const names = shown.timeseries.map(({ labels }) => labels.map(({ name }) => name));
    expect(names[0]).toEqual(["__name__", "repository", "team", "version"]);
    expect(shown.timeseries[1]).toMatchObject({ samples: [{ value: 0.125, timestamp: 1_763_712_000_123 }] });
    expect(shown.metadata).toMatchObject([{ type: "COUNTER" }, { type: "GAUGE" }]);
  });

  it("leaves out labels without a value: to Prometheus they are not there", async () => {
    const { url, taken } = await receiver();
    const [point] = samplePoints();
    if (!point) throw new Error("no sample");
    await createRemoteWrite(httpDoor(), { url, ...access }).push(
      [{ ...point, labels: { Upper: "first", empty: "" } }],
      never,
    );
    expect(taken[0]?.message).toMatchObject({
      timeseries: [{ labels: [{ name: "Upper" }, { name: "__name__" }] }],
    });
  });

  it.each([429, 500, 503])("comes again after %d", async (code) => {
    const { url, taken } = await receiver((n) => (n === 1 ? code : 200));
    await createRemoteWrite(httpDoor(), { url, ...access }).push(samplePoints(), never);
    expect(taken).toHaveLength(2);
  });

  it("does not come again with what is wrong", async () => {
    const { url, taken } = await receiver(() => 400);
    await expect(
      createRemoteWrite(httpDoor(), { url, ...access }).push(samplePoints(), never),
    ).rejects.toThrow("answered 400: out of bounds");
    expect(taken).toHaveLength(1);
  });
});
