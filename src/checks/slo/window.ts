const units = { min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const longest = 400 * units.d;

/** `10min`, `1h`, `30d` as milliseconds; undefined for what is no window. */
export function windowMs(text: string): number | undefined {
  const [, number, unit = ""] = /^\s*(\d+)\s*(min|m|h|d|w)\s*$/.exec(text) ?? [];
  const ms = Number(number) * units[unit as keyof typeof units];
  return ms > 0 && ms <= longest ? ms : undefined;
}

/** `10min`, `1h`, `30d`: in the largest unit that fits. */
export function showWindow(ms: number): string {
  for (const [unit, size] of [
    ["d", units.d],
    ["h", units.h],
  ] as const) {
    if (ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms / units.min}min`;
}
