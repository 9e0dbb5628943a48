import { describe, expect, it } from "vitest";
import { createGrafana } from "../../../../src/clients/grafana/client.ts";
import { createGrafanaLive } from "../../../../src/clients/metrics/grafana-live.ts";
import { Secrets } from "../../../../src/core/mask.ts";
import { grafanaToken, startGrafana } from "../../../support/grafana.ts";
import { httpDoor, never, samplePoints } from "../../../support/metrics.ts";

async function live(given: Parameters<typeof startGrafana>[0] = {}, token = grafanaToken) {
  const standIn = await startGrafana(given);
  const secrets = new Secrets();
  const grafana = createGrafana({ url: standIn.url, token, http: httpDoor(secrets), secrets, pauseMs: 1 });
  return { standIn, pusher: createGrafanaLive({ grafana, stream: "release_sentinel", backoffMs: [1, 1] }) };
}

describe("pushing to Grafana Live", () => {
  it("is a line of Influx's protocol for each point", async () => {
    const { standIn, pusher } = await live({ path: "/grafana" });
    const points = samplePoints(1_763_712_000_123);
    await pusher.push(points, never);
    expect(standIn.problems).toEqual([]);
    expect(standIn.pushed).toEqual([{ stream: "release_sentinel", lines: pusher.render(points) }]);
    expect(pusher.render(points).split("\n")).toEqual([
      'release_sentinel_releases_total,repository=acme/shop,team=a\\ "b"\\,\\ c\\=d\\ \\\\ é\\ f,version=v1.2.3 value=1 1763712000123000000',
      'release_sentinel_dora_change_failure_ratio,repository=acme/shop,team=a\\ "b"\\,\\ c\\=d\\ \\\\ é\\ f,version=v1.2.3 value=0.125 1763712000123000000',
      "",
    ]);
    expect(pusher.to).toMatch(/^POST http:.*\/grafana\/api\/live\/push\/release_sentinel$/);
  });

  it("loses no separator to a backslash at the end, and writes no empty tag", async () => {
    const { pusher } = await live();
    const points = samplePoints(1).map((point) => ({ ...point, labels: { a: "x\\\\", b: "", c: "\n" } }));
    expect(pusher.render(points)).toContain("release_sentinel_releases_total,a=x value=1 1000000\n");
  });

  it("comes again when Grafana is busy for a moment", async () => {
    let n = 0;
    const { standIn, pusher } = await live({
      before: (_, response) => n++ === 0 && Boolean(response.writeHead(503).end()),
    });
    await pusher.push(samplePoints(), never);
    expect(standIn.pushed).toHaveLength(1);
  });

  it("says that it is not let in", async () => {
    const { pusher } = await live({}, "x".repeat(20));
    await expect(pusher.push(samplePoints(), never)).rejects.toMatchObject({
      message: expect.stringContaining("401"),
      remedy: expect.stringContaining("ritual.metrics.grafanaLive: false"),
    });
  });
});
