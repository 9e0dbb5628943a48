const heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The newest values as one character each; `·` where there is none. The threshold is two thirds of the height, or lower. */
export function spark(values: readonly (number | null)[], width: number, threshold: number | null): string {
  const shown = values.slice(-width);
  const top = Math.max((threshold ?? 0) * 1.5, ...shown.map((value) => value ?? 0));
  const chars = shown.map((value) => {
    if (value === null) return "·";
    const height = top > 0 ? Math.min(heights.length - 1, Math.floor((value / top) * heights.length)) : 0;
    return heights[height];
  });
  return chars.join("").padStart(width);
}

/** How far something has come to its bound: `███████░░░`. */
export function bar(part: number, width: number): string {
  const filled = Math.round(Math.max(0, Math.min(1, part)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
