import type { Metric } from "../../core/finding.ts";

/** What a monitoring plugin printed on stdout, taken apart. */
export interface PluginOutput {
  /** The first line up to its `|`; empty when there is none. */
  readonly text: string;
  /** The lines after it, up to the `|` in one of them. */
  readonly long: readonly string[];
  readonly metrics: readonly Metric[];
}

/** `text | perfdata`, then lines of long text, of which one may have a `|` too: from there on all is perfdata. */
export function parsePluginOutput(stdout: string): PluginOutput {
  const [first = "", ...rest] = stdout.split(/\r?\n/);
  const [text, data] = cut(first);
  const from = rest.findIndex((line) => line.includes("|"));
  const long = from < 0 ? rest : rest.slice(0, from);
  const perfdata = [data];
  if (from >= 0) {
    const [before, after] = cut(rest[from] ?? "");
    if (before !== "") long.push(before);
    perfdata.push(after, ...rest.slice(from + 1));
  }
  return {
    text,
    long: long.map((line) => line.trimEnd()).filter((line) => line !== ""),
    metrics: parsePerfdata(perfdata.join(" ")),
  };
}

function cut(line: string): [string, string] {
  const bar = line.indexOf("|");
  return bar < 0 ? [line.trim(), ""] : [line.slice(0, bar).trim(), line.slice(bar + 1)];
}

/** Multiples of the units that we keep. Plugins count bytes in powers of 1024. */
const units: Readonly<Record<string, { unit: string; times: number }>> = {
  s: { unit: "s", times: 1 },
  ms: { unit: "s", times: 1e-3 },
  us: { unit: "s", times: 1e-6 },
  µs: { unit: "s", times: 1e-6 },
  μs: { unit: "s", times: 1e-6 },
  ns: { unit: "s", times: 1e-9 },
  "%": { unit: "%", times: 1 },
  c: { unit: "c", times: 1 },
  ...Object.fromEntries(
    ["", "K", "M", "G", "T", "P"].map((prefix, i) => [`${prefix}B`, { unit: "B", times: 1024 ** i }]),
  ),
  ...Object.fromEntries(
    ["K", "M", "G", "T", "P"].map((prefix, i) => [`${prefix}iB`, { unit: "B", times: 1024 ** (i + 1) }]),
  ),
};

/**
 * `'label'=value[unit];warn;crit;min;max …`: a quote inside a quoted label is doubled, a value of `U` is not known, and
 * units that are not ours leave a plain number. What cannot be read is passed over, as the ranges are.
 */
export function parsePerfdata(text: string): Metric[] {
  const item = /\s*(?:'((?:[^']|'')*)'(?!')|([^\s'=]+))=(\S*)/y;
  const unreadable = /\s*\S+/y;
  const metrics: Metric[] = [];
  for (let at = 0; ; ) {
    item.lastIndex = at;
    unreadable.lastIndex = at;
    const match = item.exec(text);
    if (!match && !unreadable.test(text)) return metrics;
    at = match ? item.lastIndex : unreadable.lastIndex;
    const number = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([^;\d]*)(?:;|$)/.exec(match?.[3] ?? "");
    const name = match?.[1]?.replaceAll("''", "'") ?? match?.[2];
    if (!number || !name) continue;
    const { unit, times } = units[number[2] ?? ""] ?? { unit: "", times: 1 };
    metrics.push({ name, value: scaled(Number(number[1]), times), unit });
  }
}

/** 120 ms are 0.12 s, not 0.12000000000000001. */
function scaled(value: number, times: number): number {
  return times < 1 ? Number((value / Math.round(1 / times)).toPrecision(15)) : value * times;
}
