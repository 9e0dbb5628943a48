const units = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const longest = 30 * units.d;

/** `90s`, `5min`, `1h`, `3d`, or a number of seconds, up to 30 days; milliseconds out. */
export function spanMs(text: string | number): number | undefined {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$/.exec(String(text).trim()) ?? [];
  const ms = Number(number) * units[unit as keyof typeof units];
  return ms > 0 && ms <= longest ? ms : undefined;
}

/** `2%` or 0.02 as 0.02; undefined for what is no share of something. */
export function share(text: string | number): number | undefined {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(String(text).trim()) ?? [];
  const value = percent ? Number(number) / 100 : Number(number);
  return value >= 0 && value <= 1 ? value : undefined;
}

/** An objective: `99.9%`, 99.9 or 0.999 as 0.999; undefined for what is none. */
export function objective(text: string | number): number | undefined {
  const [, number, percent] = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(String(text).trim()) ?? [];
  const given = Number(number);
  const value = percent || given >= 50 ? given / 100 : given;
  return value >= 0.5 && value < 1 ? value : undefined;
}
