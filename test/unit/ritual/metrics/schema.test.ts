import { describe, expect, it } from "vitest";
import { otlpReceiver } from "../../../support/otlp.ts";
import { schemaOf } from "../../../support/schema.ts";
import { ledgerWith, machine, world } from "../../flows/ritual/steps/metrics-world.ts";

const { problems, undescribed } = schemaOf("metrics");

async function metricsOf(given: Parameters<typeof machine>[1] = {}) {
  const here = machine(world(), given);
  await here.run();
  return here.metrics();
}

describe("the schema of metrics.json", () => {
  it("describes one of git alone that was pushed nowhere, and every field of it", async () => {
    const metrics = await metricsOf();
    expect(metrics?.points).not.toEqual([]);
    expect([problems(metrics), undescribed(metrics)]).toEqual([[], []]);
  });

  it("describes one with deploys of the ledger that was pushed", async () => {
    const receiver = await otlpReceiver();
    const ledger = await ledgerWith([60, "note", ""], [30, "apply", "deployed", "v1.2.2"]);
    const variables = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint };
    const metrics = await metricsOf({ ledger, variables });
    expect(metrics?.pushed).toHaveLength(1);
    expect([problems(metrics), undescribed(metrics)]).toEqual([[], []]);
  });

  it.each<[string, object]>([
    ["a number that is none", { dora: {} }],
    ["a point without a value", { points: [{ name: "release_sentinel_x", labels: {} }] }],
    ["a time that is none", { madeAt: "today" }],
    ["a missing field", { annotation: undefined }],
  ])("refuses %s", async (_, change) => {
    expect(problems({ ...(await metricsOf()), ...change })).not.toEqual([]);
  });
});
