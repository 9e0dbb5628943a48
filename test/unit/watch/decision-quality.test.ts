import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alpha, kayenta, naive, ours } from "../../../bench/judge/judges.ts";
import { createRandom } from "../../../bench/judge/random.ts";
import { most, type Results, report, tally } from "../../../bench/judge/report.ts";
import { rules, traffic } from "../../../bench/judge/rules.ts";
import { cells, simulate } from "../../../bench/judge/world.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/decision-quality.md"), "utf8");
const printed = /<!-- npm run bench:judge -->\n\n([\s\S]*)\n\n<!-- end -->/.exec(page)?.[1] ?? "";

/** Numbers made alike: what is left is the bench's own format. */
function shape(markdown: string): readonly string[] {
  return markdown
    .split("\n")
    .map((line) =>
      line.replaceAll(/–|\d[\d,.]*(?: %| min)?/g, "#").replaceAll(/\| as good|\| # × as bad/g, "| ?"),
    );
}

const none = tally([]);
const sample: Results = {
  seed: 1,
  alpha,
  same: cells.map(({ name }) => ({
    cell: name,
    ours: tally([null]),
    naive: tally([1]),
    kayenta: tally([1]),
  })),
  worse: [{ cell: "a cell", factor: 2, ours: tally([3]), naive: tally([3]), kayenta: none }],
  promoted: [{ cell: "a cell", factor: 1, ours: tally([3]) }],
  rules: rules.flatMap(({ name }) =>
    traffic.map((requests) => ({ rule: name, requests, runs: 10, ours: 0, plain: 1 })),
  ),
  peeksPerSecond: 2e6,
};

describe("the page on decision quality", () => {
  it("holds what the bench prints, every cell of it", () => {
    const lines = shape(printed);
    for (const line of shape(report(sample)).filter((one) => !one.startsWith("| a cell")))
      expect(lines).toContain(line);
    expect(printed.match(/^\| .*steady \| \d × \|/gm)?.length).toBeGreaterThanOrEqual(18);
  });

  it("says that every cell keeps its bound, and is right", () => {
    expect(printed).toContain("Every cell within its bound (α + 3 standard errors): yes.");
    const aborts = printed.split("###")[1] ?? "";
    const rows = [...aborts.matchAll(/^\| (.+?) \| ([\d,]+) \| ([\d.]+) % \| ([\d.]+) % \|/gm)];
    expect(rows).toHaveLength(cells.length);
    for (const [, cell, runs = "", own, bound] of rows) {
      expect(Number(runs.replaceAll(",", "")), cell).toBeGreaterThanOrEqual(10_000);
      expect(Number(own), cell).toBeLessThanOrEqual(Number(bound));
      expect(Number(bound), cell).toBe(Number((100 * most(alpha, 10_000)).toFixed(1)));
    }
  });
});

describe("the bench", () => {
  const cell = cells.find(({ name }) => name === "500 + 500, steady");
  if (!cell) throw new Error("the cells have changed");

  it("finds the same for the same seed", () => {
    const run = () => simulate(cell, 60, 3, createRandom(7));
    expect(run()).toEqual(run());
    expect(run()).not.toEqual(simulate(cell, 60, 3, createRandom(8)));
  });

  it("makes services that are as bad as it says", () => {
    const minutes = cells.map(
      (one) => [one, simulate({ ...one, drift: 0, incident: 1 }, 1000, 3, createRandom(9))] as const,
    );
    for (const [one, all] of minutes) {
      const rate = (arm: "baseline" | "canary") => {
        const own = all.slice(one.history).map((minute) => minute[arm]);
        return own.reduce((sum, { bad }) => sum + bad, 0) / own.reduce((sum, { total }) => sum + total, 0);
      };
      expect(rate("baseline") / one.rate, one.name).toBeGreaterThan(0.6);
      expect(rate("baseline") / one.rate, one.name).toBeLessThan(1.5);
      expect(rate("canary") / rate("baseline"), one.name).toBeGreaterThan(1.8);
      expect(rate("canary") / rate("baseline"), one.name).toBeLessThan(5);
    }
  });

  it("has judges that find what is plain", () => {
    const bad = simulate(cell, 60, 10, createRandom(1));
    expect([ours(cell, bad, "abort"), naive(cell, bad), kayenta(cell, bad)]).toEqual([3, 1, 9]);
    const good = simulate(cell, 60, 1, createRandom(1));
    expect(ours(cell, good, "abort")).toBeNull();
    expect(ours(cell, good, "promote")).not.toBeNull();
  });
});
