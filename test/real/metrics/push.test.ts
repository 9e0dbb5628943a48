import { describe, expect, it } from "vitest";
import { createOtlp } from "../../../src/clients/metrics/otlp.ts";
import type { MetricPoint } from "../../../src/clients/metrics/point.ts";
import { createPushgateway } from "../../../src/clients/metrics/pushgateway.ts";
import { createRemoteWrite } from "../../../src/clients/metrics/remote-write.ts";
import { httpDoor, never, quick, samplePoints } from "../../support/metrics.ts";
import { prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { pushgatewayProgram, startPushgateway } from "../../support/real/pushgateway.ts";
import { startVictoriaMetrics, victoriaMetricsProgram } from "../../support/real/victoria-metrics.ts";

// None of these is given up, however slow the machine.
const limits = { ...quick, attemptMs: 60_000, patienceMs: 60_000 };
const access = { headers: {}, access: "none is given", limits };

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function ask(url: string, query: string): Promise<readonly Series[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await answer.json()) as { data: { result: readonly Series[] } };
  return data.result;
}

async function found(url: string, point: MetricPoint): Promise<Series | undefined> {
  return (await ask(url, `last_over_time(${point.name}[1h])`))[0];
}

describe.skipIf(prometheusProgram.skip)("remote write to a real Prometheus", () => {
  it("is queryable at once, with every label as it was, and twice is once", async () => {
    const prometheus = await startPrometheus({ arguments: ["--web.enable-remote-write-receiver"] });
    const pusher = createRemoteWrite(httpDoor(), { url: `${prometheus.url}/api/v1/write`, ...access });
    const points = samplePoints();
    await pusher.probe(never);
    expect(await ask(prometheus.url, '{__name__=~"release_sentinel.*"}')).toEqual([]);
    expect(await pusher.push(points, never)).toEqual([]);
    await pusher.push(points, never);
    for (const point of points) {
      const series = await found(prometheus.url, point);
      expect(series?.metric).toMatchObject(point.labels);
      expect(series?.value[1]).toBe(String(point.value));
      const [count] = await ask(prometheus.url, `count_over_time(${point.name}[1h])`);
      expect(count?.value[1]).toBe("1");
    }
  });

  it("says in the server's words why samples are refused", async () => {
    const prometheus = await startPrometheus({ arguments: ["--web.enable-remote-write-receiver"] });
    const pusher = createRemoteWrite(httpDoor(), { url: `${prometheus.url}/api/v1/write`, ...access });
    await pusher.push(samplePoints(), never);
    await expect(pusher.push(samplePoints(Date.now() - 86_400_000), never)).rejects.toThrow(
      /the remote-write receiver at http:\/\/127\.0\.0\.1:\d+\/api\/v1\/write answered 400: .*(out of bounds|too old|out of order)/,
    );
  });

  it("says so where it is not switched on", async () => {
    const prometheus = await startPrometheus();
    const pusher = createRemoteWrite(httpDoor(), { url: `${prometheus.url}/api/v1/write`, ...access });
    await expect(pusher.probe(never)).rejects.toThrow(/answered 404: .*remote write receiver/);
  });
});

describe.skipIf(pushgatewayProgram.skip)("a real Pushgateway", () => {
  const group = { job: "release-sentinel", repository: "acme/shop", environment: "prod" };

  async function text(url: string): Promise<string> {
    return (await fetch(`${url}/metrics`)).text();
  }

  it("holds the numbers of one release, and those of the next instead of them", async () => {
    const { url } = await startPushgateway();
    const pusher = createPushgateway(httpDoor(), { url: `${url}/`, group, ...access });
    await pusher.probe(never);
    expect(await text(url)).not.toContain("release_sentinel_");
    await pusher.push(samplePoints(), never);
    await pusher.push(samplePoints(), never);
    const first = await text(url);
    expect(first).toMatch(/^# TYPE release_sentinel_releases_total counter$/m);
    expect(first).toMatch(
      /^release_sentinel_dora_change_failure_ratio\{environment="prod",instance="",job="release-sentinel",repository="acme\/shop",team="a \\"b\\", c=d \\\\ é\\nf",version="v1\.2\.3"\} 0\.125$/m,
    );
    const next = samplePoints().map((point) => ({ ...point, labels: { version: "v1.3.0" } }));
    await pusher.push(next, never);
    const second = await text(url);
    expect(second).toContain('version="v1.3.0"');
    expect(second).not.toContain('version="v1.2.3"');
  });

  it("says in its own words what does not fit to what is there", async () => {
    const { url } = await startPushgateway();
    const http = httpDoor();
    await createPushgateway(http, { url, group, ...access }).push(samplePoints(), never);
    const other = samplePoints().map((point) => ({ ...point, kind: "gauge" as const }));
    const pusher = createPushgateway(http, { url, group: { job: "another" }, ...access });
    await expect(pusher.push(other, never)).rejects.toThrow(
      /the Pushgateway at .* answered 400: pushed metrics are invalid or inconsistent with existing metrics/,
    );
  });

  it.skipIf(prometheusProgram.skip)("is scraped by a real Prometheus", async () => {
    const { url } = await startPushgateway();
    const prometheus = await startPrometheus({ targets: [new URL(url).host] });
    await createPushgateway(httpDoor(), { url, group, ...access }).push(samplePoints(), never);
    await expect
      .poll(() => ask(prometheus.url, "release_sentinel_releases_total"))
      .toMatchObject([
        { metric: { exported_job: "release-sentinel", version: "v1.2.3" }, value: [expect.anything(), "1"] },
      ]);
  });
});

describe.skipIf(victoriaMetricsProgram.skip)("a real VictoriaMetrics", () => {
  it("takes remote write, with every label as it was", async () => {
    const { url } = await startVictoriaMetrics();
    const pusher = createRemoteWrite(httpDoor(), { url: `${url}/api/v1/write`, ...access });
    const points = samplePoints();
    await pusher.probe(never);
    await pusher.push(points, never);
    for (const point of points) {
      await expect
        .poll(() => found(url, point))
        .toMatchObject({ metric: point.labels, value: [expect.anything(), String(point.value)] });
    }
  });

  it("is no OTLP receiver with JSON, and that is said", async () => {
    const { url } = await startVictoriaMetrics();
    const place = { resource: { "service.name": "release-sentinel" }, toolVersion: "0.0.0", ...access };
    const pusher = createOtlp(httpDoor(), { url: `${url}/opentelemetry/v1/metrics`, ...place });
    await expect(pusher.push(samplePoints(), never)).rejects.toThrow(
      /the OTLP receiver at .* answered 4\d\d/,
    );
  });
});
