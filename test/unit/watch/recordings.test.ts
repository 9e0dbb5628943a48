import { describe, expect, it } from "vitest";
import { watch } from "../../../src/flows/watch/watch.ts";
import { backtest } from "../../../src/watch/backtest/replay.ts";
import type { Receipt } from "../../../src/watch/receipt.ts";
import { NotARecording, stretchOfReceipt, stretchOfRecording } from "../../../src/watch/recordings.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { policyFrom } from "../../../src/watch/settings-policy.ts";
import { begun, scriptedSource, steppingClock, watched } from "../../support/watch.ts";

const settings: WatchSettings = { labels: { job: "shop" }, signals: { latency: false, burn: false } };
const policy = policyFrom(settings);
const deployedAt = new Date(begun).toISOString();

/** The receipt of a watch in which 2.5 of 100 requests fail from minute 2 on. */
async function receipt(): Promise<Receipt> {
  const clock = steppingClock();
  const source = scriptedSource((_query, n) => ({ total: 600, bad: n >= 2 ? 15 : 0 }), clock);
  const outcome = await watch(watched(settings, source, clock).run);
  return JSON.parse(JSON.stringify(outcome.receipt));
}

describe("a final decision as a recording", () => {
  it("comes to the same under the same policy, and to another end under a laxer one", async () => {
    const stretch = stretchOfReceipt(await receipt(), "good");
    if (!stretch) throw new Error("no minutes were kept");
    expect(backtest(policy, [stretch])).toMatchObject({ rolledBack: 1, needless: 1 });
    const lax = policyFrom({
      ...settings,
      signals: { latency: false, burn: false, errors: { above: "5%" } },
    });
    expect(backtest(lax, [stretch]).rolledBack).toBe(0);
    expect(backtest(policy, [stretch]).message).toBe("1 of 1 would have rolled back, 1 of them needlessly");
  });

  it("is none where its minutes were left out of the ledger", async () => {
    const { recorded = [], ...rest } = await receipt();
    const cut = recorded.map((series) => ({ ...series, observation: { cut: true, bytes: 99999 } as never }));
    expect(stretchOfReceipt({ ...rest, recorded: cut }, "good")).toBeUndefined();
    expect(stretchOfReceipt(rest, "good")).toBeUndefined();
  });
});

describe("a recording that people wrote", () => {
  const minutes = (bad: number) => [...Array.from({ length: 20 }, () => [600, bad]), null];
  const recording = {
    name: "a crash",
    deployedAt,
    truth: "bad",
    signals: { "shop/errors": { all: minutes(90) } },
  };

  it("is watched again", () => {
    const stretch = stretchOfRecording(recording, "crash.json", policy);
    expect(stretch).toMatchObject({ id: "a crash", truth: "bad", deployedAt: begun });
    expect(backtest(policy, [stretch])).toMatchObject({ rolledBack: 1, needless: 0 });
  });

  it("may hold more than the policy looks at", () => {
    const more = { ...recording, signals: { ...recording.signals, "search/errors": { all: [[1, 1]] } } };
    expect(stretchOfRecording(more, "x", policy).signals).toHaveLength(1);
  });

  it.each<[string, object]>([
    ["no time", { deployedAt: "yesterday" }],
    ["no signals", { signals: [] }],
    ["an arm that there is not", { signals: { "shop/errors": { both: [] } } }],
    ["less than nothing", { signals: { "shop/errors": { all: [[600, -1]] } } }],
    ["a level among counts", { signals: { "shop/errors": { all: [0.5] } } }],
    ["half a minute", { firstMinute: 0.5 }],
  ])("with %s is refused", (_, change) => {
    expect(() => stretchOfRecording({ ...recording, ...change }, "x", policy)).toThrow(NotARecording);
  });
});
