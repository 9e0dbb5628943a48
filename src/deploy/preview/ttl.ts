const units = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;
const longest = 90 * units.d;

/** How long a preview lives, in milliseconds: `90min`, `24h`, `3d`, `2w`, a number of seconds. Undefined for what is none. */
export function readTtl(value: string | number): number | undefined {
  const match = /^(\d{1,9}(?:\.\d+)?)\s*(s|m|min|h|d|w)?$/.exec(String(value).trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * units[(match[2] ?? "s") as keyof typeof units];
  return ms >= units.min && ms <= longest ? ms : undefined;
}

/** `2 d 3 h`, `45 min`: the two largest units that there are. */
export function spanText(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / units.min));
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const parts = [
    [days, "d"],
    [hours, "h"],
    [rest, "min"],
  ] as const;
  const said = parts.filter(([n]) => n > 0).slice(0, 2);
  return said.map(([n, unit]) => `${n} ${unit}`).join(" ") || "0 min";
}
