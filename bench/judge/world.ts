import type { Counts } from "../../src/core/burn.ts";
import type { Random } from "./random.ts";

/** A service as it is when nothing is wrong with the canary. */
export interface Cell {
  readonly name: string;
  /** Requests a minute of each arm. */
  readonly baseline: number;
  readonly canary: number;
  /** The true part of requests that is bad, in both arms. */
  readonly rate: number;
  /** The rate wanders: by this much of itself a minute, in both arms alike. */
  readonly drift?: number;
  /** Once in the watch both arms are this many times worse, for ten minutes. */
  readonly incident?: number;
  /** Bad requests come in bursts of this mean size, of random sizes or all alike, each arm its own; */
  readonly burst?: number;
  readonly sizes?: "random" | "fixed";
  /** … that last about so many minutes. */
  readonly lasting?: number;
  /** Each arm's rate jumps from minute to minute, with this variance of a mean of 1. */
  readonly jumps?: number;
  /** Each arm's rate wanders by itself: the deviation of its logarithm; half of it is left after some minutes. */
  readonly wanders?: number;
  /** Minutes of the baseline that are known from before the deploy. */
  readonly history: number;
}

export interface Minute {
  readonly baseline: Counts;
  readonly canary: Counts;
}

/** Minutes from `-history` to `minutes`, the canary `factor` times as bad as the baseline. */
export function simulate(cell: Cell, minutes: number, factor: number, random: Random): readonly Minute[] {
  const arms = [
    createArm(cell, cell.baseline, 1, random),
    createArm(cell, cell.canary, factor, random),
  ] as const;
  const incidentAt = Math.floor(random.uniform() * minutes);
  let shared = 1;
  const found: Minute[] = [];
  for (let minute = -cell.history; minute < minutes; minute++) {
    if (cell.drift) shared = within(shared * Math.exp(cell.drift * random.normal()), 0.05, 20);
    const during = minute >= incidentAt && minute < incidentAt + 10 ? (cell.incident ?? 1) : 1;
    const rate = cell.rate * shared * during;
    found.push({ baseline: arms[0](rate), canary: arms[1](rate) });
  }
  return found;
}

function createArm(cell: Cell, requests: number, factor: number, random: Random): (rate: number) => Counts {
  const { burst = 1, sizes = "random", lasting = 1, jumps = 0, wanders = 0 } = cell;
  let waiting = 0;
  let off = wanders * random.normal();
  return (rate) => {
    const total = random.poisson(requests);
    if (wanders > 0) off = memory * off + wanders * Math.sqrt(1 - memory ** 2) * random.normal();
    const mean = total * Math.min(1, rate * factor * Math.exp(off)) * random.gamma(jumps);
    if (burst === 1) return { total, bad: Math.min(total, random.poisson(mean)) };
    const bursts = random.poisson(mean / burst);
    for (let i = 0; i < bursts; i++) waiting += sizes === "fixed" ? burst : random.geometric(burst);
    let bad = waiting;
    if (lasting > 1) {
      bad = 0;
      for (let i = 0; i < waiting; i++) if (random.uniform() < 1 / lasting) bad += 1;
    }
    bad = Math.min(bad, total);
    waiting -= bad;
    return { total, bad };
  };
}

/** Of how an arm's own rate was a minute before. */
const memory = 0.7;

function within(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

const quiet = { baseline: 50, canary: 50, rate: 0.01, history: 60 };
const busy = { baseline: 500, canary: 500, rate: 0.01, history: 60 };
const small = { baseline: 950, canary: 50, rate: 0.01, history: 60 };
const large = { baseline: 5000, canary: 5000, rate: 0.01, history: 60 };

const ways = {
  "bursts of 5": { burst: 5 },
  "bursts of exactly 10": { burst: 10, sizes: "fixed" },
  "bursts of 10 over 3 min": { burst: 10, lasting: 3 },
  "rate jumps": { jumps: 0.5 },
  "arms wander apart": { wanders: 0.3 },
} as const satisfies Record<string, Partial<Cell>>;

const places = { "50 + 50": quiet, "500 + 500": busy, "950 + 50": small, "5,000 + 5,000": large };

/** Every place in every way. */
export const cells: readonly Cell[] = [
  ...across("steady", {}),
  { name: "500 + 500, 0.1 %, steady", ...busy, rate: 0.001 },
  { name: "500 + 500, 5 % (slow requests), steady", ...busy, rate: 0.05 },
  ...across("drift", { drift: 0.15 }),
  ...across("shared incident", { incident: 10 }),
  ...Object.entries(ways).flatMap(([name, way]) => across(name, way)),
  ...Object.entries(ways).flatMap(([name, way]) => across(`${name}, no history`, { ...way, history: 0 })),
  ...across("all of it", { drift: 0.1, incident: 10, burst: 5, lasting: 2, jumps: 0.1 }),
];

function across(what: string, way: Partial<Cell>): readonly Cell[] {
  return Object.entries(places).map(([name, place]) => ({ name: `${name}, ${what}`, ...place, ...way }));
}
