import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prometheusProgram, startPrometheus } from "../../support/real/prometheus.ts";
import { pushgatewayProgram, startPushgateway } from "../../support/real/pushgateway.ts";
import { startVictoriaMetrics, victoriaMetricsProgram } from "../../support/real/victoria-metrics.ts";
import { ledgerWith, machine, world } from "../../unit/flows/ritual/steps/metrics-world.ts";

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function ask(url: string, query: string): Promise<readonly Series[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: readonly Series[] };
  };
  if (status !== "success") throw new Error(`${query}: ${error}`);
  return data.result;
}

/** Every query that the how-to shows. */
function queriesOfTheDocs(): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/how-to/metrics.md"), "utf8");
  return [...text.matchAll(/^```promql\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.trim().split("\n"),
  );
}

async function history() {
  return ledgerWith(
    [60, "note", ""],
    [30, "apply", "deployed", "v1.2.1"],
    [20, "apply", "roll-back-failed", "v1.2.1"],
    [19.5, "rollback", "returned", "v1.2.0"],
    [0, "apply", "deployed"],
  );
}

describe.skipIf(prometheusProgram.skip || pushgatewayProgram.skip)(
  "the numbers of a release in a real Prometheus and Pushgateway (needs prometheus and prometheus-pushgateway)",
  () => {
    it("answer every query of the how-to", async () => {
      const prometheus = await startPrometheus({ arguments: ["--web.enable-remote-write-receiver"] });
      const gateway = await startPushgateway();
      const settings = {
        remoteWrite: { url: `${prometheus.url}/api/v1/write` },
        pushgateway: { url: gateway.url },
      };
      const here = machine(world(), { settings, ledger: await history() });
      expect(await here.prove()).toMatchObject([{ state: "ok" }, { state: "ok" }]);
      expect((await here.run()).message).toMatch(/pushed by remote-write, pushgateway$/);
      expect(await here.observe()).toMatchObject({ state: "done" });
      const queries = queriesOfTheDocs();
      expect(queries.length).toBeGreaterThan(4);
      for (const query of queries) expect(await ask(prometheus.url, query), query).not.toEqual([]);
      const [rate] = await ask(prometheus.url, "release_sentinel_dora_change_failure_ratio");
      expect(rate).toMatchObject({
        metric: { version: "v1.2.3", repository: "acme/shop", environment: "prod", source: "ledger" },
        value: [expect.anything(), String(1 / 3)],
      });
      const [restore] = await ask(prometheus.url, "release_sentinel_dora_time_to_restore_seconds");
      expect(Number(restore?.value[1])).toBeCloseTo(12 * 3600, -1);
      const shown = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(shown).toMatch(
        /^release_sentinel_releases_total\{.*repository="acme\/shop",version="v1\.2\.3"\} 1$/m,
      );
    });

    it("are counted once, however often and from wherever they were pushed", async () => {
      const prometheus = await startPrometheus({ arguments: ["--web.enable-remote-write-receiver"] });
      const settings = { remoteWrite: { url: `${prometheus.url}/api/v1/write` } };
      const here = world();
      // Without the marks of the others, as if each was killed before it could write one.
      for (let i = 0; i < 3; i++) await machine(here, { settings }).run();
      const [released] = await ask(
        prometheus.url,
        "sum(last_over_time(release_sentinel_releases_total[30d]))",
      );
      expect(released?.value[1]).toBe("1");
    });
  },
);

describe.skipIf(victoriaMetricsProgram.skip)(
  "the numbers of a release in a real VictoriaMetrics (needs victoria-metrics)",
  () => {
    it("answer every query of the how-to", async () => {
      const { url } = await startVictoriaMetrics();
      const settings = { remoteWrite: { url: `${url}/api/v1/write` } };
      await machine(world(), { settings, ledger: await history() }).run();
      for (const query of queriesOfTheDocs())
        await expect.poll(() => ask(url, query), { message: query }).not.toEqual([]);
    });
  },
);
