import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli } from "../../support/cli.ts";
import { past, prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { repository } from "../../support/repository.ts";
import { tempFolder } from "../../support/temp.ts";

const minuteMs = 60_000;
const stepSeconds = 15;

/** Counters of a service from two hours ago to now: `bad(n)` of ten requests a second, n minutes after the deploy. */
function service(deployedAt: number, bad: (n: number) => number, slow: (n: number) => number): string {
  const seconds = Array.from(
    { length: (120 * 60) / stepSeconds },
    (_, i) => Math.floor(Date.now() / 1000 / stepSeconds) * stepSeconds - (120 * 60 - (i + 1) * stepSeconds),
  );
  const counter = (perSecond: (n: number) => number) => {
    let sum = 0;
    return seconds.map((at) => {
      // What is counted at the minute itself has happened before it.
      const n = Math.floor((at * 1000 - 1 - deployedAt) / minuteMs);
      return [at, (sum += perSecond(n) * stepSeconds)] as const;
    });
  };
  const labels = 'job="shop",version="v1.4.2"';
  const fast = (n: number) => 10 - slow(n);
  return [
    "# TYPE http_requests counter",
    past(
      `http_requests_total{code="200",${labels}}`,
      counter((n) => 10 - bad(n)),
    ),
    past(`http_requests_total{code="500",${labels}}`, counter(bad)),
    "# TYPE http_request_duration_seconds histogram",
    past(`http_request_duration_seconds_bucket{le="1.5",${labels}}`, counter(fast)),
    past(
      `http_request_duration_seconds_bucket{le="+Inf",${labels}}`,
      counter(() => 10),
    ),
    past(
      `http_request_duration_seconds_count{${labels}}`,
      counter(() => 10),
    ),
    past(
      `http_request_duration_seconds_sum{${labels}}`,
      counter(() => 3),
    ),
  ].join("\n");
}

function project() {
  const repo = repository();
  const watch = { labels: { job: "shop", version: "${VERSION}" } };
  repo.write("release-sentinel.yaml", JSON.stringify({ checks: { "git.repository": true }, watch }));
  return repo;
}

describe.skipIf(prometheusProgram.skip)("watch, asking a real Prometheus", () => {
  const deployedAt = Math.floor(Date.now() / minuteMs) * minuteMs - 30 * minuteMs;
  const since = new Date(deployedAt).toISOString();
  const args = ["watch", "--env", "prod", "--version", "v1.4.2", "--since", since, "--json"];

  it("passes a deploy that is well, and the answer can be redone from what it kept", async () => {
    const prometheus = await startPrometheus({
      past: service(
        deployedAt,
        () => 0.002,
        () => 0.1,
      ),
    });
    const { path } = project();
    const ran = await cli(args, { cwd: path, env: { PROMETHEUS_URL: prometheus.url } });
    expect(ran.code, ran.stderr).toBe(0);
    const outcome = JSON.parse(ran.stdout);
    expect(outcome).toMatchObject({ outcome: "passed", source: "prometheus", exitCode: 0 });
    const explained = await cli(["watch", "explain"], { cwd: path });
    expect(explained.stdout).toContain("asked: ");
    expect(explained.stdout).toContain('job="shop",version="v1.4.2"');
  });

  it("breaks at the minute at which it broke, with a page, and a backtest that would have done the same", async () => {
    const broken = service(
      deployedAt,
      (n) => (n >= 4 ? 1 : 0.002),
      () => 0.1,
    );
    const prometheus = await startPrometheus({ past: broken });
    const { path } = project();
    const page = join(tempFolder(), "watch.html");
    const env = { PROMETHEUS_URL: prometheus.url };
    const ran = await cli([...args, "--report", `html=${page}`], { cwd: path, env });
    expect(ran.code, ran.stderr).toBe(2);
    const outcome = JSON.parse(ran.stdout);
    expect(outcome).toMatchObject({ outcome: "breach", action: "rollback" });
    const minute = (Date.parse(outcome.receipt.at) - deployedAt) / minuteMs;
    expect(minute).toBeGreaterThanOrEqual(5);
    expect(minute).toBeLessThanOrEqual(7);
    expect(readFileSync(page, "utf8")).toContain("shop/errors");
    const ledger = await cli(["watch", "backtest", "--env", "prod", "--json"], { cwd: path, env });
    expect(ledger.code, ledger.stderr).toBe(0);
    expect(JSON.parse(ledger.stdout)).toMatchObject({ all: 1, rolledBack: 1 });
    const asked = ["watch", "backtest", "--env", "prod", "--from", "prometheus", "--since", "2h", "--json"];
    const real = await cli(asked, { cwd: path, env });
    expect(real.code, real.stderr).toBe(0);
    expect(JSON.parse(real.stdout).stretches[0]).toMatchObject({ outcome: "rollback" });
  });

  it("a label that nothing has is no data, and a query that is wrong is found before anything is watched", async () => {
    const prometheus = await startPrometheus({
      past: service(
        deployedAt,
        () => 0,
        () => 0,
      ),
    });
    const repo = project();
    const env = { PROMETHEUS_URL: prometheus.url };
    const other = args.map((word) => (word === "v1.4.2" ? "v9.9.9" : word));
    const none = await cli(other, { cwd: repo.path, env });
    expect(none.code, none.stderr).toBe(2);
    expect(JSON.parse(none.stdout)).toMatchObject({ outcome: "no-data" });
    const watch = { signals: { errors: { total: "sum(rate(x[5m])", bad: "y" } } };
    repo.write("release-sentinel.yaml", JSON.stringify({ checks: { "git.repository": true }, watch }));
    const wrong = await cli(args, { cwd: repo.path, env });
    expect(wrong.code, wrong.stderr).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ outcome: "blocked", looks: 0 });
  });
});
