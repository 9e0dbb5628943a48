import { describe, expect, it } from "vitest";
import { bar, spark } from "../../../src/cli/spark.ts";
import { frame } from "../../../src/cli/watch-view.ts";
import { createWatchLines } from "../../../src/flows/watch/lines.ts";
import { type WatchSeen, watch } from "../../../src/flows/watch/watch.ts";
import { columns } from "../../../src/gate/report/columns.ts";
import type { WatchSettings } from "../../../src/watch/settings.ts";
import { type Minute, scriptedSource, steppingClock, watched } from "../../support/watch.ts";

describe("a sparkline", () => {
  it.each<[readonly (number | null)[], number, number | null, string]>([
    [[], 4, null, "    "],
    [[0, 0], 4, 0.02, "  ▁▁"],
    [[0, null, 0.02, 0.03], 4, 0.02, "▁·▆█"],
    [[1, 2, 3, 4, 5], 3, null, "▅▇█"],
  ])("of %j in %i columns, threshold %s", (values, width, threshold, drawn) => {
    expect(spark(values, width, threshold)).toBe(drawn);
  });

  it("a bar is full at its bound, and never fuller", () => {
    expect([bar(-1, 4), bar(0.5, 4), bar(2, 4)]).toEqual(["░░░░", "██░░", "████"]);
  });
});

const canary: WatchSettings = {
  services: { shop: {}, search: {} },
  canary: { baseline: { labels: { track: "stable" } }, canary: { labels: { track: "canary" } } },
};

async function looks(
  settings: WatchSettings,
  minute: (n: number, arm: string) => Minute,
): Promise<WatchSeen[]> {
  const clock = steppingClock();
  const { run, seen } = watched(
    settings,
    scriptedSource(({ arm }, n) => minute(n, arm), clock),
    clock,
  );
  await watch(run);
  return seen;
}

const well: Minute = { total: 600, bad: 0 };

describe("the live view", () => {
  const framing = { color: false, turn: "⠋", title: "prod v1.4.2", aheadMs: 0 };

  it("shows each signal's minutes, threshold and state, and the evidence", async () => {
    const seen = await looks(canary, (n, arm) =>
      arm === "canary" && n > 2 ? { total: 600, bad: 12 } : well,
    );
    const lines = frame(seen.at(-1) as WatchSeen, { ...framing, width: 100, height: 40 });
    expect(lines[0]).toMatch(/^ ⠋ Watching prod v1\.4\.2 · \d+:\d\d of 60 min$/);
    const text = lines.join("\n");
    expect(text).toMatch(/ [✔✖?!] shop\/errors +▁+▆+ 2 % of 2 % over 5 min/);
    expect(text).toMatch(/ {3}shop\/errors +abort █+/);
  });

  it.each([
    [100, 40],
    [80, 24],
    [60, 12],
    [40, 6],
    [20, 2],
  ])("fits %i columns and %i lines, the worst first", async (width, height) => {
    const seen = await looks(canary, (n) => (n > 2 ? null : well));
    for (const one of seen) {
      const lines = frame(one, { ...framing, width, height });
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const line of lines) expect(columns(line), line).toBeLessThanOrEqual(width);
    }
  });

  it("does not obey what stands in a message", async () => {
    const seen = (await looks({}, () => new Error("\u001b[2Jgone"))).at(-1) as WatchSeen;
    expect(frame(seen, { ...framing, width: 200, height: 40 }).join("\n")).not.toContain("\u001b");
  });
});

describe("plain lines", () => {
  it("one for what has changed, and one a minute", async () => {
    const seen = await looks({ signals: { burn: false, latency: false } }, (n) =>
      n < 6 ? well : { total: 600, bad: 90 },
    );
    const linesOf = createWatchLines("prod");
    const said = seen.map((one) => linesOf(one));
    expect(said[0]?.map(({ message }) => message)).toEqual([
      "Watching prod for 10 min: first numbers at 10:01:16 UTC",
    ]);
    const all = said.flat();
    const progress = all.flatMap(({ message }) => (message.startsWith("Watching prod") ? [message] : []));
    expect(new Set(progress).size).toBe(progress.length);
    expect(progress[1]).toBe("Watching prod: 1 min of 10 min, 1 of 1 criterion ok");
    expect(all.filter(({ level }) => level === "warning")).toEqual([]);
    expect(all.at(-1)).toMatchObject({
      level: "error",
      message: expect.stringContaining("service/errors: "),
    });
    expect(all.filter(({ message }) => message.startsWith("service/errors"))).toHaveLength(2);
  });

  it("say what had no numbers when they should have been there, and which criterion it is", async () => {
    const linesOf = createWatchLines("prod");
    const said = (await looks({ signals: { latency: false } }, (n) => (n < 0 ? well : null))).map((one) =>
      linesOf(one),
    );
    const warned = said.findIndex((lines) => lines.some(({ level }) => level === "warning"));
    expect(warned).toBeGreaterThan(0);
    const names = said[warned]?.map(({ message }) => message.split(":")[0]);
    expect(names?.filter((name) => name?.startsWith("service/errors ("))).toHaveLength(2);
  });
});
