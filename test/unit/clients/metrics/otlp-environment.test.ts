import { describe, expect, it } from "vitest";
import { createEnv } from "../../../../src/clients/env.ts";
import { otlpEnvironment, pairs } from "../../../../src/clients/metrics/otlp-environment.ts";
import { Secrets } from "../../../../src/core/mask.ts";

const read = (env: Record<string, string>) => otlpEnvironment(createEnv(env, new Secrets()));

describe("OpenTelemetry's variables", () => {
  it.each([
    ["http://collector:4318", "http://collector:4318/v1/metrics"],
    ["http://collector:4318/", "http://collector:4318/v1/metrics"],
    ["https://host/otlp/", "https://host/otlp/v1/metrics"],
    ["https://host/otlp?tenant=a", "https://host/otlp/v1/metrics?tenant=a"],
  ])("%s is where all signals go", (endpoint, url) => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).endpoint?.url).toBe(url);
  });

  it("takes the endpoint of metrics as it is, before that of all signals", () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:4318",
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://mine:9/push",
      OTEL_EXPORTER_OTLP_HEADERS: "a=b",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "c=d",
      OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "700",
    };
    expect(read(env)).toMatchObject({
      endpoint: { url: "http://mine:9/push", variable: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" },
      headersFrom: "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
      timeoutMs: 700,
    });
  });

  it.each([{ OTEL_SDK_DISABLED: "true" }, { OTEL_METRICS_EXPORTER: "none" }])(
    "has no endpoint where %j",
    (off) => {
      expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://all:4318", ...off }).endpoint).toBeNull();
    },
  );

  it("knows who speaks gRPC only", () => {
    expect(read({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }).grpc).toBe("OTEL_EXPORTER_OTLP_PROTOCOL");
    const both = { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/json" };
    expect(read(both).grpc).toBeNull();
  });

  it("says who sends", () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: "team=a%20b,service.name=x", OTEL_SERVICE_NAME: "shop" };
    expect(read(env).resource).toEqual({ team: "a b", "service.name": "shop" });
  });

  it("reads headers as it is written: percent-encoded, with equals signs in values", () => {
    expect(pairs("a=b%2Cc, authorization=Basic%20eA==,")).toEqual({ a: "b,c", authorization: "Basic eA==" });
    expect(pairs("a=100%")).toEqual({ a: "100%" });
    expect(pairs("nonsense")).toBeUndefined();
  });
});
