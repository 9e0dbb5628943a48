// `npm run bench:judge [-- --quick] [--watch] [--seed N]`: how good the watch's decisions are, on simulated services. Prints Markdown
// and ends with 1 when a cell aborts more often than it may. `--watch`: only how whole watches end.
import { parseArgs } from "node:util";
import { addHistory, beginMetric, lnAbort, lnPromote, peek } from "../../src/watch/judge/metric.ts";
import { dispersion } from "../../src/watch/judge/spread.ts";
import { minuteMs } from "../../src/watch/time.ts";
import { alpha, kayenta, naive, options, ours } from "./judges.ts";
import { createRandom } from "./random.ts";
import { most, type Results, report, reportWatches, tally } from "./report.ts";
import { falseTriggers } from "./rules.ts";
import { wholeWatches } from "./watch.ts";
import { type Cell, cells, simulate } from "./world.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, watch: { type: "boolean" }, seed: { type: "string" } },
});
const seed = Number(values.seed ?? 20_261_121);
const scale = values.quick ? 0.1 : 1;
const runs = {
  same: 10_000 * scale,
  kayenta: 300 * scale,
  worse: 1000 * scale,
  rules: 1000 * scale,
  watch: 2000 * scale,
};
const horizon = 60;

/** The same minutes for every judge; Kayenta's is slow, and gets the first of them. */
function compare(cell: Cell, factor: number, n: number, own: number) {
  const random = createRandom(seed + own);
  const found = { ours: [], naive: [], kayenta: [] } as Record<
    "ours" | "naive" | "kayenta",
    (number | null)[]
  >;
  for (let run = 0; run < n; run++) {
    const minutes = simulate(cell, horizon, factor, random);
    found.ours.push(ours(cell, minutes, "abort"));
    found.naive.push(naive(cell, minutes));
    if (run < runs.kayenta) found.kayenta.push(kayenta(cell, minutes));
  }
  return {
    cell: cell.name,
    factor,
    ours: tally(found.ours),
    naive: tally(found.naive),
    kayenta: tally(found.kayenta),
  };
}

function promoted(cell: Cell, factor: number, own: number): Results["promoted"][number] {
  const random = createRandom(seed + own);
  const verdicts = Array.from({ length: runs.worse }, () =>
    ours(cell, simulate(cell, horizon, factor, random), "promote"),
  );
  return { cell: cell.name, factor, ours: tally(verdicts) };
}

function peeksPerSecond(): number {
  const random = createRandom(seed);
  const one = () => ({ total: random.poisson(500), bad: random.poisson(5) });
  const minutes = Array.from({ length: 1000 }, () => [one(), one()] as const);
  const count = 1_000_000;
  const best = [0, 1, 2].map(() => {
    let state = addHistory(beginMetric(0), []);
    let sum = 0;
    const began = process.cpuUsage();
    for (let i = 0; i < count; i++) {
      const [baseline, canary] = minutes[i % minutes.length] ?? [];
      state = peek(state, options, i * minuteMs, baseline, canary);
      const spread = dispersion(state.spread);
      sum += lnAbort(state, spread) + lnPromote(state, spread, 0.02);
    }
    if (Number.isNaN(sum)) throw new Error("the evidence is not a number");
    const { user, system } = process.cpuUsage(began);
    return count / ((user + system) / 1e6);
  });
  return Math.max(...best);
}

if (values.watch) {
  console.log(reportWatches(wholeWatches(runs.watch, seed)));
  process.exit();
}

const chosen = cells.filter(({ name }) => /steady|bursts of 5$|all of it/.test(name));
const clean = cells.filter(({ name }) => /^[\d, +]+ steady$/.test(name));
// First, before anything else has made the engine doubt what its arguments are.
const speed = peeksPerSecond();
const results: Results = {
  seed,
  alpha,
  same: cells.map((cell, i) => compare(cell, 1, runs.same, 100 * i)),
  worse: chosen.flatMap((cell, i) =>
    [2, 3, 5].map((factor) => compare(cell, factor, runs.worse, 10_000 + 100 * i + factor)),
  ),
  promoted: clean.flatMap((cell, i) =>
    [1, 2, 3].map((factor) => promoted(cell, factor, 20_000 + 100 * i + factor)),
  ),
  rules: falseTriggers(runs.rules, seed + 30_000),
  peeksPerSecond: speed,
};
console.log(report(results));
console.log(`\n${reportWatches(wholeWatches(runs.watch, seed))}`);
if (results.same.some((one) => one.ours.hits / one.ours.runs > most(alpha, one.ours.runs)))
  process.exitCode = 1;
