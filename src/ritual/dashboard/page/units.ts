/**
 * How numbers of a unit are written: the last step whose divisor the number reaches counts. It is data, so that the page's
 * own script writes axes as the tables are written here.
 */
export interface Unit {
  readonly steps: readonly (readonly [divisor: number, suffix: string])[];
}

const si: Unit["steps"] = [
  [1e-9, "n"],
  [1e-6, "µ"],
  [1e-3, "m"],
  [1, ""],
  [1e3, "k"],
  [1e6, "M"],
  [1e9, "G"],
  [1e12, "T"],
];
const plain: Unit = {
  steps: [
    [1, ""],
    [1e6, " M"],
    [1e9, " G"],
    [1e12, " T"],
  ],
};
const large = si.filter(([divisor]) => divisor >= 1);
const binary: Unit["steps"] = ["", "Ki", "Mi", "Gi", "Ti", "Pi"].map((prefix, i) => [1024 ** i, prefix]);
const seconds: Unit["steps"] = [
  [1e-9, " ns"],
  [1e-6, " µs"],
  [1e-3, " ms"],
  [1, " s"],
  [60, " min"],
  [3600, " h"],
  [86_400, " d"],
];

const with_ = (steps: Unit["steps"], suffix: string): Unit => ({
  steps: steps.map(([divisor, prefix]) => [divisor, ` ${prefix}${suffix}`]),
});
/** Of a unit of time that is so many seconds. */
const time = (size: number): Unit => ({
  steps: seconds.map(([divisor, suffix]) => [divisor / size, suffix]),
});

const known: Readonly<Record<string, Unit>> = {
  short: { steps: large.map(([divisor, prefix]) => [divisor, prefix === "" ? "" : ` ${prefix}`]) },
  percent: { steps: [[1, " %"]] },
  percentunit: { steps: [[0.01, " %"]] },
  bytes: with_(binary, "B"),
  decbytes: with_(large, "B"),
  kbytes: with_(
    binary.map(([divisor, prefix]) => [divisor / 1024, prefix] as const),
    "B",
  ),
  mbytes: with_(
    binary.map(([divisor, prefix]) => [divisor / 1024 ** 2, prefix] as const),
    "B",
  ),
  gbytes: with_(
    binary.map(([divisor, prefix]) => [divisor / 1024 ** 3, prefix] as const),
    "B",
  ),
  bits: with_(binary, "b"),
  decbits: with_(large, "b"),
  Bps: with_(large, "B/s"),
  binBps: with_(binary, "B/s"),
  bps: with_(large, "b/s"),
  binbps: with_(binary, "b/s"),
  ns: time(1e-9),
  µs: time(1e-6),
  ms: time(1e-3),
  s: time(1),
  m: time(60),
  h: time(3600),
  d: time(86_400),
  dtdurations: time(1),
  dtdurationms: time(1e-3),
  hertz: with_(large, "Hz"),
  reqps: with_(large, "req/s"),
  rps: with_(large, "reads/s"),
  wps: with_(large, "writes/s"),
  ops: with_(large, "ops/s"),
  cps: with_(large, "c/s"),
  iops: with_(large, "io/s"),
  eps: with_(large, "events/s"),
  mps: with_(large, "msg/s"),
  reqpm: with_(large, "req/min"),
  opm: with_(large, "ops/min"),
  currencyUSD: with_(large, "$"),
  currencyEUR: with_(large, "€"),
  celsius: { steps: [[1, " °C"]] },
  watt: with_(large, "W"),
  volt: { steps: [[1, " V"]] },
};

/** The unit that a field's configuration names; what is not known is written as a plain number. */
export function unitOf(name: string | undefined): Unit {
  if (name === undefined || name === "none" || name === "") return plain;
  const [, suffix] = /^suffix:(.*)$/s.exec(name) ?? [];
  if (suffix !== undefined) return { steps: [[1, ` ${suffix}`]] };
  const own = Object.hasOwn(known, name) ? known[name] : known["short"];
  return own ?? plain;
}

const format = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** `1.2 s`, `35 %`; a dash for nothing. */
export function say(value: number | null, { steps }: Unit): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  const [divisor, suffix] = steps.findLast(([reached]) => size >= reached) ?? nearestTo(value, steps);
  return `${format.format(value / divisor)}${suffix}`;
}

/** What is smaller than all of them; nothing has the suffix of one. */
function nearestTo(value: number, steps: Unit["steps"]): readonly [number, string] {
  const one = value === 0 ? steps.find(([divisor]) => divisor === 1) : undefined;
  return one ?? steps[0] ?? [1, ""];
}
