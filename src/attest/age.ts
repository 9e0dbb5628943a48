const units = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/** `90s`, `30m`, `12h`, `90d`, `2w` as milliseconds; undefined for anything else, and for nothing at all. */
export function parseAge(text: string): number | undefined {
  const match = /^(\d{1,6})\s*(s|m|min|h|d|w)$/.exec(text.trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * units[match[2] as keyof typeof units];
  return ms > 0 ? ms : undefined;
}

/** `40 s`, `3 min`, `5 h`, `12 d`: whole units, never less than it is. */
export function ageText(ms: number): string {
  const [unit, size] =
    ms < units.min
      ? (["s", units.s] as const)
      : ms < units.h
        ? (["min", units.min] as const)
        : ms < 2 * units.d
          ? (["h", units.h] as const)
          : (["d", units.d] as const);
  return `${Math.ceil(ms / size)} ${unit}`;
}
