import { describe, expect, it } from "vitest";
import { deploysOf, type PastDeploy } from "../../../../src/flows/watch/past.ts";
import type { Recorded } from "../../../../src/ledger/entry.ts";
import { begun } from "../../../support/watch.ts";

const hourMs = 3_600_000;
let seq = 0;

function entry(
  hours: number,
  kind: string,
  version: string,
  data: object = {},
  environment = "prod",
): Recorded {
  seq += 1;
  const circumstances = {
    actor: null,
    run: { ci: null, url: null },
    host: null,
    tool: "0.0.0",
    commit: null,
  };
  return {
    seq,
    time: new Date(begun + hours * hourMs).toISOString(),
    hash: `sha256:${seq}`,
    newer: false,
    entry: {
      schema: "release-sentinel/ledger/v1",
      kind,
      command: kind,
      environment,
      version,
      ...circumstances,
      data: data as never,
    },
  };
}

const receipt = (hours: number) => ({
  receipt: {
    schema: "release-sentinel/watch-receipt/v1",
    deployedAt: new Date(begun + hours * hourMs).toISOString(),
    final: true,
    policy: {},
    readings: [],
    samples: [],
  },
});

async function deploys(entries: readonly Recorded[], now = 100): Promise<readonly PastDeploy[]> {
  async function* all() {
    for (const recorded of entries) yield { recorded };
  }
  return deploysOf(all(), "prod", begun, begun + now * hourMs);
}

const said = (found: readonly PastDeploy[]) =>
  found.map(({ version, truth, receipt: kept }) => [version, truth, kept !== null]);

describe("past deploys, by the ledger", () => {
  it("one that stayed was good, one that was taken back was bad, one of today is not known", async () => {
    const found = await deploys([
      entry(0, "apply", "v1", { outcome: "deployed" }),
      entry(30, "apply", "v2", { outcome: "deployed" }),
      entry(33, "rollback", "v1"),
      entry(99, "apply", "v3", { outcome: "deployed" }),
    ]);
    expect(said(found)).toEqual([
      ["v1", "good", false],
      ["v2", "bad", false],
      ["v3", "unknown", false],
    ]);
  });

  it("one that the deploy itself took back was bad, and its watch has the minutes", async () => {
    const found = await deploys([
      entry(0.4, "watch", "v1", receipt(0)),
      entry(0.5, "apply", "v1", { outcome: "rolled-back" }),
    ]);
    expect(said(found)).toEqual([["v1", "bad", true]]);
  });

  it("a deploy and the watch of it are one", async () => {
    const found = await deploys([
      entry(0, "apply", "v1", { outcome: "deployed" }),
      entry(0.3, "watch", "v1", receipt(0)),
      entry(40, "watch", "v1", receipt(39)),
    ]);
    expect(said(found)).toEqual([
      ["v1", "good", true],
      ["v1", "good", true],
    ]);
  });

  it("other environments, dry runs and unfinished watches are no deploys", async () => {
    const found = await deploys([
      entry(0, "apply", "v1", { outcome: "deployed" }, "stage"),
      entry(0, "apply", "v1", { outcome: "planned" }),
      entry(0, "watch", "v1", { receipt: { ...receipt(0).receipt, final: false } }),
      entry(0, "verdict", "v1"),
    ]);
    expect(found).toEqual([]);
  });
});
