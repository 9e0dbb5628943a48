import { number, text } from "../../clients/grafana/json.ts";

export interface Window {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const units = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
} as const;

/** `1h`, `90m`, `now-1h`, `>10s` as milliseconds. */
export function spanOf(value: unknown): number | undefined {
  const [, amount, unit] = /^(?:now-|>=?\s*)?(\d+)(ms|[smhdwMy])$/.exec(text(value)?.trim() ?? "") ?? [];
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units];
}

/** A panel's own time: `timeFrom` counts back from the window's end, `timeShift` moves all of it back. */
export function windowOf(
  window: Window,
  panel: { readonly timeFrom?: unknown; readonly timeShift?: unknown },
): { readonly window: Window; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const read = (name: "timeFrom" | "timeShift") => {
    const given = text(panel[name]);
    const ms = spanOf(given);
    if (given !== undefined && ms === undefined)
      notes.push(`its ${name} ${given} is not understood: not used`);
    return ms;
  };
  const [own, shift] = [read("timeFrom"), read("timeShift")];
  const from = own === undefined ? window.from : window.to - own;
  const by = shift ?? 0;
  return { window: { from: from - by, to: window.to - by }, notes };
}

const defaultPoints = 500;
const mostPoints = 2000;
const steps = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
  86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000,
];

/** How many points are asked for, and how far from each other they are. */
export function resolution(
  { from, to }: Window,
  panel: { readonly maxDataPoints?: unknown; readonly interval?: unknown },
): { readonly maxDataPoints: number; readonly intervalMs: number } {
  const wanted = number(panel.maxDataPoints) ?? Number(text(panel.maxDataPoints) ?? defaultPoints);
  const maxDataPoints = Math.min(mostPoints, wanted > 0 ? Math.round(wanted) : defaultPoints);
  const exact = Math.max((to - from) / maxDataPoints, spanOf(panel.interval) ?? 0, 1);
  return { maxDataPoints, intervalMs: steps.find((step) => step >= exact) ?? Math.ceil(exact) };
}
