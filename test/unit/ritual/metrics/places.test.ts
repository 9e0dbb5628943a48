import { describe, expect, it } from "vitest";
import * as zod from "zod";
import { createEnv } from "../../../../src/clients/env.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { metricsPlaces } from "../../../../src/ritual/metrics/places.ts";
import { type MetricsSettings, metricsSchema } from "../../../../src/ritual/metrics/settings.ts";
import { httpDoor } from "../../../support/metrics.ts";
import { release } from "../../flows/ritual/world.ts";

const otlp = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
const token = "t".repeat(20);
const grafana = { GRAFANA_URL: "https://grafana.example.com", GRAFANA_API_KEY: token };

function places(settings: MetricsSettings, variables: Record<string, string> = {}, over = {}) {
  const secrets = new Secrets();
  const env = createEnv(variables, secrets);
  const world = { env, secrets, http: httpDoor(secrets), grafanaUrl: undefined, toolVersion: "1.0.0" };
  return { ...metricsPlaces(settings, world, { ...release, ...over }), secrets };
}

const to = (found: ReturnType<typeof places>) => found.pushers.map((pusher) => pusher.to);

describe("where numbers go", () => {
  it("is OTLP where its variable is set, and then not Grafana Live", () => {
    const found = places({}, { ...otlp, ...grafana });
    expect(to(found)).toEqual(["POST http://collector:4318/v1/metrics"]);
    expect(found).toMatchObject({ problems: [], nowhere: null, grafana: expect.anything() });
  });

  it("is Grafana Live with nothing but Grafana's two variables", () => {
    expect(to(places({}, grafana))).toEqual([
      "POST https://grafana.example.com/api/live/push/release_sentinel",
    ]);
    expect(to(places({}, grafana, { rehearsal: true }))[0]).toMatch(/release_sentinel_rehearsal$/);
  });

  it("is nowhere where nothing is set, and says why", () => {
    expect(places({})).toMatchObject({
      ...{ pushers: [], problems: [], grafana: null },
      nowhere: expect.stringContaining("OTEL_EXPORTER_OTLP_ENDPOINT"),
    });
    expect(places({}, { GRAFANA_URL: "https://grafana.example.com" }).pushers).toEqual([]);
  });

  it("is all that the configuration names, with its credentials from variables", () => {
    const settings: MetricsSettings = {
      otlp: { url: "https://otlp.example.com/v1/metrics", headersFrom: "OTLP_HEADERS" },
      remoteWrite: { urlFrom: "RW_URL", basicFrom: "RW_BASIC" },
      pushgateway: { url: "http://gateway:9091", tokenFrom: "PG_TOKEN" },
      grafanaLive: true,
      annotation: false,
    };
    const password = "p".repeat(12);
    const found = places(settings, {
      OTLP_HEADERS: `authorization=Bearer%20${"b".repeat(15)}`,
      RW_URL: "https://prom.example.com/api/v1/write",
      RW_BASIC: `user:${password}`,
      PG_TOKEN: token,
      ...grafana,
    });
    expect(to(found)).toEqual([
      "POST https://otlp.example.com/v1/metrics",
      "POST https://prom.example.com/api/v1/write",
      "PUT http://gateway:9091/metrics/job/release-sentinel/repository@base64/YWNtZS9zaG9w/environment/prod",
      "POST https://grafana.example.com/api/live/push/release_sentinel",
    ]);
    expect(found.grafana).toBeNull();
    const basic = Buffer.from(`user:${password}`).toString("base64");
    expect(found.secrets.mask(`${"b".repeat(15)} ${password} ${basic} ${token}`)).toBe("*** *** *** ***");
  });

  it("masks headers that let somebody in, and no word that another header holds", () => {
    const headers = ["X-Scope-OrgID=prod", `X-Api-Key=${"k".repeat(8)}`, `X-Team=${"t".repeat(22)}`];
    const { secrets } = places({}, { ...otlp, OTEL_EXPORTER_OTLP_HEADERS: headers.join(",") });
    expect(secrets.mask(`to prod by ${"k".repeat(8)} and ${"t".repeat(22)}`)).toBe("to prod by *** and ***");
  });

  it("is a problem for everything that is asked for and has no secret", () => {
    const settings: MetricsSettings = {
      otlp: {},
      remoteWrite: { urlFrom: "RW_URL" },
      pushgateway: { url: "http://gateway:9091", tokenFrom: "PG_TOKEN" },
      grafanaLive: true,
    };
    const { problems } = places(settings);
    expect(problems.map(({ message }) => message)).toEqual([
      "ritual.metrics.otlp names no url, and OTEL_EXPORTER_OTLP_ENDPOINT is not set",
      "RW_URL, by which ritual.metrics.remoteWrite is found, is not set",
      "PG_TOKEN, by which the numbers are let in, is not set",
      "GRAFANA_URL and GRAFANA_API_KEY, by which Grafana is reached, are not set",
    ]);
    for (const { remedy } of problems.slice(1)) expect(remedy).toContain("release-sentinel ritual secrets");
  });

  it("is not OTLP where that is switched off", () => {
    expect(to(places({ otlp: false }, { ...otlp, ...grafana }))).toHaveLength(1);
    expect(places({ otlp: false }, otlp).pushers).toEqual([]);
  });

  it.each([
    [{ ...otlp, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /^OTEL_EXPORTER_OTLP_PROTOCOL is grpc/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" }, /^OTEL_EXPORTER_OTLP_ENDPOINT is no http\(s\) URL/],
    [{ ...otlp, OTEL_EXPORTER_OTLP_HEADERS: "nonsense" }, /^OTEL_EXPORTER_OTLP_HEADERS holds no headers/],
    [{ ...otlp, OTEL_EXPORTER_OTLP_HEADERS: "api key:=x" }, /^OTEL_EXPORTER_OTLP_HEADERS holds no headers/],
    [{ ...grafana, GRAFANA_URL: "grafana" }, /^GRAFANA_URL is not an http\(s\) URL/],
  ])("is a problem with %j", (variables, message) => {
    const { problems, pushers } = places({}, variables);
    expect(pushers).toEqual([]);
    expect(problems[0]?.message).toMatch(message);
  });
});

describe("ritual.metrics", () => {
  const schema = metricsSchema(zod);
  const wrong = (value: unknown) => schema.safeParse(value).error?.issues.map(({ path }) => path.join("."));

  it("may hold all of this", () => {
    expect(
      wrong({
        otlp: { url: "https://host:4318/v1/metrics", headersFrom: "OTLP_HEADERS" },
        remoteWrite: { url: "https://host/api/v1/write", tokenFrom: "TOKEN" },
        pushgateway: { urlFrom: "GATEWAY", basicFrom: "GATEWAY_USER", job: "releases" },
        ...{ grafanaLive: false, annotation: true, labels: { team: "shop" } },
        ...{ window: "30d", failureWithin: "6h", environment: "prod" },
      }),
    ).toBeUndefined();
    expect(wrong({ otlp: false })).toBeUndefined();
    expect(wrong({})).toBeUndefined();
  });

  it.each([
    [{ remoteWrite: {} }, "remoteWrite"],
    [{ remoteWrite: { url: "https://host", urlFrom: "URL" } }, "remoteWrite"],
    [{ pushgateway: { url: `http://u:${"p".repeat(8)}@host` } }, "pushgateway.url"],
    [{ pushgateway: { url: "ftp://host" } }, "pushgateway.url"],
    [{ otlp: { headersFrom: "a=b" } }, "otlp.headersFrom"],
    [{ labels: { "bad-name": "x" } }, "labels.bad-name"],
    [{ window: "1d" }, "window"],
    [{ failureWithin: "soon" }, "failureWithin"],
    [{ prometheus: {} }, ""],
  ])("may not hold %j", (value, path) => {
    expect(wrong(value)).toEqual([path]);
  });
});
