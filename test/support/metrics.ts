import { onTestFinished } from "vitest";
import { createEnv } from "../../src/clients/env.ts";
import { createHttp, type HttpClient } from "../../src/clients/http.ts";
import type { MetricPoint } from "../../src/clients/metrics/point.ts";
import { Secrets } from "../../src/core/mask.ts";

/** Our door to the network, closed when the test is over. */
export function httpDoor(secrets = new Secrets()): HttpClient {
  const http = createHttp({ env: createEnv({}, secrets), secrets });
  onTestFinished(() => http.close());
  return http;
}

/** Quick about what takes seconds in life. */
export const quick = { attemptMs: 2000, backoffMs: [1, 1], patienceMs: 5000 };

export const never = new AbortController().signal;

/** A gauge, a counter, and a label that is hard to write. */
export function samplePoints(at = Date.now()): readonly MetricPoint[] {
  const labels = { repository: "acme/shop", version: "v1.2.3", team: 'a "b", c=d \\ é\nf' };
  return [
    {
      ...{ name: "release_sentinel_releases_total", labels, at, kind: "sum", since: at - 60_000 },
      ...{ value: 1, unit: "{release}", help: "Releases: 1 for each version." },
    },
    {
      ...{ name: "release_sentinel_dora_change_failure_ratio", labels, at, kind: "gauge" },
      ...{ value: 0.125, unit: "1", help: "Share of deploys that failed (90 days)." },
    },
  ];
}
