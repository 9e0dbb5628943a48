const units = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
} as const;
const longestMs = 3660 * units.d;

/** A span of days or less: `30d`, `2w`, `12h`, `90s`. Milliseconds out; undefined for anything else, for nothing, and for more than ten years. */
export function parseSpan(text: string): number | undefined {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|w)$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * units[unit as keyof typeof units];
  return ms > 0 && ms <= longestMs ? ms : undefined;
}
