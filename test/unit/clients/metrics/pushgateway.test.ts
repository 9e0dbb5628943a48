import { describe, expect, it } from "vitest";
import { createPushgateway } from "../../../../src/clients/metrics/pushgateway.ts";
import { httpDoor, never, quick, samplePoints } from "../../../support/metrics.ts";
import { server } from "../../../support/server.ts";

const access = { headers: {}, access: "none", limits: quick };
const group = (more: Record<string, string>) => ({ job: "release-sentinel", ...more });

function pathOf(url: string, more: Record<string, string>): string {
  const pusher = createPushgateway(httpDoor(), { url, group: group(more), ...access });
  return pusher.to.replace(/^PUT /, "");
}

describe("a Pushgateway's group", () => {
  it.each([
    [{ environment: "prod" }, "/environment/prod"],
    [{ repository: "acme/shop" }, "/repository@base64/YWNtZS9zaG9w"],
    [{ environment: "prod eu?" }, "/environment/prod%20eu%3F"],
    [{ environment: ".." }, "/environment@base64/Li4"],
    [{ environment: "" }, ""],
  ])("%j is %s", (labels, path) => {
    expect(pathOf("http://host:9091/", labels)).toBe(`http://host:9091/metrics/job/release-sentinel${path}`);
  });

  it("keeps the path of the address", () => {
    expect(pathOf("https://host/push/", {})).toBe("https://host/push/metrics/job/release-sentinel");
  });

  it("refuses what is no address", () => {
    expect(() => pathOf("host:9091", {})).toThrow("host:9091 is no URL of a Pushgateway");
  });
});

describe("pushing to a Pushgateway", () => {
  it("replaces the group, without timestamps, and without the labels of the group", async () => {
    const gateway = await server(200);
    const place = { url: gateway.url, group: group({ repository: "acme/shop" }), ...access };
    const pusher = createPushgateway(httpDoor(), place);
    await pusher.push(samplePoints(), never);
    const [request] = gateway.received;
    expect(request?.method).toBe("PUT");
    expect(request?.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(request?.body).toBe(pusher.render(samplePoints()));
    expect(request?.body.split("\n").slice(0, 3)).toEqual([
      "# HELP release_sentinel_releases_total Releases: 1 for each version.",
      "# TYPE release_sentinel_releases_total counter",
      'release_sentinel_releases_total{version="v1.2.3",team="a \\"b\\", c=d \\\\ é\\nf"} 1',
    ]);
  });

  it("passes on why it is refused, on one line", async () => {
    const gateway = await server((_, response) => {
      response.writeHead(400).end("pushed metrics are invalid:\n* collected\tbefore\n");
    });
    const pusher = createPushgateway(httpDoor(), { url: gateway.url, group: group({}), ...access });
    await expect(pusher.push(samplePoints(), never)).rejects.toThrow(
      "answered 400: pushed metrics are invalid: * collected before",
    );
    expect(gateway.received).toHaveLength(1);
  });

  it("says what to do where somebody else pushes the same series", async () => {
    const gateway = await server((_, response) => {
      response
        .writeHead(400)
        .end("pushed metrics are invalid or inconsistent with existing metrics: collected x");
    });
    const pusher = createPushgateway(httpDoor(), { url: gateway.url, group: group({}), ...access });
    await expect(pusher.push(samplePoints(), never)).rejects.toMatchObject({
      remedy: expect.stringContaining("ritual.metrics.pushgateway.job"),
    });
  });

  it("is asked beforehand without pushing anything: even nothing would leave a group there", async () => {
    const seen: string[] = [];
    let status = 200;
    const gateway = await server(({ method, path }, response) => {
      seen.push(`${method} ${path}`);
      response.writeHead(status).end("OK");
    });
    const probe = () =>
      createPushgateway(httpDoor(), { url: `${gateway.url}/push/`, group: group({}), ...access }).probe(
        never,
      );
    await probe();
    expect(seen).toEqual(["GET /push/-/ready"]);
    status = 404;
    await probe();
    status = 401;
    await expect(probe()).rejects.toThrow("answered 401");
    status = 503;
    await expect(probe()).rejects.toThrow("answered 503");
    expect(seen.every((one) => one.startsWith("GET "))).toBe(true);
  });
});
